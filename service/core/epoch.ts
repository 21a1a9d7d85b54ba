// SPDX-License-Identifier: AGPL-3.0-only
import { campaignRewards } from "./campaigns.ts";
import { checkEpochInput } from "./epoch-input.ts";
import { invariant } from "./errors.ts";
import { asUint, BPS } from "./guard.ts";
import { domainOf } from "./leaf.ts";
import { buildRewardTree, type RewardTree } from "./reward-tree.ts";
import { type Pot, potOf, type Reward, rewardsOf } from "./rewards.ts";
import type { EpochInput, Hex, LeafEntry, ProverInput, Row } from "./types.ts";

export interface EpochResult {
  /** The input as it was used: checked, lower-case, in order. */
  readonly input: EpochInput;
  readonly pot: Pot;
  /** One for each prover given, by address. */
  readonly rows: readonly Row[];
  readonly added: bigint;
  /** What the root's leaves have earned in all epochs: the previous total and what this epoch adds. */
  readonly total: bigint;
  /** Offered again with the next budget. */
  readonly carry: bigint;
  /** Neither paid nor carried. */
  readonly dropped: bigint;
  readonly root: Hex;
  readonly leaves: readonly LeafEntry[];
  readonly tree: RewardTree;
}

/** One epoch's rewards, from inputs read off the chain to the root to post. The order of the inputs changes nothing. */
export function computeEpoch(given: EpochInput): EpochResult {
  const input = checkEpochInput(given);
  const { budget, previous, provers } = input;
  const pot = potOf(budget + input.carry, provers);
  const { policy } = input;
  const rewards =
    policy.version === 2 ? campaignRewards(policy, budget, provers) : rewardsOf(policy, pot, provers);
  const rows = rowsOf(provers, rewards, previous.leaves);

  const added = rows.reduce((sum, row) => sum + row.amount, 0n);
  const { carry, dropped } = leftOver(budget, pot.offered, added);
  invariant(added <= pot.offered, "an epoch never adds more than its budget and carry");
  invariant(added + carry + dropped === pot.offered, "what is paid, carried and dropped is what was offered");

  const total = asUint(previous.total + added, "previous.total");
  const leaves = leavesOf(rows);
  assertContinues(previous.leaves, rows, leaves, total);
  const tree = buildRewardTree(domainOf(input.chainId, input.distributor), leaves);
  return { input, pot, rows, added, total, carry, dropped, root: tree.root, leaves, tree };
}

/** What is not added is carried, up to one budget; what exceeds that is dropped. */
export function leftOver(budget: bigint, offered: bigint, added: bigint): { carry: bigint; dropped: bigint } {
  const left = offered - added;
  const carry = left < budget ? left : budget;
  return { carry, dropped: left - carry };
}

/** A prover has a leaf once it has earned anything, and for ever after. */
export function leavesOf(rows: readonly Row[]): LeafEntry[] {
  return rows
    .filter((row) => row.cumulative > 0n)
    .map(({ prover, cumulative, cumulativeCommission }) => ({ prover, cumulative, cumulativeCommission }));
}

function rowsOf(
  provers: readonly ProverInput[],
  rewards: readonly Reward[],
  leaves: readonly LeafEntry[],
): Row[] {
  // Both are by address, and every leaf is a prover's.
  let next = 0;
  return provers.map((prover, i) => {
    const { amount, limitedBy, campaigns } = rewards[i] as Reward & Pick<Row, "campaigns">;
    const commission = (amount * BigInt(prover.commissionBps)) / BPS;
    const leaf = leaves[next]?.prover === prover.prover ? leaves[next++] : undefined;
    // Written out: a spread of as many fields is several times slower.
    return {
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
      limitedBy,
      cumulative: (leaf?.cumulative ?? 0n) + amount,
      cumulativeCommission: (leaf?.cumulativeCommission ?? 0n) + commission,
      ...(campaigns && { campaigns }),
    };
  });
}

function assertContinues(
  before: readonly LeafEntry[],
  rows: readonly Row[],
  after: readonly LeafEntry[],
  total: bigint,
): void {
  let kept = 0;
  for (const row of rows) {
    const leaf = before[kept];
    if (leaf === undefined) break;
    if (leaf.prover !== row.prover) continue;
    if (row.cumulative < leaf.cumulative || row.cumulativeCommission < leaf.cumulativeCommission) break;
    kept++;
  }
  invariant(kept === before.length, "a leaf stays for ever and never decreases");
  invariant(
    after.every((leaf) => leaf.cumulativeCommission <= leaf.cumulative),
    "a commission never exceeds its amount",
  );
  invariant(
    after.reduce((sum, leaf) => sum + leaf.cumulative, 0n) <= total,
    "leaves never promise more than the total",
  );
}
