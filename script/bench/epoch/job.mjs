// SPDX-License-Identifier: AGPL-3.0-only
import { encodeResult } from "../../../service/core/encoded-artifact.ts";
import { computePacked } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { getLeaves, putArtifact } from "../../../service/store/artifacts.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { readEpochInput } from "../../../service/store/epoch-input.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { DEPLOYMENT } from "../ingest/logs.mjs";
import { measured, peakMegabytes } from "../worker.mjs";
import { fill } from "./history.mjs";

const SNAPSHOT = { number: 50n, hash: /** @type {const} */ (`0x${"cd".repeat(32)}`) };

/** @typedef {{ root: `0x${string}`, total: string, carry: string, datasetHash: `0x${string}` }} Posted */

/**
 * A database of two epochs, and the first one's artifact.
 * @param {{ size: number, dataDir: string }} task @returns {Promise<Posted>}
 */
export async function prepare({ size, dataDir }) {
  await initKeccak();
  const database = await openDatabase({ dataDir });
  try {
    const deployment = await fill(database, size);
    const root = domainOf(deployment.chainId, deployment.distributor);
    const previous = { root, leavesRoot: root, total: 0n, leaves: packLeaves([]) };
    const begin = { epoch: 0, snapshot: SNAPSHOT, carry: 0n, previous };
    const result = computePacked(await readEpochInput(database, deployment, begin));
    const encoded = await encodeResult(result);
    await putArtifact(fileStore(dataDir), encoded);
    const { total, carry } = result;
    return {
      root: result.root,
      total: String(total),
      carry: String(carry),
      datasetHash: encoded.datasetHash,
    };
  } finally {
    await database.close();
  }
}

/**
 * The second epoch, which continues from the leaves of the first, as every later one does.
 * @param {{ dataDir: string, posted: Posted }} task @returns {Promise<import("../epoch.mjs").Run>}
 */
export async function runJob({ dataDir, posted: { root, total, carry, datasetHash } }) {
  const { cpuSeconds } = await measured(async () => {
    await initKeccak();
    const database = await openDatabase({ dataDir });
    const store = fileStore(dataDir);
    const leaves = await getLeaves(store, datasetHash, { root, total: BigInt(total) });
    if (leaves === undefined) throw new Error("the first epoch's leaves are not here");
    const previous = { root, leavesRoot: root, total: BigInt(total), leaves };
    const next = { epoch: 1, snapshot: SNAPSHOT, carry: BigInt(carry), previous };
    const deployment = await openDeployment(database, DEPLOYMENT);
    const result = computePacked(await readEpochInput(database, deployment, next));
    await putArtifact(store, await encodeResult(result));
    await database.close();
  });
  return { cpuSeconds, peakMegabytes: peakMegabytes() };
}
