// SPDX-License-Identifier: AGPL-3.0-only
import { decoded } from "./endpoints/without-secrets.ts";

/**
 * A URL as `fetch` takes it, which refuses one with a user in it, and the headers that say who asks: none, or HTTP's basic
 * authorization by the user and password that stood in it.
 */
export function authorized(url: string): {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const at = new URL(url);
  if (at.username === "" && at.password === "") return { url, headers: {} };
  const secret = `${decoded(at.username)}:${decoded(at.password)}`;
  at.username = "";
  at.password = "";
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret));
  return { url: at.href, headers: { authorization: `Basic ${btoa(bytes)}` } };
}
