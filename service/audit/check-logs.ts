// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { checkPosts } from "./check-posts.ts";
import { fulfilmentHash, missHash, type Registration, rateHash, registrationHash } from "./derive.ts";
import type { Facts, ProverFacts } from "./facts.ts";
import { type Finding, referTo, type Topic } from "./finding.ts";
import type { Rolled } from "./folds.ts";
import { keccakOfHex, ZERO_HASH } from "./hash.ts";
import { listsOf } from "./log-lists.ts";
import type { Logged, LogPosition } from "./logged.ts";
import type { Reading } from "./reading.ts";
import type { ProverState, RollingHash, State } from "./state.ts";
import { domainFor } from "./tree.ts";

const found = new WeakMap<Reading, Promise<readonly Finding[]>>();

/** Everything in which the logs contradict what the contracts hold: the endpoint left something out or made it up. */
export async function checkLogs(client: PublicClient, reading: Reading): Promise<Finding[]> {
  const findings = found.get(reading) ?? findIn(client, reading);
  found.set(reading, findings);
  return [...(await findings)];
}

async function findIn(client: PublicClient, reading: Reading): Promise<Finding[]> {
  const { deployment, facts, state, posts, head } = reading;
  const domain = domainFor(deployment.chainId, deployment.distributor);
  return [
    ...checkRegistrations(facts, state),
    ...facts.strays.map(({ topic, prover, at }) => ({
      topic,
      prover,
      message: "a log names it, and no registration before it does",
      log: referTo(at),
    })),
    ...[...facts.provers.values()].flatMap((prover) => {
      const onChain = state.provers.get(prover.prover) as ProverState;
      return [
        ...checkRates(prover, onChain.rates),
        ...checkVault(prover, onChain),
        ...checkClaims(prover, onChain),
      ];
    }),
    ...(await checkWork(client, reading)),
    ...checkBeyond(facts, state),
    ...(await checkMisses(client, reading)),
    ...checkSegments(facts, state),
    ...checkPosts(facts, posts, domain, head.timestamp),
  ];
}

async function checkWork(client: PublicClient, { deployment, facts, state }: Reading): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [epoch, onChain] of state.fulfilments.entries()) {
    if (isHeld(facts.work.get(epoch), onChain)) continue;
    const { fulfilments } = await listsOf(client, deployment, facts);
    const about = { topic: "fulfilments", what: `epoch ${epoch}: fulfilment` } as const;
    findings.push(...blame(fulfilments.get(epoch) ?? [], onChain, fulfilmentHash, about));
  }
  return findings;
}

async function checkMisses(client: PublicClient, { deployment, facts, state }: Reading): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [epoch, onChain] of state.misses.entries()) {
    if (isHeld(facts.misses.get(epoch), onChain)) continue;
    const { misses } = await listsOf(client, deployment, facts);
    const about = { topic: "misses", what: `deadlines of epoch ${epoch}: miss` } as const;
    findings.push(...blame(misses.get(epoch) ?? [], onChain, missHash, about));
  }
  return findings;
}

function isHeld(rolled: Rolled | undefined, { hash, count }: RollingHash): boolean {
  const { isInOrder = true, ...own } = rolled ?? { hash: ZERO_HASH, count: 0 };
  return isInOrder && own.hash === hash && BigInt(own.count) === count;
}

/** Which of the entries is to blame for what they come to. */
function blame<Entry extends RolledEntry>(...args: Parameters<typeof checkRolling<Entry>>): Finding[] {
  const findings = checkRolling(...args);
  const [, { count, hash }, , { topic, what }] = args;
  // An endpoint that gives other logs the second time is not to be believed either time.
  const message = `${what} logs were not the same when they were read again (the chain holds ${count} that fold to ${hash})`;
  return findings.length > 0 ? findings : [{ topic, message }];
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

interface RolledEntry {
  readonly sequence: bigint;
  readonly prover?: Address;
  readonly rollingHash?: Hex;
}

/** Entries numbered from 1, each folded into a hash that the chain keeps. */
function checkRolling<Entry extends RolledEntry>(
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
function checkBeyond({ work, misses }: Facts, state: State): Finding[] {
  const topics = [
    ["fulfilments", work],
    ["misses", misses],
  ] as const;
  return topics.flatMap(([topic, rolled]) =>
    Array.from(rolled).flatMap(([epoch, { first }]): Finding[] => {
      if (epoch < state[topic].length) return [];
      const message = `epoch ${epoch} has not begun, and the logs hold something of it`;
      return [{ topic, prover: first.prover, message, log: referTo(first.at) }];
    }),
  );
}

function checkRates({ prover, rates }: ProverFacts, onChain: RollingHash): Finding[] {
  return checkRolling(rates, onChain, rateHash, { topic: "commissions", what: "commission change", prover });
}

function checkVault({ prover, assets: { last, broken } }: ProverFacts, onChain: ProverState): Finding[] {
  const topic = "vaults";
  const sinceBlock = (block: bigint | undefined) => (block === undefined ? "registration" : `block ${block}`);
  if (broken !== undefined) {
    const { at, before } = broken;
    const message = `a change of its vault's active assets is missing from the logs or altered, after ${sinceBlock(before)} and up to block ${at.block}`;
    return [{ topic, prover, message, log: referTo(at) }];
  }
  if (last?.active === onChain.active && last.rollingHash === onChain.assetsHash) return [];
  const message = `the last change of its vault's active assets is missing from the logs or altered, after ${sinceBlock(last?.at.block)}: the vault holds ${onChain.active} wei`;
  return [{ topic, prover, message, log: last && referTo(last.at) }];
}

function checkClaims(
  { prover, claims: { made, last, broken } }: ProverFacts,
  onChain: ProverState,
): Finding[] {
  const topic = "claims";
  if (broken !== undefined) {
    const message = "a claim of it is altered in the logs, or one before it is missing";
    return [{ topic, prover, message, log: referTo(broken) }];
  }
  const { cumulative: claimed, cumulativeCommission: commission } = made.at(-1) ?? {
    ...{ cumulative: 0n, cumulativeCommission: 0n },
  };
  if (claimed === onChain.claimed && commission === onChain.claimedCommission) return [];
  const message = `a claim of it is missing from the logs or altered: they give ${claimed} wei with a commission of ${commission} wei, the registry ${onChain.claimed} wei with ${onChain.claimedCommission} wei`;
  return [{ topic, prover, message, log: last && referTo(last) }];
}

function checkSegments({ segments, late }: Facts, state: State): Finding[] {
  const topic = "segments";
  const findings: Finding[] = late.map(({ fromEpoch, at }) => ({
    topic,
    message: `the budget segment from epoch ${fromEpoch} on comes after work of that epoch in the logs`,
    log: referTo(at),
  }));
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
