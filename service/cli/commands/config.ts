// SPDX-License-Identifier: AGPL-3.0-only

import configSchema from "../config.schema.json" with { type: "json" };
import { allSettings } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { table } from "../format.ts";

export interface ConfigFlags {
  readonly json?: true;
}

export function show(context: Context, { json }: ConfigFlags): void {
  const settings = allSettings(context, {}).map(({ setting, text, source }) => ({
    setting,
    value: /url/i.test(setting) ? withoutKeys(text) : text,
    source,
  }));
  if (json) printJson(context, settings);
  else if (settings.length === 0) context.out("nothing is set; see service/CONFIG.md\n");
  else {
    const rows = settings.map(({ setting, value, source }) => [setting, value, source]);
    context.out(`${table(["setting", "value", "from"], rows, 3)}\n`);
  }
}

export function schema(context: Context): void {
  printJson(context, configSchema);
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
