// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, isAddress } from "viem";

/** What the page's address names: a deployment without an API, or an endpoint beside one. */
export interface Settings {
  readonly rpc?: string;
  readonly distributor?: `0x${string}`;
  readonly lens?: `0x${string}`;
  readonly router?: `0x${string}`;
  /** Another server's API; else that of this page's own origin. */
  readonly api?: string;
}

/** A setting in the page's address, or a deployment that it names, that is of no use; the message names it. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** @throws SettingsError that names the parameter, and what it should be. */
export function readSettings(search: string): Settings {
  const params = new URLSearchParams(search);
  const urls = (["rpc", "api"] as const).flatMap((name) => {
    const value = params.get(name)?.trim();
    return value ? [[name, requireUrl(name, value)]] : [];
  });
  const addresses = (["distributor", "lens", "router"] as const).flatMap((name) => {
    const value = params.get(name)?.trim();
    if (!value) return [];
    if (!isAddress(value, { strict: false })) {
      throw new SettingsError(`${name}: ${value} is no address: give 0x and 40 hexadecimal digits`);
    }
    return [[name, getAddress(value)]];
  });
  return Object.fromEntries([...urls, ...addresses]);
}

/** An endpoint's URL as typed. @throws SettingsError that says what is wrong with it. */
export function requireUrl(name: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SettingsError(`${name}: ${text} is no URL: it begins with https:// or http://`);
  }
  if (url.protocol === "http:" && !/^(?:127\.0\.0\.1|localhost)$/.test(url.hostname)) {
    throw new SettingsError(
      `${name}: ${text} is not encrypted: give an https:// URL, or one of this machine`,
    );
  }
  return text;
}

/** The search part of an address that leads to the same deployment. */
export function searchOf(settings: Settings): string {
  const params = new URLSearchParams(Object.entries(settings).filter(([, value]) => value));
  return params.size > 0 ? `?${params}` : "";
}
