// SPDX-License-Identifier: AGPL-3.0-only
// What a database holds of provers who all worked in two epochs, as epoch activity, and the first one's artifact.
import { encodeResult } from "../../../service/core/encoded-artifact.ts";
import { computePacked } from "../../../service/core/epoch.ts";
import { EMPTY_ACCUMULATOR, EMPTY_STAKE_HASH } from "../../../service/core/ids.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { encodePolicy, policyHash } from "../../../service/core/policy.ts";
import type { Hex, PolicyV1 } from "../../../service/core/types.ts";
import { putArtifact } from "../../../service/store/artifacts.ts";
import type { Database } from "../../../service/store/database.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { readEpochInput } from "../../../service/store/epoch-input.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { DEPLOYMENT } from "../ingest/logs.ts";
import { makeEntries } from "../tree/entries.ts";

export const SNAPSHOT = { number: 50n, hash: `0x${"cd".repeat(32)}` as Hex };

export interface Posted {
  readonly root: Hex;
  readonly total: string;
  readonly carry: string;
  readonly datasetHash: Hex;
}

const PORTION = 500;
const EPOCHS = 2;
const POLICY: PolicyV1 = {
  ...{ version: 1, id: "capped", params: { capNumerator: 1n, capDenominator: 100n } },
  guards: { exclusions: [], feeMatchBps: 9_000, minStake: 0n },
};

export async function work(task: { readonly size: number; readonly dataDir: string }): Promise<Posted> {
  await initKeccak();
  const database = await openDatabase({ dataDir: task.dataDir });
  const deployment = await openDeployment(database, DEPLOYMENT);
  await fill(database, deployment.id, task.size);
  const domain = domainOf(deployment.chainId, deployment.distributor);
  const previous = { root: domain, leavesRoot: domain, total: 0n, leaves: packLeaves([]) };
  const begin = { epoch: 0, snapshot: SNAPSHOT, carry: 0n, previous };
  const result = computePacked(await readEpochInput(database, deployment, begin));
  const encoded = await encodeResult(result);
  await putArtifact(fileStore(task.dataDir), encoded);
  await database.close();
  const { root, total, carry } = result;
  return { root, total: String(total), carry: String(carry), datasetHash: encoded.datasetHash };
}

async function fill(database: Database, deployment: number, size: number): Promise<void> {
  const of = { deployment };
  const [start, length] = [Number(DEPLOYMENT.clockStart), Number(DEPLOYMENT.epochLength)];
  const epochs = Array.from({ length: EPOCHS }, (_, epoch) => epoch);
  const entries = makeEntries(size);
  await database.write(async (sql) => {
    const end = start + EPOCHS * length;
    const synced = { synced_block: 99, synced_hash: EMPTY_ACCUMULATOR, synced_time: end, checked_block: 99 };
    await sql.updateTable("deployments").set(synced).where("id", "=", deployment).execute();
    const policy = { policy_hash: policyHash(POLICY), policy: encodePolicy(POLICY) };
    const segment = { ...of, number: 0, from_epoch: 0, budget: String(10n ** 24n), ...policy, block: 1 };
    await sql.insertInto("segments").values(segment).execute();
    const counted = { fulfilments: size, fulfilment_accumulator: `0x${"ab".repeat(32)}` };
    const missed = { misses: 0, miss_accumulator: EMPTY_ACCUMULATOR };
    await sql
      .insertInto("epochs")
      .values(epochs.map((epoch) => ({ ...of, epoch, ...counted, ...missed })))
      .execute();
    for (let from = 0; from < size; from += PORTION) {
      const some = entries.slice(from, from + PORTION).map(({ prover }, i) => ({ prover, id: from + i }));
      const provers = some.map(({ prover, id }) => {
        const vault = `0x${(id + 1).toString(16).padStart(40, "0")}`;
        return { ...of, id, prover, vault, registered_at: start, block: 1, rolling_hash: "0" };
      });
      await sql.insertInto("provers").values(provers).execute();
      const commissions = some.map(({ id }) => ({
        ...{ ...of, prover: id, sequence: 1, source: `0x${"0".repeat(40)}`, bps: 1_000, block: 1 },
        ...{ announced_at: start, effective_at: start, rolling_hash: EMPTY_ACCUMULATOR },
      }));
      await sql.insertInto("commissions").values(commissions).execute();
      for (const epoch of epochs) {
        const activity = some.map(({ id }) => ({ ...of, ...activityOf(id, epoch) }));
        await sql.insertInto("epoch_activity").values(activity).execute();
      }
    }
  });

  function activityOf(prover: number, epoch: number) {
    const fee = 10n ** 18n + BigInt(prover) * 7_919n;
    const active = 10n ** 22n;
    const changed = epoch * length;
    return {
      ...{ epoch, prover, fulfilments: 1, misses: 0, work: String(fee * 10_000n), fees: String(fee) },
      ...{ protocol_fees: String(fee / 20n), active: String(active), rolling_hash: EMPTY_STAKE_HASH },
      ...{ active_seconds: String(active * BigInt(changed)), changed_at: start + changed, changed_in: 1 },
    };
  }
}
