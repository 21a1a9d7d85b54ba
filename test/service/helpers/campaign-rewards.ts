// SPDX-License-Identifier: AGPL-3.0-only
import { rewardByCampaign } from "../../../service/core/campaigns.ts";
import { ProverTable } from "../../../service/core/prover-table.ts";
import type { CampaignReward, LimitedBy, PolicyV2, ProverInput } from "../../../service/core/types.ts";

/** What the job gives each of some provers, in the order of their addresses. */
export function campaignRewards(
  policy: PolicyV2,
  budget: bigint,
  provers: readonly ProverInput[],
): { amount: bigint; limitedBy: LimitedBy; campaigns: readonly CampaignReward[] }[] {
  const table = new ProverTable(policy);
  // Some tests say only what was done by campaign.
  for (const prover of provers) table.add({ ...prover, fulfilments: Number.MAX_SAFE_INTEGER });
  rewardByCampaign(policy, budget, table);
  return provers.map((_, position) => ({
    amount: table.amount(position),
    limitedBy: table.limitedBy(position),
    campaigns: table.campaignRewards(position) ?? [],
  }));
}
