// SPDX-License-Identifier: AGPL-3.0-only
import { rewardByCampaign } from "./campaigns.ts";
import { checkEpochInput, type PackedInput, packInput, plainInput } from "./epoch-input.ts";
import { invariant } from "./errors.ts";
import { asUint, BPS } from "./guard.ts";
import { domainOf } from "./leaf.ts";
import { LeafPacker, type PackedLeaves, rootOf } from "./packed-leaves.ts";
import type { ProverTable } from "./prover-table.ts";
import { buildRewardTree, type RewardTree } from "./reward-tree.ts";
import { type Pot, potOf, rewardEach } from "./rewards.ts";
import type { EpochInput, Hex, LeafEntry, Row } from "./types.ts";

/** What an epoch comes to, whoever asks for it. */
interface Outcome {
  readonly pot: Pot;
  readonly added: bigint;
  /** What the root's leaves have earned in all epochs: the previous total and what this epoch adds. */
  readonly total: bigint;
  /** Offered again with the next budget. */
  readonly carry: bigint;
  /** Neither paid nor carried. */
  readonly dropped: bigint;
  readonly root: Hex;
}

export interface EpochResult extends Outcome {
  /** The input as it was used: checked, lower-case, in order. */
  readonly input: EpochInput;
  /** One for each prover given, by address. */
  readonly rows: readonly Row[];
  readonly leaves: readonly LeafEntry[];
  readonly tree: RewardTree;
}

/** Rows that are made one after the other, each time that they are asked for. */
export interface Rows extends Iterable<Row> {
  readonly length: number;
}

/** The same in packed form: about 500 bytes a prover, from the checked input to the leaves. */
export interface PackedResult extends Outcome {
  readonly input: PackedInput;
  readonly rows: Rows;
  readonly leaves: PackedLeaves;
}

/**
 * One epoch's rewards, from inputs read off the chain to the root to post; amounts in wei, every step rounded as in
 * SPEC, 5 to 9. The order of the inputs changes nothing.
 * @throws InputError, naming the field that is not what it should be.
 */
export function computeEpoch(given: EpochInput): EpochResult {
  const { input, rows: made, leaves: packed, ...outcome } = computePacked(packInput(given));
  const leaves = [...packed];
  const tree = buildRewardTree(domainOf(input.chainId, input.distributor), leaves);
  return { ...outcome, input: plainInput(input), rows: [...made], leaves, tree };
}

/**
 * The same for any number of provers. Writes what they earn into the input's table.
 * @throws InputError, naming the field that is not what it should be.
 */
export function computePacked(given: PackedInput): PackedResult {
  const input = checkEpochInput(given);
  const { budget, previous, provers, policy } = input;
  const pot = potOf(budget + input.carry, provers);
  if (policy.version === 2) rewardByCampaign(policy, budget, provers);
  else
    rewardEach(policy, pot, provers, (position, amount, by) =>
      // Whatever is more could not be added to a total.
      provers.setReward(position, asUint(amount, "previous.total"), by),
    );

  let added = 0n;
  for (let position = 0; position < provers.length; position++) added += provers.amount(position);
  const { carry, dropped } = leftOver(budget, pot.offered, added);
  invariant(added <= pot.offered, "an epoch never adds more than its budget and carry");
  invariant(added + carry + dropped === pot.offered, "what is paid, carried and dropped is what was offered");

  const total = asUint(previous.total + added, "previous.total");
  const leaves = leavesAfter(provers, previous.leaves, total);
  const root = rootOf(domainOf(input.chainId, input.distributor), leaves);
  return { input, pot, rows: rowsOf(provers, previous.leaves), added, total, carry, dropped, root, leaves };
}

/** What is not added is carried, up to one budget; what exceeds that is dropped. All in wei. */
export function leftOver(budget: bigint, offered: bigint, added: bigint): { carry: bigint; dropped: bigint } {
  const left = offered - added;
  const carry = left < budget ? left : budget;
  return { carry, dropped: left - carry };
}

/** A prover has a leaf once it has earned anything, and for ever after. In the order of the rows, in wei. */
export function leavesOf(rows: Iterable<Row>): LeafEntry[] {
  return [...leavesIn(rows)];
}

/** The same, one after the other. */
export function* leavesIn(rows: Iterable<Row>): Generator<LeafEntry> {
  for (const { prover, cumulative, cumulativeCommission } of rows) {
    if (cumulative > 0n) yield { prover, cumulative, cumulativeCommission };
  }
}

/** What a prover has earned, with this epoch. */
interface Earned {
  readonly position: number;
  readonly amount: bigint;
  readonly commission: bigint;
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
}

/** By prover. Both are by address, and every leaf is a prover's. */
function* earnings(provers: ProverTable, before: PackedLeaves): Generator<Earned> {
  let next = 0;
  for (let position = 0; position < provers.length; position++) {
    const amount = provers.amount(position);
    const commission = (amount * BigInt(provers.commissionBps(position))) / BPS;
    const continues =
      next < before.length && provers.compare(position, before.entries, before.start(next)) === 0;
    const cumulative = amount + (continues ? before.cumulative(next) : 0n);
    const cumulativeCommission = commission + (continues ? before.commission(next) : 0n);
    if (continues) next++;
    yield { position, amount, commission, cumulative, cumulativeCommission };
  }
  invariant(next === before.length, "a leaf stays for ever and never decreases");
}

function rowsOf(provers: ProverTable, before: PackedLeaves): Rows {
  function* rows(): Generator<Row> {
    for (const { position, amount, commission, cumulative, cumulativeCommission } of earnings(
      provers,
      before,
    )) {
      const prover = provers.at(position);
      const campaigns = provers.campaignRewards(position);
      // Written out: a spread of as many fields is several times slower.
      yield {
        prover: prover.prover,
        vault: prover.vault,
        work: prover.work,
        stake: prover.stake,
        fulfilments: prover.fulfilments,
        misses: prover.misses,
        fees: prover.fees,
        protocolFees: prover.protocolFees,
        commissionBps: prover.commissionBps,
        amount,
        commission,
        limitedBy: provers.limitedBy(position),
        cumulative,
        cumulativeCommission,
        ...(campaigns && { campaigns }),
      };
    }
  }
  return { length: provers.length, [Symbol.iterator]: rows };
}

function leavesAfter(provers: ProverTable, before: PackedLeaves, total: bigint): PackedLeaves {
  const packer = new LeafPacker(total, provers.length);
  let promised = 0n;
  for (const { position, cumulative, cumulativeCommission } of earnings(provers, before)) {
    if (cumulative === 0n) continue;
    invariant(cumulativeCommission <= cumulative, "a commission never exceeds its amount");
    promised += cumulative;
    packer.addBytes((out, at) => provers.copyAddress(position, out, at), cumulative, cumulativeCommission);
  }
  invariant(promised <= total, "leaves never promise more than the total");
  return packer.done();
}
