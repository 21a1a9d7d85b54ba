// SPDX-License-Identifier: AGPL-3.0-only

import configSchema from "../config.schema.json" with { type: "json" };
import { allSettings } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { table } from "../format.ts";
import { placeOf } from "../signing.ts";

export interface ConfigFlags {
  readonly json?: true;
}

/** What names the signer's key, as CONFIG.md calls it. */
const KEYS = { name: "account", file: "keystore", key: "privateKey", url: "signerUrl" } as const;

/**
 * Each setting with its value and where it comes from, by name; of a URL no more than its host.
 * @throws UsageError for a configuration file that is none
 */
export function show(context: Context, { json }: ConfigFlags): void {
  const key = placeOf(context, {});
  const settings = allSettings(context, {})
    // Of all that could sign, one does.
    .filter(({ setting }) => setting !== "account" && setting !== "signerUrl")
    .map(({ setting, text, source }) => ({ setting: setting as string, text, source }))
    .concat(key === undefined ? [] : [{ ...key, setting: KEYS[key.kind] }])
    .map(({ setting, text, source }) => ({ setting, value: shown(setting, text), source }));
  if (json) printJson(context, settings);
  else if (settings.length === 0) context.out("nothing is set; see service/CONFIG.md\n");
  else {
    const rows = settings.map(({ setting, value, source }) => [setting, value, source]);
    context.out(`${table(["setting", "value", "from"], rows, 3)}\n`);
  }
}

/** Prints the JSON Schema of the configuration file. */
export function schema(context: Context): void {
  printJson(context, configSchema);
}

function shown(setting: string, text: string): string {
  if (setting === KEYS.key) return "…";
  return /url/i.test(setting) ? withoutKeys(text) : text;
}

/** Providers' URLs carry keys in their paths and queries. */
function withoutKeys(urls: string): string {
  return urls
    .split(",")
    .map((url) => {
      if (!URL.canParse(url.trim())) return "…";
      const { protocol, host, pathname, search, username } = new URL(url.trim());
      const isBare = pathname === "/" && search === "" && username === "";
      return `${protocol}//${host}${isBare ? "" : "/…"}`;
    })
    .join(",");
}
