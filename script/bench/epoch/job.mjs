// SPDX-License-Identifier: AGPL-3.0-only
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeResult } from "../../../service/core/encoded-artifact.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { putArtifact } from "../../../service/store/artifacts.ts";
import { readEpochInput } from "../../../service/store/epoch-input.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { measured, peakMegabytes } from "../worker.mjs";
import { fill } from "./history.mjs";

/** @param {{ size: number }} task @returns {Promise<import("../epoch.mjs").Run>} */
export async function runJob({ size }) {
  await initKeccak();
  const dataDir = mkdtempSync(join(tmpdir(), "provender-bench-"));
  const database = await openDatabase({ dataDir });
  try {
    const deployment = await fill(database, size);
    const snapshot = { number: 50n, hash: /** @type {const} */ (`0x${"cd".repeat(32)}`) };
    const root = domainOf(deployment.chainId, deployment.distributor);
    const begin = { epoch: 0, snapshot, carry: 0n, previous: { root, total: 0n, leaves: [] } };
    const first = computeEpoch(await readEpochInput(database, deployment, begin));
    const { carry, ...previous } = first;
    const store = fileStore(dataDir);
    // The second continues from the leaves of the first, as every later one does.
    const { cpuSeconds } = await measured(async () => {
      const next = { epoch: 1, snapshot, carry, previous };
      const result = computeEpoch(await readEpochInput(database, deployment, next));
      await putArtifact(store, encodeResult(result));
    });
    return { cpuSeconds, peakMegabytes: peakMegabytes() };
  } finally {
    await database.close();
    rmSync(dataDir, { recursive: true });
  }
}
