// SPDX-License-Identifier: AGPL-3.0-only
import { iProverRegistryAbi } from "../chain/abi.ts";
import type { Chain } from "../chain/client.ts";
import { readMany } from "../chain/many.ts";
import type { System } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import type { Database } from "../store/database.ts";
import { type Deployment, type Position, readPosition } from "../store/deployment.ts";
import { findProver, type ListProversParams, listProvers, type ProverRecord } from "../store/provers.ts";
import type { PostedRoots } from "./posts.ts";
import { DEADLINE, within } from "./remembered.ts";

/** A prover's standing at the latest block. */
interface Standing {
  readonly state: "active" | "inactive" | "jailed";
  readonly locked: bigint;
  readonly free: bigint;
  /** Of fees from the market, and of rewards, in basis points. */
  readonly commission: { readonly fees: number; readonly rewards: number };
}

export type Prover = ProverRecord & Standing;

export interface ProverReader {
  readonly position: () => Promise<Position | undefined>;
  readonly list: (params: ListProversParams) => Promise<{ provers: Prover[]; next: Address | undefined }>;
  readonly find: (params: { prover: Address; epochs: number }) => Promise<Prover | undefined>;
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

  /** As of the block; where the chain is slow or silent, what was last known of all of them. */
  async function newest(provers: readonly Address[], blockNumber: bigint): Promise<Map<Address, Standing>> {
    const reading = readStandings(params, provers, blockNumber);
    const known = provers.flatMap((prover): [Address, Standing][] => {
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
    const missing = records.map(({ prover }) => prover).filter((prover) => !standings.has(prover));
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

  return {
    position: () => readPosition(database, deployment),
    async list(options) {
      const { provers, next } = await listProvers(database, deployment, options);
      return { provers: await withStanding(provers), next };
    },
    async find(options) {
      const record = await findProver(database, deployment, options);
      if (record === undefined) return undefined;
      const [prover] = await withStanding([record]);
      return prover;
    },
  };
}

const STATES = [undefined, "active", "inactive", "jailed"] as const;

async function readStandings(
  { chain, system }: ProverReaderParams,
  provers: readonly Address[],
  blockNumber: bigint,
): Promise<Map<Address, Standing>> {
  const address = system.registry;
  const registry = { abi: iProverRegistryAbi, blockNumber } as const;
  const calls = provers.map((prover) => ({ address, args: [prover] as const }));
  const commissions = (source: Address) =>
    readMany(chain.client, {
      ...registry,
      functionName: "commissionOf",
      calls: provers.map((prover) => ({ address, args: [prover, source] as const })),
    });
  const [records, free, fees, rewards] = await Promise.all([
    readMany(chain.client, { ...registry, functionName: "proverRecord", calls }),
    readMany(chain.client, { ...registry, functionName: "freeCollateral", calls }),
    commissions(system.market),
    commissions(system.distributor),
  ]);
  const standings = new Map<Address, Standing>();
  provers.forEach((prover, i) => {
    const record = records[i];
    const state = STATES[record?.state ?? 0];
    if (record === undefined || state === undefined) return;
    standings.set(prover, {
      state,
      locked: record.locked,
      free: free[i] ?? 0n,
      commission: { fees: Number(fees[i]), rewards: Number(rewards[i]) },
    });
  });
  return standings;
}
