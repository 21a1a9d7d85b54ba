// SPDX-License-Identifier: AGPL-3.0-only
// What was recorded of a chain: packed pages, each in a file.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { initKeccak } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import type { Page } from "../../../service/store/pages.ts";
import { makePages } from "./logs.ts";

interface Recorded {
  readonly page: Page;
  readonly fulfilments: number;
}

/** Makes a recording of `size` fulfilments. */
export async function work({ folder, size }: { readonly folder: string; readonly size: number }) {
  await initKeccak();
  let number = 0;
  for (const { logs, fulfilments, page } of makePages(size)) {
    const recorded: Recorded = { page: { ...page, logs: packLogs(logs) }, fulfilments };
    writeFileSync(join(folder, `${String(number++).padStart(6, "0")}.page`), serialize(recorded));
  }
}

/** A recording's pages, in the order in which they were made. */
export function* replay(folder: string): Generator<Recorded> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".page"));
  for (const file of files.toSorted()) yield deserialize(readFileSync(join(folder, file)));
}
