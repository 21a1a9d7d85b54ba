// SPDX-License-Identifier: AGPL-3.0-only
import { erc4626Abi } from "viem";
import { iProverRegistryAbi, iProverVaultAbi } from "../chain/abi.ts";
import type { Chain } from "../chain/client.ts";
import { readMany } from "../chain/many.ts";
import type { System } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import type { Database } from "../store/database.ts";
import { type Deployment, type Position, readPosition } from "../store/deployment.ts";
import { STATES } from "../store/directory.ts";
import { findProver, type ProverRecord, readProvers } from "../store/provers.ts";
import { type DirectoryQuery, type ProverDirectory, proverDirectory } from "./directory.ts";
import type { PostedRoots } from "./posts.ts";
import { DEADLINE, within } from "./remembered.ts";

/** A prover's standing at the latest block. */
interface Standing {
  readonly state: "active" | "inactive" | "jailed";
  readonly locked: bigint;
  readonly free: bigint;
  /** What exits are worth that were not taken out. */
  readonly unbonding: bigint;
  /** What its own shares are worth. */
  readonly selfStake: bigint;
  /** Of fees from the market, and of rewards, in basis points. */
  readonly commission: { readonly fees: number; readonly rewards: number };
}

export type Prover = ProverRecord & Standing;

export interface ProverReader {
  readonly position: () => Promise<Position | undefined>;
  readonly list: (params: DirectoryQuery & { readonly epochs: number }) => Promise<ProverList | undefined>;
  readonly find: (params: { prover: Address; epochs: number }) => Promise<Prover | undefined>;
  readonly directory: ProverDirectory;
  /** At the latest block; where the chain does not say it, what was last known. */
  readonly vault: (prover: ProverRecord) => Promise<VaultState | undefined>;
}

/** Amounts in wei, times in seconds. */
interface VaultState {
  readonly payout: Address;
  readonly totalAssets: bigint;
  readonly totalShares: bigint;
  readonly unvested: bigint;
  readonly vestingEnd: bigint;
  readonly unbonding: bigint;
  readonly maxDeposit: bigint;
  readonly commissionOwed: bigint;
}

interface ProverList {
  readonly position: Position;
  readonly provers: readonly Prover[];
  readonly total: number;
  readonly next: string | undefined;
}

export interface ProverReaderParams {
  readonly database: Database;
  readonly deployment: Deployment;
  readonly chain: Chain;
  readonly system: System;
  readonly posts: () => PostedRoots | Promise<PostedRoots>;
}

/** What provers did, from the database, and how they stand, from the chain: once a block for each. */
export function proverReader(params: ProverReaderParams): ProverReader {
  const { database, deployment, posts } = params;
  const standings = new Map<Address, Standing>();
  let standingsAt: bigint | undefined;
  /** At whatever block it was read. */
  const lastKnown = new Map<Address, Standing>();
  const vaults = new Map<Address, VaultState>();

  /** As of the block; where the chain is slow or silent, what was last known of all of them. */
  async function newest(
    provers: readonly ProverRecord[],
    blockNumber: bigint,
  ): Promise<Map<Address, Standing>> {
    const reading = readStandings(params, provers, blockNumber);
    const known = provers.flatMap(({ prover }): [Address, Standing][] => {
      const standing = lastKnown.get(prover);
      return standing === undefined ? [] : [[prover, standing]];
    });
    if (known.length < provers.length) return reading;
    return within(DEADLINE, reading, () => new Map(known)).catch(() => new Map(known));
  }

  async function withStanding(records: readonly ProverRecord[]): Promise<Prover[]> {
    const { blockNumber } = (await posts()).state;
    if (blockNumber !== standingsAt) {
      standings.clear();
      standingsAt = blockNumber;
    }
    const missing = records.filter(({ prover }) => !standings.has(prover));
    const read = await newest(missing, blockNumber);
    for (const [prover, standing] of read) lastKnown.set(prover, standing);
    // Another block may have come while this one was read.
    if (blockNumber === standingsAt) for (const [prover, standing] of read) standings.set(prover, standing);
    return records.flatMap((record) => {
      const standing = read.get(record.prover) ?? standings.get(record.prover);
      // One whose registration was undone by a reorganisation is not there any more.
      return standing === undefined ? [] : [{ ...record, ...standing }];
    });
  }

  const position = () => readPosition(database, deployment);
  const directory = proverDirectory(database, deployment, position);
  return {
    position,
    directory,
    async vault(record) {
      try {
        const { blockNumber } = (await posts()).state;
        const state = await readVault(params, record, blockNumber);
        vaults.set(record.prover, state);
        return state;
      } catch {
        return vaults.get(record.prover);
      }
    },
    async list({ epochs, ...query }) {
      const page = await directory.page(query);
      if (page === undefined) return undefined;
      const ids = page.entries.map(({ id }) => id);
      const records = await readProvers(database, deployment, { ids, epochs });
      return { ...page, provers: await withStanding(records) };
    },
    async find(options) {
      const record = await findProver(database, deployment, options);
      if (record === undefined) return undefined;
      const [prover] = await withStanding([record]);
      return prover;
    },
  };
}

async function readStandings(
  { chain, system }: ProverReaderParams,
  provers: readonly ProverRecord[],
  blockNumber: bigint,
): Promise<Map<Address, Standing>> {
  const address = system.registry;
  const registry = { abi: iProverRegistryAbi, blockNumber } as const;
  const calls = provers.map(({ prover }) => ({ address, args: [prover] as const }));
  const commissions = (source: Address) =>
    readMany(chain.client, {
      ...registry,
      functionName: "commissionOf",
      calls: provers.map(({ prover }) => ({ address, args: [prover, source] as const })),
    });
  const vaults = {
    ...{ abi: iProverVaultAbi, blockNumber },
    calls: provers.map(({ vault }) => ({ address: vault })),
  } as const;
  const [records, free, fees, rewards, collateral, pools] = await Promise.all([
    readMany(chain.client, { ...registry, functionName: "proverRecord", calls }),
    readMany(chain.client, { ...registry, functionName: "freeCollateral", calls }),
    commissions(system.market),
    commissions(system.distributor),
    readMany(chain.client, { ...vaults, functionName: "collateral" }),
    readMany(chain.client, { ...vaults, functionName: "unbondingState" }),
  ]);
  const standings = new Map<Address, Standing>();
  provers.forEach(({ prover }, i) => {
    const record = records[i];
    const state = STATES[record?.state ?? 0];
    if (record === undefined || state === undefined) return;
    standings.set(prover, {
      state,
      locked: record.locked,
      free: free[i] ?? 0n,
      unbonding: pools[i]?.[0] ?? 0n,
      selfStake: collateral[i]?.[1] ?? 0n,
      commission: { fees: Number(fees[i]), rewards: Number(rewards[i]) },
    });
  });
  return standings;
}

async function readVault(
  { chain: { client }, system }: ProverReaderParams,
  { prover, vault: address }: ProverRecord,
  blockNumber: bigint,
): Promise<VaultState> {
  const vault = { address, abi: iProverVaultAbi, blockNumber } as const;
  const shares = { address, abi: erc4626Abi, blockNumber } as const;
  const registry = { address: system.registry, abi: iProverRegistryAbi, blockNumber } as const;
  const [record, totalAssets, totalShares, maxDeposit, rewards, pool] = await Promise.all([
    client.readContract({ ...registry, functionName: "proverRecord", args: [prover] }),
    client.readContract({ ...shares, functionName: "totalAssets" }),
    client.readContract({ ...shares, functionName: "totalSupply" }),
    client.readContract({ ...shares, functionName: "maxDeposit", args: [prover] }),
    client.readContract({ ...vault, functionName: "rewardState" }),
    client.readContract({ ...vault, functionName: "unbondingState" }),
  ]);
  const [unvested, vestingEnd, commissionOwed] = rewards;
  return {
    payout: record.payout,
    ...{ totalAssets, totalShares, maxDeposit, unvested, vestingEnd, commissionOwed },
    unbonding: pool[0],
  };
}
