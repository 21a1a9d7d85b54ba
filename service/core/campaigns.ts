// SPDX-License-Identifier: AGPL-3.0-only
import { allocEach } from "./alloc.ts";
import { CampaignTable, type Fulfilment } from "./campaign-table.ts";
import { BPS } from "./guard.ts";
import type { ProverTable } from "./prover-table.ts";
import type {
  Address,
  Campaign,
  CampaignReward,
  CampaignWork,
  FeeMatch,
  LimitedBy,
  Policy,
  PolicyV2,
  ProverInput,
} from "./types.ts";

/** Whose fulfilment it is, and for whom. */
export interface Asked extends Fulfilment {
  readonly prover: Address;
}

/**
 * What each prover did by campaign, added to its input under a policy that asks for it; fulfilments of other provers
 * are passed over.
 * @throws InputError for sums above 256 bits.
 */
export function byCampaign(
  policy: Policy,
  provers: readonly ProverInput[],
  fulfilments: Iterable<Asked>,
): ProverInput[] {
  if (policy.version === 1) return provers.map(({ campaigns: _, ...prover }) => prover);
  const numbers = new Map(provers.map(({ prover }, i) => [prover, i]));
  const table = new CampaignTable(policy);
  for (const fulfilment of fulfilments) {
    const number = numbers.get(fulfilment.prover);
    if (number !== undefined) table.count(number, fulfilment);
  }
  return provers.map((prover, i) => ({ ...prover, campaigns: table.of(i).map(workOf) }));
}

/** Without what it earned. */
function workOf({ amount: _, limitedBy: __, ...work }: CampaignReward): CampaignWork {
  return work;
}

/** A campaign's part of a budget, in wei, rounded down (SPEC, 6.1). The carry is dealt to none. */
export function campaignBudget({ partBps }: Campaign, budget: bigint): bigint {
  return (budget * BigInt(partBps)) / BPS;
}

/** The most that fee match leaves of a prover's part; undefined without fee match. */
function matchedFees(match: FeeMatch | null, work: CampaignWork): bigint | undefined {
  if (match === null) return undefined;
  return (BigInt(match.bps) * (match.of === "fee" ? work.countedFees : work.protocolFees)) / BPS;
}

/**
 * Writes the amount of each prover, in wei, and of what it is made (SPEC, 6.1): every step rounds down. No campaign
 * changes what another pays; the stake cap and the guards hold for the sum.
 */
export function rewardByCampaign(policy: PolicyV2, budget: bigint, provers: ProverTable): void {
  const table = provers.campaigns as CampaignTable;
  dealCampaigns(policy, budget, provers, table);
  const excluded = new Set(policy.guards.exclusions.map(({ prover }) => prover));
  for (let position = 0; position < provers.length; position++) {
    const prover = provers.at(position);
    let amount = 0n;
    let limitedBy: LimitedBy = "none";
    for (const index of table.recordsOf(provers.numberOf(position))) {
      const reward = table.at(index);
      amount += reward.amount;
      if (reward.limitedBy !== "none") limitedBy = "fee-match";
    }
    const limit = (by: LimitedBy, most: bigint) => {
      if (amount <= most) return;
      amount = most;
      limitedBy = by;
    };
    if (excluded.size > 0 && excluded.has(prover.prover)) limit("excluded", 0n);
    const { stake } = prover;
    if (stake < policy.guards.minStake) limit("min-stake", 0n);
    if (policy.id === "capped") limit("stake", stakeCapOf(policy.params, stake));
    provers.setReward(position, amount, limitedBy);
  }
}

/** Each campaign's budget by its own work, in the order of the provers, as far as fee match lets it. */
function dealCampaigns(policy: PolicyV2, budget: bigint, provers: ProverTable, table: CampaignTable): void {
  const sums = policy.campaigns.map(() => 0n);
  const records = policy.campaigns.map(() => 0);
  for (const index of recordsIn(provers, table)) {
    const campaign = table.campaignAt(index);
    sums[campaign] = (sums[campaign] as bigint) + table.workAt(index);
    records[campaign] = (records[campaign] as number) + 1;
  }
  const give = (index: number, part: bigint) => {
    const { feeMatch } = policy.campaigns[table.campaignAt(index)] as Campaign;
    const most = matchedFees(feeMatch, table.at(index));
    const limited = most !== undefined && part > most;
    table.setReward(index, limited ? most : part, limited);
  };
  const budgets = policy.campaigns.map((campaign) => campaignBudget(campaign, budget));
  if (policy.id === "work") {
    const own = records.map((count) => new Uint32Array(count));
    const filled = policy.campaigns.map(() => 0);
    for (const index of recordsIn(provers, table)) {
      const campaign = table.campaignAt(index);
      const at = filled[campaign] as number;
      (own[campaign] as Uint32Array)[at] = index;
      filled[campaign] = at + 1;
    }
    own.forEach((list, campaign) => {
      const at = (i: number) => list[i] as number;
      allocEach(
        budgets[campaign] as bigint,
        list.length,
        (i) => table.workAt(at(i)),
        (i, part) => give(at(i), part),
      );
    });
    return;
  }
  for (const index of recordsIn(provers, table)) {
    const campaign = table.campaignAt(index);
    const sum = sums[campaign] as bigint;
    give(index, sum === 0n ? 0n : ((budgets[campaign] as bigint) * table.workAt(index)) / sum);
  }
}

/** By prover, and then by campaign. */
function* recordsIn(provers: ProverTable, table: CampaignTable): Generator<number> {
  for (let position = 0; position < provers.length; position++)
    yield* table.recordsOf(provers.numberOf(position));
}

function stakeCapOf(
  { capNumerator, capDenominator }: { readonly capNumerator: bigint; readonly capDenominator: bigint },
  stake: bigint,
): bigint {
  return (stake * capNumerator) / capDenominator;
}
