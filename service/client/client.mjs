// SPDX-License-Identifier: AGPL-3.0-only
// Plain JavaScript: it is imported from other packages, where nothing reads TypeScript.
import createFetchClient from "openapi-fetch";

/** @type {typeof import("./client.d.mts").createClient} */
export function createClient(options) {
  return createFetchClient(typeof options === "string" ? { baseUrl: options } : options);
}
