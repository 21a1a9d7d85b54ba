// SPDX-License-Identifier: AGPL-3.0-only
// What a database holds of provers who all worked in two epochs, as epoch activity.
import { EMPTY_ACCUMULATOR, EMPTY_STAKE_HASH } from "../../../service/core/ids.ts";
import { encodePolicy, policyHash } from "../../../service/core/policy.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { DEPLOYMENT } from "../ingest/logs.mjs";
import { makeEntries } from "../tree/entries.mjs";

const PORTION = 500;
const EPOCHS = 2;
/** @type {import("../../../service/core/types.ts").Policy} */
const POLICY = {
  ...{ version: 1, id: "capped", params: { capNumerator: 1n, capDenominator: 100n } },
  guards: { exclusions: [], feeMatchBps: 9_000, minStake: 0n },
};

/**
 * @param {import("../../../service/store/database.ts").Database} database
 * @param {number} size
 */
export async function fill(database, size) {
  const deployment = await openDeployment(database, DEPLOYMENT);
  const [start, length] = [Number(DEPLOYMENT.clockStart), Number(DEPLOYMENT.epochLength)];
  const entries = makeEntries(size);
  const of = { deployment: deployment.id };
  await database.write(async (sql) => {
    const end = start + EPOCHS * length;
    const synced = { synced_block: 99, synced_hash: EMPTY_ACCUMULATOR, synced_time: end, checked_block: 99 };
    await sql.updateTable("deployments").set(synced).where("id", "=", deployment.id).execute();
    const policy = { policy_hash: policyHash(POLICY), policy: encodePolicy(POLICY) };
    const budget = String(10n ** 24n);
    await sql
      .insertInto("segments")
      .values({ ...of, number: 0, from_epoch: 0, budget, ...policy, block: 1 })
      .execute();
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      const counted = { fulfilments: size, fulfilment_accumulator: `0x${"ab".repeat(32)}` };
      const missed = { misses: 0, miss_accumulator: EMPTY_ACCUMULATOR };
      await sql
        .insertInto("epochs")
        .values({ ...of, epoch, ...counted, ...missed })
        .execute();
    }
    for (let from = 0; from < size; from += PORTION) {
      const some = entries.slice(from, from + PORTION).map(({ prover }, i) => ({ prover, id: from + i }));
      await sql
        .insertInto("provers")
        .values(
          some.map(({ prover, id }) => {
            const vault = `0x${(id + 1).toString(16).padStart(40, "0")}`;
            return { ...of, id, prover, vault, registered_at: start, block: 1, rolling_hash: "0" };
          }),
        )
        .execute();
      await sql
        .insertInto("commissions")
        .values(
          some.map(({ id }) => ({
            ...{ ...of, prover: id, sequence: 1, source: `0x${"0".repeat(40)}`, bps: 1_000, block: 1 },
            ...{ announced_at: start, effective_at: start, rolling_hash: EMPTY_ACCUMULATOR },
          })),
        )
        .execute();
      for (let epoch = 0; epoch < EPOCHS; epoch++) {
        await sql
          .insertInto("epoch_activity")
          .values(some.map(({ id }) => activity(id, epoch)))
          .execute();
      }
    }
  });
  return deployment;

  /** @param {number} prover @param {number} epoch */
  function activity(prover, epoch) {
    const fee = 10n ** 18n + BigInt(prover) * 7_919n;
    const active = 10n ** 22n;
    const changed = epoch * length;
    return {
      ...{ ...of, epoch, prover, fulfilments: 1, misses: 0, work: String(fee * 10_000n), fees: String(fee) },
      ...{ protocol_fees: String(fee / 20n), active: String(active) },
      ...{ active_seconds: String(active * BigInt(changed)), rolling_hash: EMPTY_STAKE_HASH },
      ...{ changed_at: start + changed, changed_in: 1 },
    };
  }
}
