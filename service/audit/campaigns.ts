// SPDX-License-Identifier: AGPL-3.0-only
import type {
  Address,
  Campaign,
  CampaignReward,
  CampaignWork,
  LimitedBy,
  PolicyV2,
  ProverInput,
} from "../core/types.ts";
import type { Fulfilled } from "./derive.ts";
import { type Award, spreadRest, sum } from "./policy.ts";

/**
 * What each prover gets of a budget in wei, in the order given (SPEC, 6.1): campaign by campaign, then what holds for
 * their sum. Every step rounds down.
 */
export function awardsByCampaign(
  policy: PolicyV2,
  budget: bigint,
  provers: readonly ProverInput[],
): (Award & { readonly campaigns: readonly CampaignReward[] })[] {
  const won = new Map<ProverInput, CampaignReward[]>(provers.map((prover) => [prover, []]));
  for (const [number, { partBps, feeMatch }] of policy.campaigns.entries()) {
    const offered = (budget * BigInt(partBps)) / 10_000n;
    const workers = provers.flatMap((prover) => {
      const own = prover.campaigns?.find(({ campaign }) => campaign === number);
      return own === undefined ? [] : [{ ...prover, ...own, by: prover, own }];
    });
    const total = sum(workers.map(({ work }) => work));
    const shares = workers.map(({ work }) => (total === 0n ? 0n : (offered * work) / total));
    if (policy.id === "work" && total > 0n) spreadRest(offered, total, workers, shares);
    for (const [i, { by, own }] of workers.entries()) {
      let reward: CampaignReward = { ...own, amount: shares[i] ?? 0n, limitedBy: "none" };
      if (feeMatch !== null) {
        const matched = feeMatch.of === "fee" ? own.countedFees : own.protocolFees;
        const limit = (matched * BigInt(feeMatch.bps)) / 10_000n;
        if (limit < reward.amount) reward = { ...reward, amount: limit, limitedBy: "fee-match" };
      }
      won.get(by)?.push(reward);
    }
  }
  const excluded = new Set(policy.guards.exclusions.map((exclusion) => exclusion.prover));
  return provers.map((prover) => {
    const campaigns = won.get(prover) ?? [];
    const limits: [LimitedBy, bigint][] = [];
    if (excluded.has(prover.prover)) limits.push(["excluded", 0n]);
    if (prover.stake < policy.guards.minStake) limits.push(["min-stake", 0n]);
    if (policy.id === "capped") {
      limits.push(["stake", (prover.stake * policy.params.capNumerator) / policy.params.capDenominator]);
    }
    let amount = sum(campaigns.map((reward) => reward.amount));
    let limitedBy: LimitedBy = campaigns.some((reward) => reward.limitedBy === "fee-match")
      ? "fee-match"
      : "none";
    for (const [name, limit] of limits) if (limit < amount) [amount, limitedBy] = [limit, name];
    return { amount, limitedBy, campaigns };
  });
}

/**
 * A fulfilment counts in the campaign that lists its requester, or in the one that is for everybody else. `done` is the
 * caller's own: its works are added to.
 */
export function addToCampaign(
  campaigns: readonly Campaign[],
  done: readonly CampaignWork[],
  { requester, fee, protocolFee, weight, countedWeight }: Fulfilled,
): readonly CampaignWork[] {
  const { listed, everybody } = numbersOf(campaigns);
  const campaign = listed.get(requester) ?? everybody;
  if (campaign < 0) return done;
  let own: Mutable<CampaignWork> | undefined = done.find((work) => work.campaign === campaign);
  let works = done;
  if (own === undefined) {
    own = { campaign, fulfilments: 0, work: 0n, fees: 0n, countedFees: 0n, protocolFees: 0n };
    works = [...done, own].sort((a, b) => a.campaign - b.campaign);
  }
  own.fulfilments += 1;
  own.work += countedWeight;
  own.fees += fee;
  own.countedFees += weight > 0n ? (fee * countedWeight) / weight : 0n;
  if (countedWeight > 0n) own.protocolFees += protocolFee;
  return works;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Numbers {
  readonly listed: ReadonlyMap<Address, number>;
  /** -1: whoever is not listed counts in none. */
  readonly everybody: number;
}

/** Made once for each policy. */
const known = new WeakMap<readonly Campaign[], Numbers>();

function numbersOf(campaigns: readonly Campaign[]): Numbers {
  let numbers = known.get(campaigns);
  if (numbers === undefined) {
    const listed = campaigns.flatMap(({ requesters }, i) =>
      (requesters ?? []).map(({ requester }) => [requester, i] as const),
    );
    const everybody = campaigns.findIndex(({ requesters }) => requesters === null);
    numbers = { listed: new Map(listed), everybody };
    known.set(campaigns, numbers);
  }
  return numbers;
}
