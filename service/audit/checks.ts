// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../core/types.ts";
import { byPosition, checkPosts } from "./check-posts.ts";
import {
  assetsHash,
  fulfilmentHash,
  missHash,
  type Registration,
  rateHash,
  registrationHash,
} from "./derive.ts";
import type { Facts, Logged, LogPosition, PostFacts, ProverFacts } from "./facts.ts";
import { type Finding, referTo, type Topic } from "./finding.ts";
import { keccakOfHex, ZERO_HASH } from "./hash.ts";
import type { Reading } from "./reading.ts";
import type { ProverState, RollingHash, State } from "./state.ts";
import { domainFor } from "./tree.ts";

/** Everything in which the logs contradict what the contracts hold: the endpoint left something out or made it up. */
export function checkLogs({ deployment, facts, state, posts, head }: Reading): Finding[] {
  const domain = domainFor(deployment.chainId, deployment.distributor);
  return [
    ...checkRegistrations(facts, state),
    ...facts.strays.map(({ topic, prover, at }) => ({
      topic,
      prover,
      message: `a log names it, and no registration before it does`,
      log: referTo(at),
    })),
    ...[...facts.provers.values()].flatMap((prover) => {
      const onChain = state.provers.get(prover.prover) as ProverState;
      return [
        ...checkRates(prover, onChain.rates),
        ...checkVault(prover, onChain),
        ...checkClaims(prover, onChain, facts.posts),
      ];
    }),
    ...state.fulfilments.flatMap((onChain, epoch) =>
      checkRolling(facts.fulfilments.get(epoch) ?? [], onChain, fulfilmentHash, {
        topic: "fulfilments",
        what: `epoch ${epoch}: fulfilment`,
      }),
    ),
    ...checkBeyond(facts, state),
    ...state.misses.flatMap((onChain, epoch) =>
      checkRolling(facts.misses.get(epoch) ?? [], onChain, missHash, {
        topic: "misses",
        what: `deadlines of epoch ${epoch}: miss`,
      }),
    ),
    ...checkSegments(facts, state),
    ...checkPosts(facts, posts, domain, head.timestamp),
  ];
}

function checkRegistrations({ registrations, provers }: Facts, state: State): Finding[] {
  const findings: Finding[] = [];
  const topic = "registrations";
  for (const prover of state.registered ?? []) {
    if (!provers.has(prover))
      findings.push({ topic, prover, message: "its registration is missing from the logs" });
  }
  for (const { prover, vault, registeredAt, at } of provers.values()) {
    const log = referTo(at);
    const onChain = state.provers.get(prover);
    if (onChain?.registeredAt === 0n) {
      findings.push({ topic, prover, message: "is in the logs, but was never registered", log });
    } else if (onChain?.vault !== vault || onChain.registeredAt !== registeredAt) {
      findings.push({ topic, prover, message: "its registration is altered in the logs", log });
    }
  }
  return findings.length > 0 ? findings : followRegistrations(registrations, state);
}

function followRegistrations(registrations: readonly Logged<Registration>[], state: State): Finding[] {
  const topic = "registrations";
  let rollingHash = 0n;
  for (const [i, registration] of registrations.entries()) {
    const { sequence, prover, at } = registration;
    rollingHash = registrationHash(rollingHash, registration);
    if (sequence === BigInt(i) + 1n && registration.rollingHash === rollingHash) continue;
    const message = `registration ${sequence} is altered in the logs, or one before it is missing`;
    return [{ topic, prover, message, log: referTo(at) }];
  }
  const { count, rollingHash: held } = state.registrations;
  if (BigInt(registrations.length) === count && rollingHash === held) return [];
  const message = `the registry counts ${count} registrations, the logs hold ${registrations.length} that fold to another hash`;
  return [{ topic, message }];
}

/** Entries numbered from 1, each folded into a hash that the chain keeps. */
function checkRolling<
  Entry extends { readonly sequence: bigint; readonly prover?: Address; readonly rollingHash?: Hex },
>(
  entries: readonly Logged<Entry>[],
  onChain: RollingHash,
  fold: (previous: Hex, entry: Entry) => Hex,
  { topic, what, prover }: { topic: Topic; what: string; prover?: Address },
): Finding[] {
  const finding = (message: string, at?: LogPosition, culprit = prover): Finding[] => [
    { topic, prover: culprit, message: `${what} ${message}`, log: at && referTo(at) },
  ];
  let hash = ZERO_HASH;
  let expected = 1n;
  for (const entry of entries) {
    const { sequence, at } = entry;
    if (sequence > expected) return finding(`${expected} of ${onChain.count} is missing from the logs`, at);
    if (sequence < expected) {
      return finding(`${sequence} is twice or out of order in the logs`, at, entry.prover);
    }
    if (expected > onChain.count) {
      return finding(`${expected} is in the logs, but not the chain's`, at, entry.prover);
    }
    hash = fold(hash, entry);
    if (entry.rollingHash !== undefined && entry.rollingHash !== hash) {
      return finding(`${sequence} is altered in the logs`, at, entry.prover);
    }
    expected++;
  }
  const last = entries.at(-1)?.at;
  if (expected <= onChain.count) {
    return finding(`${expected} of ${onChain.count} is missing from the logs`, last);
  }
  if (hash === onChain.hash) return [];
  return finding(
    `is altered in the logs, one of ${onChain.count} (they fold to ${hash}, the chain holds ${onChain.hash})`,
  );
}

/** Of epochs that have not begun, no contract holds anything: a miss's deadline was over when it was booked. */
function checkBeyond({ fulfilments, misses }: Facts, state: State): Finding[] {
  return (["fulfilments", "misses"] as const).flatMap((topic) =>
    [...(topic === "misses" ? misses : fulfilments)].flatMap(([epoch, [first]]): Finding[] => {
      if (epoch < state[topic].length || first === undefined) return [];
      const message = `epoch ${epoch} has not begun, and the logs hold something of it`;
      return [{ topic, prover: first.prover, message, log: referTo(first.at) }];
    }),
  );
}

function checkRates({ prover, rates }: ProverFacts, onChain: RollingHash): Finding[] {
  return checkRolling(rates, onChain, rateHash, { topic: "commissions", what: "commission change", prover });
}

function checkVault({ prover, assets }: ProverFacts, onChain: ProverState): Finding[] {
  const topic = "vaults";
  let before: (typeof assets)[number] | undefined;
  for (const change of assets) {
    if (change.rollingHash !== assetsHash(before?.rollingHash ?? 0n, change)) {
      const since = before === undefined ? "registration" : `block ${before.at.block}`;
      const message = `a change of its vault's active assets is missing from the logs or altered, after ${since} and up to block ${change.at.block}`;
      return [{ topic, prover, message, log: referTo(change.at) }];
    }
    before = change;
  }
  if (before?.active === onChain.active && before.rollingHash === onChain.assetsHash) return [];
  const since = before === undefined ? "registration" : `block ${before.at.block}`;
  const message = `the last change of its vault's active assets is missing from the logs or altered, after ${since}: the vault holds ${onChain.active}`;
  return [{ topic, prover, message, log: before && referTo(before.at) }];
}

function checkClaims(
  { prover, claims }: ProverFacts,
  onChain: ProverState,
  posts: readonly Logged<PostFacts>[],
): Finding[] {
  let before = 0n;
  for (const { cumulative, amount, commission, epoch, at } of claims) {
    const isOfPost = posts.some((post) => post.epoch === epoch && byPosition(post.at, at) < 0);
    if (cumulative !== before + amount || commission > amount || !isOfPost) {
      const message = "a claim of it is altered in the logs, or one before it is missing";
      return [{ topic: "claims", prover, message, log: referTo(at) }];
    }
    before = cumulative;
  }
  const last = claims.at(-1);
  const claimed = last?.cumulative ?? 0n;
  const commission = claims.reduce((sum, claim) => sum + claim.commission, 0n);
  if (claimed === onChain.claimed && commission === onChain.claimedCommission) return [];
  const message = `a claim of it is missing from the logs or altered: they give ${claimed} with a commission of ${commission}, the registry ${onChain.claimed} with ${onChain.claimedCommission}`;
  return [{ topic: "claims", prover, message, log: last && referTo(last.at) }];
}

function checkSegments({ segments }: Facts, state: State): Finding[] {
  const topic = "segments";
  const findings: Finding[] = [];
  for (const [i, onChain] of state.segments.entries()) {
    const log = segments[i];
    if (log === undefined) {
      findings.push({ topic, message: `budget segment ${i} is missing from the logs` });
    } else if (
      log.fromEpoch !== onChain.fromEpoch ||
      log.budget !== onChain.budget ||
      log.policyHash !== onChain.policyHash
    ) {
      findings.push({ topic, message: `budget segment ${i} is altered in the logs`, log: referTo(log.at) });
    } else if (keccakOfHex(log.policy) !== onChain.policyHash) {
      findings.push({
        topic: "policy",
        message: `the policy bytes of segment ${i} do not hash to its policyHash`,
        log: referTo(log.at),
      });
    }
  }
  if (segments.length > state.segments.length) {
    findings.push({ topic, message: "the logs hold a budget segment that the distributor does not" });
  }
  return findings;
}
