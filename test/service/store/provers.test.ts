// SPDX-License-Identifier: AGPL-3.0-only

import { expect, test } from "vitest";
import { EMPTY_STAKE_HASH } from "../../../service/core/ids.ts";
import type { Address } from "../../../service/core/types.ts";
import type { Database } from "../../../service/store/database.ts";
import { type Deployment, openDeployment, readPosition } from "../../../service/store/deployment.ts";
import { findProver, listProvers } from "../../../service/store/provers.ts";
import { onEachDatabase } from "../helpers/database.ts";

const ADDRESSES = ["cc", "aa", "bb"].map((byte): Address => `0x${byte.repeat(20)}`);
const [CLEO, ADA, BEN] = ADDRESSES as [Address, Address, Address];
const KEY = {
  ...{ chainId: 1n, distributor: ADA, registry: BEN, market: CLEO, startBlock: 0n },
  ...{ clockStart: 1_000n, epochLength: 100n, unbondingDelay: 50n, vestingPeriod: 80n },
};
const NO_INCOME = {
  ...{ fees: 0n, feeCommission: 0n, slashed: 0n, other: 0n },
  ...{ rewards: 0n, rewardCommission: 0n },
};
const HASH = `0x${"09".repeat(32)}`;

/** Epochs of 100 seconds from 1000 on; the third is half over. */
async function deploy(database: Database): Promise<Deployment> {
  const deployment = await openDeployment(database, KEY);
  await database.write(async (sql) => {
    const synced = { synced_block: 25, synced_hash: HASH, synced_time: 1_250, checked_block: 20 };
    await sql.updateTable("deployments").set(synced).where("id", "=", deployment.id).execute();
    const provers = ADDRESSES.map((prover, id) => ({
      deployment: deployment.id,
      id,
      prover,
      vault: `0x${"0".repeat(39)}${id}`,
      registered_at: 1_000 + id,
      block: id,
      rolling_hash: "0",
    }));
    await sql.insertInto("provers").values(provers).execute();
  });
  return deployment;
}

interface Change {
  readonly prover: number;
  readonly epoch: number;
  readonly fulfilments?: number;
  readonly misses?: number;
  readonly assets: readonly [active: bigint, activeSeconds: bigint, changedAt: number];
}

async function enterActivity(
  database: Database,
  deployment: Deployment,
  changes: readonly Change[],
): Promise<void> {
  const rows = changes.map(({ prover, epoch, fulfilments = 0, misses = 0, assets }) => ({
    deployment: deployment.id,
    epoch,
    prover,
    fulfilments,
    misses,
    work: String(BigInt(fulfilments) * 10n ** 30n),
    fees: String(BigInt(fulfilments) * 10n ** 20n),
    protocol_fees: String(BigInt(fulfilments) * 10n ** 19n),
    active: String(assets[0]),
    active_seconds: String(assets[1]),
    rolling_hash: EMPTY_STAKE_HASH,
    changed_at: assets[2],
    changed_in: 1,
  }));
  await database.write((sql) => sql.insertInto("epoch_activity").values(rows).execute());
}

onEachDatabase(({ open }) => {
  test("knows nobody before the first sync", async () => {
    const database = await open();
    const deployment = await openDeployment(database, KEY);
    const page = { synced: undefined, provers: [], next: undefined };
    expect(await listProvers(database, deployment, { limit: 5, epochs: 1 })).toEqual(page);
    expect(await findProver(database, deployment, { prover: ADA, epochs: 1 })).toBeUndefined();
  });

  test("lists provers by address, page after page, at the synced block", async () => {
    const database = await open();
    const deployment = await deploy(database);
    const first = await listProvers(database, deployment, { limit: 2, epochs: 1 });
    expect(first.provers.map(({ prover }) => prover)).toEqual([ADA, BEN]);
    expect(first.synced).toEqual({ block: 25n, hash: HASH, time: 1_250n, checked: 20n });
    expect(first.synced).toEqual(await readPosition(database, deployment));
    const rest = await listProvers(database, deployment, { limit: 2, epochs: 1, after: first.next });
    expect(rest.provers.map(({ prover }) => prover)).toEqual([CLEO]);
    expect(rest.next).toBeUndefined();
  });

  test("shows what a prover did, epoch by epoch, the running one up to the synced block", async () => {
    const database = await open();
    const deployment = await deploy(database);
    await enterActivity(database, deployment, [
      { prover: 1, epoch: 0, fulfilments: 2, misses: 1, assets: [500n, 10n, 1_010] },
      { prover: 1, epoch: 2, fulfilments: 3, assets: [900n, 100_010n, 1_210] },
      { prover: 2, epoch: 2, fulfilments: 9, assets: [1n, 0n, 1_200] },
    ]);
    const record = await findProver(database, deployment, { prover: ADA, epochs: 3 });
    expect(record).toMatchObject({
      prover: ADA,
      registeredAt: 1_001n,
      active: 900n,
      fulfilments: 5,
      misses: 1,
      onTimeBps: 8_333,
    });
    expect(record?.activity).toEqual([
      {
        epoch: 2,
        fulfilments: 3,
        misses: 0,
        onTimeBps: 10_000,
        work: 3n * 10n ** 30n,
        fees: 3n * 10n ** 20n,
        protocolFees: 3n * 10n ** 19n,
        // 500 for the first ten seconds of fifty, 900 for the others.
        stake: (100_010n - (10n + 500n * 190n) + 900n * 40n) / 50n,
        ...{ at: 1_250n, running: true, active: 900n, sharePrice: undefined, income: NO_INCOME },
      },
      {
        epoch: 1,
        fulfilments: 0,
        misses: 0,
        onTimeBps: null,
        work: 0n,
        fees: 0n,
        protocolFees: 0n,
        stake: 500n,
        ...{ at: 1_200n, running: false, active: 500n, sharePrice: undefined, income: NO_INCOME },
      },
      expect.objectContaining({
        ...{ epoch: 0, onTimeBps: 6_666, stake: (10n + 500n * 90n) / 100n },
        ...{ at: 1_100n, running: false, active: 500n },
      }),
    ]);
  });

  test("gives the stake of the last epochs alone as with all of them", async () => {
    const database = await open();
    const deployment = await deploy(database);
    await enterActivity(database, deployment, [
      { prover: 1, epoch: 0, misses: 1, assets: [500n, 10n, 1_010] },
      { prover: 1, epoch: 1, assets: [700n, 45_010n, 1_100] },
    ]);
    const { activity: all } = (await findProver(database, deployment, { prover: ADA, epochs: 9 })) ?? {};
    expect(all?.map(({ epoch }) => epoch)).toEqual([2, 1, 0]);
    for (const epochs of [1, 2]) {
      const record = await findProver(database, deployment, { prover: ADA, epochs });
      expect(record).toMatchObject({ active: 700n, misses: 1, onTimeBps: 0 });
      expect(record?.activity).toEqual(all?.slice(0, epochs));
    }
  });

  test("does not mix deployments", async () => {
    const database = await open();
    await deploy(database);
    const other = await openDeployment(database, { ...KEY, chainId: 2n });
    expect((await listProvers(database, other, { limit: 5, epochs: 1 })).provers).toEqual([]);
  });
});
