// SPDX-License-Identifier: AGPL-3.0-only
import { requirePartsOf } from "./campaign-table.ts";
import { InputError } from "./errors.ts";
import { asAddress, asCount, asHash, asUint } from "./guard.ts";
import { domainOf } from "./leaf.ts";
import { byDeadlineEpochAndRequest } from "./order.ts";
import { LeafPacker, type PackedLeaves } from "./packed-leaves.ts";
import { policyFromJson, policyToJson } from "./policy.ts";
import { ProverTable, plainProver } from "./prover-table.ts";
import { buildRewardTree } from "./reward-tree.ts";
import type { Address, EpochInput, Hex, Miss, Policy, PreviousRoot } from "./types.ts";

/** The root that an epoch continues from, with its leaves as they are kept. */
export interface PackedRoot extends Omit<PreviousRoot, "leaves"> {
  readonly leaves: PackedLeaves;
  /** What `leaves` lead to, by whoever built the tree over them. */
  readonly leavesRoot: Hex;
}

/** An epoch's input with everything that there is one of a prover in packed form. */
export interface PackedInput extends Omit<EpochInput, "previous" | "provers"> {
  readonly previous: PackedRoot;
  readonly provers: ProverTable;
}

/** @throws InputError for provers or leaves that are none. */
export function packInput(input: EpochInput): PackedInput {
  const policy = policyFromJson(policyToJson(input.policy));
  const provers = new ProverTable(policy);
  for (const prover of input.provers) provers.add(prover);
  const domain = domainOf(asUint(input.chainId, "chainId"), asAddress(input.distributor, "distributor"));
  return { ...input, policy, provers, previous: packRoot(domain, input.previous) };
}

/** The same as objects. */
export function plainInput(input: PackedInput): EpochInput {
  const { claimedAt, root, total, leaves } = input.previous;
  const previous = { root, total, leaves: [...leaves], ...(claimedAt !== undefined && { claimedAt }) };
  return { ...input, previous, provers: Array.from(input.provers, plainProver) };
}

/** Leaves may come in any order. @throws InputError for what is no leaf, or there twice. */
function packRoot(domain: Hex, previous: PreviousRoot): PackedRoot {
  // Checks the leaves too: one per prover, nothing at 0, no commission above its amount.
  const { entries, root } = buildRewardTree(domain, previous.leaves);
  const packer = new LeafPacker(
    entries.reduce((sum, { cumulative }) => sum + cumulative, 0n),
    entries.length,
  );
  for (const leaf of entries) packer.add(leaf.prover, leaf.cumulative, leaf.cumulativeCommission);
  return { ...previous, leaves: packer.done(), leavesRoot: root };
}

/**
 * The input in the one form that all computation starts from: checked, lower-case, every list in its stated order.
 * Sorts the provers that it is given.
 * @throws InputError, naming the field that is not what it should be.
 */
export function checkEpochInput(input: PackedInput): PackedInput {
  const chainId = asUint(input.chainId, "chainId");
  const distributor = asAddress(input.distributor, "distributor");
  const epoch = asCount(input.epoch, "epoch");
  const start = asUint(input.start, "start");
  const end = asUint(input.end, "end");
  if (end <= start) {
    throw new InputError(
      "out-of-range",
      "end",
      `${end} is not after start ${start}`,
      "give the epoch's window",
    );
  }
  const { policy, provers } = input;
  provers.sort();
  const misses = checkMisses(input.misses, epoch, provers);
  const count = asCount(input.fulfilments.count, "fulfilments.count");
  let counted = 0;
  for (let position = 0; position < provers.length; position++) {
    const prover = provers.at(position);
    counted += prover.fulfilments;
    if (policy.version === 2)
      requirePartsOf(prover, policy, `provers[${provers.numberOf(position)}].campaigns`);
  }
  if (counted !== count) {
    throw new InputError(
      "mismatch",
      "fulfilments.count",
      `${count} fulfilments in the epoch, ${counted} with its provers`,
      "every fulfilment of the accumulator belongs to one of the provers: read the logs and the registry again",
    );
  }
  return {
    chainId,
    distributor,
    epoch,
    start,
    end,
    snapshot: {
      number: asUint(input.snapshot.number, "snapshot.number"),
      hash: asHash(input.snapshot.hash, "snapshot.hash"),
    },
    budget: asUint(input.budget, "budget"),
    carry: asUint(input.carry, "carry"),
    policy,
    previous: checkPrevious(input, policy, provers),
    fulfilments: { count, accumulator: asHash(input.fulfilments.accumulator, "fulfilments.accumulator") },
    misses,
    provers,
  };
}

function checkMisses(misses: readonly Miss[], epoch: number, provers: ProverTable): Miss[] {
  const requests = new Set<string>();
  const perProver = new Map<number, number>();
  const checked = misses.map((miss, i) => {
    const field = `misses[${i}]`;
    const prover = asAddress(miss.prover, `${field}.prover`);
    const requestId = asHash(miss.requestId, `${field}.requestId`);
    const position = provers.find(prover);
    if (position < 0) throw unknownProver(prover, `${field}.prover`);
    perProver.set(position, (perProver.get(position) ?? 0) + 1);
    if (requests.has(requestId)) {
      throw new InputError(
        "duplicate",
        `${field}.requestId`,
        `${requestId} is missed twice`,
        "give each miss once",
      );
    }
    requests.add(requestId);
    return { prover, deadlineEpoch: asCount(miss.deadlineEpoch, `${field}.deadlineEpoch`, epoch), requestId };
  });
  for (let position = 0; position < provers.length; position++) {
    const stated = provers.misses(position);
    const listed = perProver.get(position) ?? 0;
    if (listed !== stated) {
      throw new InputError(
        "mismatch",
        "misses",
        `${provers.at(position).prover} is given ${stated} misses, ${listed} are listed`,
        "a prover's misses are those listed for it",
      );
    }
  }
  return checked.sort(byDeadlineEpochAndRequest);
}

function checkPrevious(input: PackedInput, policy: Policy, provers: ProverTable): PackedRoot {
  const field = "previous";
  const root = asHash(input.previous.root, `${field}.root`);
  const total = asUint(input.previous.total, `${field}.total`);
  const { leaves, leavesRoot } = input.previous;
  let promised = 0n;
  // Both are by address.
  let at = 0;
  for (let i = 0; i < leaves.length; i++) {
    promised += leaves.cumulative(i);
    while (at < provers.length && provers.compare(at, leaves.entries, leaves.start(i)) < 0) at++;
    if (at < provers.length && provers.compare(at, leaves.entries, leaves.start(i)) === 0) continue;
    throw unknownProver(leaves.at(i).prover, `${field}.leaves`);
  }
  if (input.epoch === 0 && (leaves.length > 0 || total > 0n)) {
    throw new InputError("invalid", field, "epoch 0 has a history", "nothing was earned before epoch 0");
  }
  if (promised > total) {
    throw new InputError(
      "mismatch",
      `${field}.total`,
      `the leaves promise ${promised}, the root's total is ${total}`,
      "such a root can only be continued from claimed amounts, at a block that a policy segment names",
    );
  }
  const { claimedAt } = input.previous;
  if (claimedAt === undefined) {
    if (leavesRoot !== root) {
      throw new InputError(
        "mismatch",
        `${field}.leaves`,
        `they build ${leavesRoot}, not ${root}`,
        "give the leaves of the active root; before the first one, no leaves and the domain as root",
      );
    }
    return { root, total, leaves, leavesRoot };
  }
  if (policy.continuation?.block !== claimedAt) {
    throw new InputError(
      "mismatch",
      `${field}.claimedAt`,
      `the policy names no continuation at block ${claimedAt}`,
      "claimed amounts replace leaves only at the block in the policy's continuation",
    );
  }
  return { root, total, leaves, leavesRoot, claimedAt };
}

function unknownProver(prover: Address, field: string): InputError {
  return new InputError(
    "unknown-prover",
    field,
    `${prover} is not among the provers`,
    "give every registered prover, idle ones too",
  );
}
