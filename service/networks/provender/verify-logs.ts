// SPDX-License-Identifier: AGPL-3.0-only
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../chain/abi.ts";
import { type ChainError, inconsistent } from "../../chain/errors.ts";
import { readMany } from "../../chain/many.ts";
import { epochAt, hasAdapter, lower } from "../../chain/system.ts";
import type { Hex } from "../../core/types.ts";
import type { SyncSources } from "../../epoch/sources.ts";
import type { Position } from "../../store/deployment.ts";
import { readHistory } from "../../store/distributor-history.ts";
import {
  type ExpectedProver,
  expectedCounts,
  expectedEpochs,
  expectedProvers,
} from "../../store/expected.ts";

/** How many provers' states are in memory at a time. */
const PROVERS = 2_000;

/**
 * The first thing that the contracts hold otherwise than the logs say which the database has up to `position`, its
 * synced block; undefined if they agree, "behind" if another process has moved the database. Reads state at that block
 * only: it is recent, so no archive node is needed.
 */
export async function verifyLogs(
  sources: SyncSources,
  position: Position,
): Promise<ChainError | "behind" | undefined> {
  const found = (await inCounts(sources, position)) ?? (await inPosts(sources, position));
  if (found !== undefined || hasAdapter(sources.system)) return found;
  return (await inEpochs(sources, position)) ?? (await inProvers(sources, position));
}

type Found = Promise<ChainError | "behind" | undefined>;

async function inCounts({ chain, system, database, deployment }: SyncSources, position: Position): Found {
  const expected = await expectedCounts(database, deployment, position);
  if (expected === "behind") return expected;
  const { client } = chain;
  const at = { blockNumber: position.block };
  const distributor = { ...at, address: system.distributor, abi: iRewardDistributorAbi } as const;
  const [epoch, [provers, registered], posts, segments] = await Promise.all([
    client.readContract({ ...distributor, functionName: "currentEpoch" }),
    hasAdapter(system)
      ? ([0n, expected.registered] as const)
      : client.readContract({
          ...at,
          address: system.registry,
          abi: iProverRegistryAbi,
          functionName: "registrations",
        }),
    client.readContract({ ...distributor, functionName: "postCount" }),
    client.readContract({ ...distributor, functionName: "segmentCount" }),
  ]);
  // How many epochs are asked for next follows from the block's time, which nothing else vouches for.
  if (epochAt(system, position.time) !== Number(epoch)) {
    return inconsistent(
      `block ${position.block} is given at ${position.time}, and the contracts are in epoch ${epoch} there`,
    );
  }
  if (BigInt(expected.provers) !== provers) {
    return inconsistent(`${provers} provers are registered, the logs hold ${expected.provers}`);
  }
  if (expected.registered !== registered) {
    return inconsistent(
      "a registration is altered in the logs: they hash to another value than the registry's",
    );
  }
  if (BigInt(expected.posts) !== posts) {
    return inconsistent(`${posts} roots were posted, the logs hold ${expected.posts}`);
  }
  if (BigInt(expected.segments.length) !== segments) {
    return inconsistent(`${segments} budget segments are set, the logs hold ${expected.segments.length}`);
  }
  const onChain = await readMany(client, {
    ...at,
    abi: iRewardDistributorAbi,
    functionName: "segment",
    calls: expected.segments.map((_, i) => ({ address: system.distributor, args: [BigInt(i)] as const })),
  });
  const altered = expected.segments.findIndex(
    ({ fromEpoch, budget, policyHash }, i) =>
      onChain[i]?.fromEpoch !== fromEpoch ||
      onChain[i]?.budget !== budget ||
      onChain[i]?.policyHash !== policyHash,
  );
  return altered < 0 ? undefined : inconsistent(`budget segment ${altered} is altered in the logs`);
}

/** An epoch is posted anew after a veto only, and the next one only once its root can't be vetoed any more. */
async function inPosts({ chain, system, database, deployment }: SyncSources, position: Position): Found {
  const expected = await expectedCounts(database, deployment, position);
  if (expected === "behind") return expected;
  const { posts } = await readHistory(database, deployment);
  const at = {
    blockNumber: position.block,
    address: system.distributor,
    abi: iRewardDistributorAbi,
  } as const;
  const [latest, [latestPostHash, rollingHash]] = await Promise.all([
    chain.client.readContract({ ...at, functionName: "latestPost" }),
    chain.client.readContract({ ...at, functionName: "postHistory" }),
  ]);
  for (const [i, post] of posts.entries()) {
    const next = posts[i + 1];
    const vetoed = next === undefined ? latest.vetoed : next.epoch === post.epoch;
    if (post.vetoed !== vetoed) {
      const what = vetoed ? "is missing from the logs" : "is in the logs, but not the chain's";
      return inconsistent(`the veto of posted root ${post.postNumber} ${what}`);
    }
  }
  const last = posts.at(-1);
  const same =
    last === undefined ||
    (last.postNumber === latest.postNumber &&
      BigInt(last.epoch) === latest.epoch &&
      last.root === latest.root &&
      last.total === latest.cumulativeTotal);
  if (!same) return inconsistent(`posted root ${last.postNumber} is altered in the logs`);
  const { posted } = expected;
  if (posted.hash === latestPostHash && posted.rollingHash === rollingHash) return undefined;
  return inconsistent("a posted root or a veto is altered in the logs: they hash to another value");
}

async function inEpochs({ chain, system, database, deployment }: SyncSources, position: Position): Found {
  const expected = await expectedEpochs(database, deployment, position, { from: 0 });
  if (expected === "behind") return expected;
  const read = (functionName: "fulfilmentAccumulator" | "missAccumulator") =>
    readMany(chain.client, {
      abi: iProofMarketAbi,
      functionName,
      blockNumber: position.block,
      calls: expected.map(({ epoch }) => ({ address: system.market, args: [BigInt(epoch)] as const })),
    });
  const [fulfilments, misses] = await Promise.all([read("fulfilmentAccumulator"), read("missAccumulator")]);
  for (const [i, { epoch, ...counted }] of expected.entries()) {
    const found =
      inAccumulator(epoch, "fulfilment", counted.fulfilments, fulfilments[i]) ??
      inAccumulator(epoch, "miss", counted.misses, misses[i]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Sequence numbers were followed when the logs were stored: only the last ones may be missing, or be too many. */
function inAccumulator(
  epoch: number,
  kind: "fulfilment" | "miss",
  { count, hash }: { readonly count: number; readonly hash: Hex },
  onChain: { readonly count: bigint; readonly hash: Hex } | undefined,
): ChainError | undefined {
  const total = onChain?.count ?? 0n;
  const complain = (sequence: number, what: string) =>
    inconsistent(`epoch ${epoch}: ${kind} ${sequence} of ${total} ${what}`);
  if (BigInt(count) < total) return complain(count + 1, "is missing from the logs");
  if (BigInt(count) > total) return complain(count, "is in the logs, but not the chain's");
  if (count === 0 || hash === onChain?.hash) return undefined;
  return inconsistent(
    `epoch ${epoch}: the logs of its ${count} ${kind === "miss" ? "misses" : "fulfilments"} hash to ${hash}, the market holds ${onChain?.hash}: one of them was altered, and \`provender audit --epoch ${epoch}\` says which`,
  );
}

async function inProvers(sources: SyncSources, position: Position): Found {
  const { chain, system, database, deployment } = sources;
  for (let from = 0; ; from += PROVERS) {
    const expected = await expectedProvers(database, deployment, position, { limit: PROVERS, from });
    if (expected === "behind") return expected;
    if (expected.length === 0) return undefined;
    const at = { blockNumber: position.block };
    const [records, vaults] = await Promise.all([
      readMany(chain.client, {
        ...at,
        abi: iProverRegistryAbi,
        functionName: "proverRecord",
        calls: expected.map(({ prover }) => ({ address: system.registry, args: [prover] as const })),
      }),
      readMany(chain.client, {
        ...at,
        abi: iProverVaultAbi,
        functionName: "stakeState",
        calls: expected.map(({ vault }) => ({ address: vault })),
      }),
    ]);
    for (const [i, prover] of expected.entries()) {
      const found = inRecord(prover, records[i]) ?? inVault(prover, vaults[i]);
      if (found !== undefined) return found;
    }
  }
}

interface ProverRecord {
  readonly vault: Hex;
  readonly registeredAt: bigint;
  readonly commissionSequence: bigint;
  readonly commissionHash: Hex;
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
}

function inRecord(expected: ExpectedProver, onChain: ProverRecord | undefined): ChainError | undefined {
  const { prover, vault, registeredAt, commissionSequence, commissionHash, claimed, claimedCommission } =
    expected;
  if (onChain === undefined || lower(onChain.vault) !== vault || onChain.registeredAt !== registeredAt) {
    return inconsistent(`the registration of prover ${prover} is altered in the logs`);
  }
  const change = (sequence: bigint, what: string) =>
    inconsistent(`commission change ${sequence} of prover ${prover} is ${what} in the logs`);
  if (commissionSequence < onChain.commissionSequence) return change(commissionSequence + 1n, "missing");
  if (commissionSequence > onChain.commissionSequence) return change(commissionSequence, "not the chain's");
  if (commissionHash !== onChain.commissionHash) return change(commissionSequence, "altered");
  if (claimed !== onChain.claimed || claimedCommission !== onChain.claimedCommission) {
    return inconsistent(
      `prover ${prover}: a claim is missing from the logs (they give ${claimed}, the registry ${onChain.claimed})`,
    );
  }
  return undefined;
}

function inVault(
  { vault, stakeState, changedIn }: ExpectedProver,
  onChain: readonly [active: bigint, rollingHash: bigint] | undefined,
): ChainError | undefined {
  const [active, rollingHash] = onChain ?? [];
  if (stakeState.active === active && BigInt(stakeState.rollingHash) === rollingHash) return undefined;
  const since = changedIn === 0n ? "its creation" : `block ${changedIn}`;
  return inconsistent(
    `vault ${vault}: a change of active assets is missing from the logs after ${since} (the vault holds ${active})`,
  );
}
