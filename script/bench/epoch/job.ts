// SPDX-License-Identifier: AGPL-3.0-only
import { encodeResult } from "../../../service/core/encoded-artifact.ts";
import { computePacked } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { getLeaves, putArtifact } from "../../../service/store/artifacts.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { readEpochInput } from "../../../service/store/epoch-input.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { DEPLOYMENT } from "../ingest/logs.ts";
import { measured } from "../measured.ts";
import { type Posted, SNAPSHOT } from "./history.ts";

/** The second epoch, which continues from the leaves of the first, as every later one does. */
export async function work({ dataDir, posted }: { readonly dataDir: string; readonly posted: Posted }) {
  const { root, datasetHash } = posted;
  const [total, carry] = [BigInt(posted.total), BigInt(posted.carry)];
  return measured(async () => {
    await initKeccak();
    const database = await openDatabase({ dataDir });
    const store = fileStore(dataDir);
    const leaves = await getLeaves(store, datasetHash, { root, total });
    if (leaves === undefined) throw new Error("the first epoch's leaves are not here");
    const previous = { root, leavesRoot: root, total, leaves };
    const next = { epoch: 1, snapshot: SNAPSHOT, carry, previous };
    const deployment = await openDeployment(database, DEPLOYMENT);
    const result = computePacked(await readEpochInput(database, deployment, next));
    await putArtifact(store, await encodeResult(result));
    await database.close();
  });
}
