// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi } from "../chain/abi.ts";
import { isUnreachable } from "../chain/errors.ts";
import type { Address, Hex } from "../core/types.ts";
import { type Deployment, type Facts, lower } from "./facts.ts";

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
  readonly activeSeconds: bigint;
  readonly updatedAt: bigint;
}

/** What the contracts hold, to compare the logs with: at the last final block, posts and carry at the head. */
export interface State {
  /** In order of registration. */
  readonly registered: readonly Address[] | undefined;
  readonly proverCount: bigint;
  readonly provers: ReadonlyMap<Address, ProverState>;
  readonly fulfilments: readonly RollingHash[];
  readonly misses: readonly RollingHash[];
  readonly segments: readonly { fromEpoch: bigint; budget: bigint; policyHash: Hex }[];
  readonly posts: PostState;
}

export interface PostState {
  readonly postCount: bigint;
  readonly latest: PostOnChain;
  readonly active: PostOnChain;
  readonly carry: bigint;
}

export interface PostOnChain {
  readonly epoch: bigint;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly cumulativeTotal: bigint;
  readonly claimableAt: bigint;
  readonly quorum: bigint;
  readonly attestations: bigint;
  readonly vetoed: boolean;
  readonly active: boolean;
}

const AT_ONCE = 1_000;

export async function readPostState(
  client: PublicClient,
  distributor: Address,
  blockNumber: bigint,
): Promise<PostState> {
  const at = { address: distributor, abi: iRewardDistributorAbi, blockNumber } as const;
  const [postCount, latest, active, carry] = await Promise.all([
    client.readContract({ ...at, functionName: "postCount" }),
    client.readContract({ ...at, functionName: "latestPost" }),
    client.readContract({ ...at, functionName: "activePost" }),
    client.readContract({ ...at, functionName: "carry" }),
  ]);
  return { postCount, latest, active, carry };
}

export async function readState(
  client: PublicClient,
  { registry, market, distributor }: Deployment,
  facts: Facts,
  epoch: number,
  posts: PostState,
  blockNumber: bigint,
): Promise<State> {
  const atRegistry = { address: registry, abi: iProverRegistryAbi, blockNumber } as const;
  const atMarket = { address: market, abi: iProofMarketAbi, blockNumber } as const;
  const atDistributor = { address: distributor, abi: iRewardDistributorAbi, blockNumber } as const;
  const [proverCount, segmentCount] = await Promise.all([
    client.readContract({ ...atRegistry, functionName: "proverCount" }),
    client.readContract({ ...atDistributor, functionName: "segmentCount" }),
  ]);
  const segments = await each(counting(segmentCount), (index) =>
    client.readContract({ ...atDistributor, functionName: "segment", args: [index] }),
  );
  const epochs = counting(BigInt(epoch) + 1n);
  const fulfilments = await each(epochs, (of) =>
    client.readContract({ ...atMarket, functionName: "fulfilmentAccumulator", args: [of] }),
  );
  const misses = await each(epochs, (of) =>
    client.readContract({ ...atMarket, functionName: "missAccumulator", args: [of] }),
  );
  // The list is only wanted to name whoever the logs leave out.
  const registered =
    proverCount === BigInt(facts.provers.size)
      ? undefined
      : await each(counting(proverCount), async (index) =>
          lower(await client.readContract({ ...atRegistry, functionName: "proverAt", args: [index] })),
        );
  const provers = new Map<Address, ProverState>();
  await each([...facts.provers.keys()], async (prover) => {
    const vault = facts.provers.get(prover)?.vault as Address;
    const [record, [active, activeSeconds, updatedAt]] = await Promise.all([
      client.readContract({ ...atRegistry, functionName: "proverRecord", args: [prover] }),
      client
        .readContract({ address: vault, abi: iProverVaultAbi, blockNumber, functionName: "stakeState" })
        .catch(absentVault),
    ]);
    provers.set(prover, {
      vault: lower(record.vault),
      registeredAt: record.registeredAt,
      claimed: record.claimed,
      claimedCommission: record.claimedCommission,
      rates: { hash: record.commissionHash, count: record.commissionSequence },
      active,
      activeSeconds,
      updatedAt,
    });
  });
  return { registered, proverCount, provers, fulfilments, misses, segments, posts };
}

/** An altered registration may name a vault that is none: that is for the comparison to say. */
function absentVault(cause: unknown): readonly [bigint, bigint, bigint] {
  if (isUnreachable(cause)) throw cause;
  return [0n, 0n, 0n];
}

function counting(count: bigint): bigint[] {
  return Array.from({ length: Number(count) }, (_, i) => BigInt(i));
}

async function each<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(read))));
  }
  return results;
}
