// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi } from "../chain/abi.ts";
import { readMany } from "../chain/many.ts";
import type { Address, Hex } from "../core/types.ts";
import { type Deployment, lower } from "./deployment.ts";
import type { Facts } from "./facts.ts";

export interface RollingHash {
  readonly hash: Hex;
  readonly count: bigint;
}

export interface ProverState {
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
  readonly rates: RollingHash;
  readonly active: bigint;
  readonly assetsHash: bigint;
}

/** What the contracts hold at one final block, to compare the logs with. */
export interface State {
  readonly registrations: { readonly count: bigint; readonly rollingHash: bigint };
  /** In order of registration, where the logs have others. */
  readonly registered: readonly Address[] | undefined;
  readonly provers: ReadonlyMap<Address, ProverState>;
  /** By epoch, up to the one of the block. */
  readonly fulfilments: readonly RollingHash[];
  /** By the epoch of the deadline. */
  readonly misses: readonly RollingHash[];
  readonly segments: readonly { fromEpoch: bigint; budget: bigint; policyHash: Hex }[];
}

/** The distributor's posts and carry at the head: a root that was just posted need not be final. */
export interface PostState {
  readonly postCount: bigint;
  readonly latestPostHash: Hex;
  readonly rollingHash: Hex;
  readonly latest: PostOnChain;
  readonly active: PostOnChain;
  readonly carry: bigint;
}

export interface PostOnChain {
  readonly epoch: bigint;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly cumulativeTotal: bigint;
  readonly postedAt: bigint;
  readonly claimableAt: bigint;
  readonly quorum: bigint;
  readonly attestations: bigint;
  readonly vetoed: boolean;
  readonly active: boolean;
}

/** Stands for what a contract would not say: nothing that the logs hold agrees with it. */
const NO_RECORD = { hash: "0x", count: 0n } as const;
const NO_SEGMENT = { fromEpoch: -1n, budget: 0n, policyHash: "0x" } as const;

/**
 * The distributor's posts and its carry in wei, as of a block.
 * @throws what the client does, where the chain cannot be read or the contract does not answer
 */
export async function readPostState(
  client: PublicClient,
  distributor: Address,
  blockNumber: bigint,
): Promise<PostState> {
  const at = { address: distributor, abi: iRewardDistributorAbi, blockNumber } as const;
  const [postCount, [latestPostHash, rollingHash], latest, active, carry] = await Promise.all([
    client.readContract({ ...at, functionName: "postCount" }),
    client.readContract({ ...at, functionName: "postHistory" }),
    client.readContract({ ...at, functionName: "latestPost" }),
    client.readContract({ ...at, functionName: "activePost" }),
    client.readContract({ ...at, functionName: "carry" }),
  ]);
  return { postCount, latestPostHash, rollingHash, latest, active, carry };
}

/** Nothing here depends on which epoch is audited, so that who has read once can audit all. */
export async function readState(
  client: PublicClient,
  { registry, market, distributor }: Deployment,
  facts: Facts,
  { blockNumber, epoch }: { readonly blockNumber: bigint; readonly epoch: number },
): Promise<State> {
  const atRegistry = { abi: iProverRegistryAbi, blockNumber } as const;
  const atMarket = { abi: iProofMarketAbi, blockNumber } as const;
  const atDistributor = { abi: iRewardDistributorAbi, blockNumber } as const;
  const known = [...facts.provers.values()];
  const epochs = indexed(market, BigInt(epoch) + 1n);
  const [[count, rollingHash], segmentCount, fulfilments, misses, records, stakes] = await Promise.all([
    client.readContract({ ...atRegistry, address: registry, functionName: "registrations" }),
    client.readContract({ ...atDistributor, address: distributor, functionName: "segmentCount" }),
    readMany(client, { ...atMarket, functionName: "fulfilmentAccumulator", calls: epochs }),
    readMany(client, { ...atMarket, functionName: "missAccumulator", calls: epochs }),
    readMany(client, {
      ...atRegistry,
      functionName: "proverRecord",
      calls: known.map(({ prover }) => ({ address: registry, args: [prover] as const })),
    }),
    readMany(client, {
      abi: iProverVaultAbi,
      blockNumber,
      functionName: "stakeState",
      calls: known.map(({ vault }) => ({ address: vault })),
    }),
  ]);
  const [segments, registered] = await Promise.all([
    readMany(client, {
      ...atDistributor,
      functionName: "segment",
      calls: indexed(distributor, atMost(segmentCount, facts.segments.length)),
    }),
    // The list is only wanted to name whoever the logs leave out.
    count === BigInt(facts.registrations.length)
      ? undefined
      : readMany(client, {
          ...atRegistry,
          functionName: "proverAt",
          calls: indexed(registry, atMost(count, known.length)),
        }),
  ]);
  return {
    registrations: { count, rollingHash },
    registered: registered?.filter((prover) => prover !== undefined).map(lower),
    provers: new Map(known.map(({ prover }, i) => [prover, stateOf(records[i], stakes[i])])),
    fulfilments: fulfilments.map((held) => held ?? NO_RECORD),
    misses: misses.map((held) => held ?? NO_RECORD),
    segments: segments.map((held) => held ?? NO_SEGMENT),
  };
}

type ReadRecord = {
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
  readonly commissionHash: Hex;
  readonly commissionSequence: bigint;
};

/** An altered registration may name a vault that is none: that is for the comparison to say. */
function stateOf(
  record: ReadRecord | undefined,
  [active, assetsHash]: readonly [bigint, bigint] = [0n, 0n],
): ProverState {
  return {
    vault: lower(record?.vault ?? "0x"),
    registeredAt: record?.registeredAt ?? 0n,
    claimed: record?.claimed ?? 0n,
    claimedCommission: record?.claimedCommission ?? 0n,
    rates:
      record === undefined ? NO_RECORD : { hash: record.commissionHash, count: record.commissionSequence },
    active,
    assetsHash,
  };
}

/** Enough to name what the logs leave out; an endpoint that lies must not make this read for ever. */
const MOST_MISSING = 1_000n;

/** `count`, or a thousand more than are `known` if that is less. */
export function atMost(count: bigint, known: number): bigint {
  const most = BigInt(known) + MOST_MISSING;
  return count < most ? count : most;
}

function indexed(address: Address, count: bigint) {
  return Array.from({ length: Number(count) }, (_, i) => ({ address, args: [BigInt(i)] as const }));
}
