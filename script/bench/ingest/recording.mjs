// SPDX-License-Identifier: AGPL-3.0-only
// Packed pages one after the other in a file, and where each begins in another: what was recorded of a chain.
import { openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { packLogs } from "../../../service/core/pack-logs.ts";
import { makePages } from "./logs.mjs";

/** @typedef {import("../../../service/store/pages.ts").Page} Page */

/** @param {string} folder @param {number} size */
export function record(folder, size) {
  const file = openSync(join(folder, "pages"), "w");
  const index = [];
  for (const { logs, fulfilments, page } of makePages(size)) {
    const packed = packLogs(logs);
    writeSync(file, packed);
    const { firstBlock, lastBlock, lastTime, parentHash, lastHash } = page;
    const numbers = [firstBlock, lastBlock, lastTime].map(String);
    index.push({ numbers, parentHash, lastHash, fulfilments, bytes: packed.length });
  }
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
}

/** @param {string} folder @returns {Generator<{ page: Page, fulfilments: number }>} */
export function* replay(folder) {
  const file = openSync(join(folder, "pages"), "r");
  for (const entry of JSON.parse(readFileSync(join(folder, "index.json"), "utf8"))) {
    const { numbers, parentHash, lastHash, fulfilments, bytes } = entry;
    const [firstBlock, lastBlock, lastTime] = numbers.map(BigInt);
    const logs = new Uint8Array(bytes);
    readSync(file, logs);
    yield { page: { firstBlock, lastBlock, lastTime, parentHash, lastHash, logs }, fulfilments };
  }
}
