// SPDX-License-Identifier: AGPL-3.0-only
import { alloc } from "./alloc.ts";
import { BPS } from "./guard.ts";
import type { Reward } from "./rewards.ts";
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

/** The campaign that a requester's fulfilments count in: its place in the list, undefined if they count in none. */
function campaignFinder(campaigns: readonly Campaign[]): (requester: Address) => number | undefined {
  const listed = new Map<Address, number>();
  let others: number | undefined;
  campaigns.forEach(({ requesters }, i) => {
    if (requesters === null) others = i;
    else for (const { requester } of requesters) listed.set(requester, i);
  });
  return (requester) => listed.get(requester) ?? others;
}

/** A fulfilment, as its log tells of it. */
interface Fulfilment {
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly weight: bigint;
  readonly countedWeight: bigint;
}

/** The part of a fee that counted, rounded down: all of it where the whole weight did, 0 where the weight is 0. */
function countedFee({ fee, weight, countedWeight }: Fulfilment): bigint {
  return weight === 0n ? 0n : (fee * countedWeight) / weight;
}

/** Whose fulfilment it is, and for whom. */
export interface Asked extends Fulfilment {
  readonly prover: Address;
  readonly requester: Address;
}

/** What each prover did by campaign, added to its input under a policy that asks for it. */
export function byCampaign(
  policy: Policy,
  provers: readonly ProverInput[],
  fulfilments: Iterable<Asked>,
): ProverInput[] {
  if (policy.version === 1) return provers.map(({ campaigns: _, ...prover }) => prover);
  const sums = new Map<Address, Map<number, Mutable<CampaignWork>>>();
  const campaignOf = campaignFinder(policy.campaigns);
  for (const fulfilment of fulfilments) {
    const campaign = campaignOf(fulfilment.requester);
    if (campaign === undefined) continue;
    const own = sums.get(fulfilment.prover) ?? new Map<number, Mutable<CampaignWork>>();
    sums.set(fulfilment.prover, own);
    const sum = own.get(campaign) ?? { campaign, ...NO_WORK };
    own.set(campaign, sum);
    sum.fulfilments += 1;
    sum.work += fulfilment.countedWeight;
    sum.fees += fulfilment.fee;
    sum.countedFees += countedFee(fulfilment);
    if (fulfilment.countedWeight > 0n) sum.protocolFees += fulfilment.protocolFee;
  }
  return provers.map((prover) => {
    const own = [...(sums.get(prover.prover)?.values() ?? [])];
    return { ...prover, campaigns: own.sort((a, b) => a.campaign - b.campaign) };
  });
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const NO_WORK = { fulfilments: 0, work: 0n, fees: 0n, countedFees: 0n, protocolFees: 0n };

/** A campaign's part of a budget, rounded down. The carry is dealt to none. */
export function campaignBudget({ partBps }: Campaign, budget: bigint): bigint {
  return (budget * BigInt(partBps)) / BPS;
}

/** The most that fee match leaves of a prover's part; undefined without fee match. */
function matchedFees(match: FeeMatch | null, work: CampaignWork): bigint | undefined {
  if (match === null) return undefined;
  return (BigInt(match.bps) * (match.of === "fee" ? work.countedFees : work.protocolFees)) / BPS;
}

/**
 * The amount of each prover, in the order given, which must be ascending by address, and of what it is made. No campaign
 * changes what another pays; the stake cap and the guards hold for the sum.
 */
export function campaignRewards(
  policy: PolicyV2,
  budget: bigint,
  provers: readonly ProverInput[],
): (Reward & { readonly campaigns: readonly CampaignReward[] })[] {
  const rewards: CampaignReward[][] = provers.map(() => []);
  policy.campaigns.forEach((campaign, index) => {
    const entries = provers.flatMap((prover, i) => {
      const work = prover.campaigns?.find((own) => own.campaign === index);
      return work === undefined ? [] : [{ i, work }];
    });
    const parts = partsOf(policy, campaignBudget(campaign, budget), entries);
    entries.forEach(({ i, work }, k) => {
      const part = parts[k] as bigint;
      const most = matchedFees(campaign.feeMatch, work);
      const limited = most !== undefined && part > most;
      const reward = { ...work, amount: limited ? most : part };
      rewards[i]?.push({ ...reward, limitedBy: limited ? "fee-match" : "none" });
    });
  });
  const excluded = new Set(policy.guards.exclusions.map(({ prover }) => prover));
  return provers.map((prover, i) => {
    const campaigns = rewards[i] as CampaignReward[];
    let amount = campaigns.reduce((sum, reward) => sum + reward.amount, 0n);
    let limitedBy: LimitedBy = campaigns.some((reward) => reward.limitedBy !== "none") ? "fee-match" : "none";
    const limit = (by: LimitedBy, most: bigint) => {
      if (amount <= most) return;
      amount = most;
      limitedBy = by;
    };
    if (excluded.has(prover.prover)) limit("excluded", 0n);
    if (prover.stake < policy.guards.minStake) limit("min-stake", 0n);
    if (policy.id === "capped") limit("stake", stakeCapOf(policy.params, prover.stake));
    return { amount, limitedBy, campaigns };
  });
}

function stakeCapOf(
  { capNumerator, capDenominator }: { readonly capNumerator: bigint; readonly capDenominator: bigint },
  stake: bigint,
): bigint {
  return (stake * capNumerator) / capDenominator;
}

function partsOf(
  { id }: PolicyV2,
  offered: bigint,
  entries: readonly { readonly work: CampaignWork }[],
): bigint[] {
  const works = entries.map(({ work }) => work.work);
  const sum = works.reduce((total, work) => total + work, 0n);
  if (sum === 0n) return works.map(() => 0n);
  return id === "work" ? alloc(offered, works) : works.map((work) => (offered * work) / sum);
}
