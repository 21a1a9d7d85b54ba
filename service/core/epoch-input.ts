// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asAddress, asCount, asHash, asUint, BPS } from "./guard.ts";
import { domainOf } from "./leaf.ts";
import { byDeadlineEpochAndRequest, sortedByProver } from "./order.ts";
import { policyFromJson, policyToJson } from "./policy.ts";
import { buildRewardTree } from "./reward-tree.ts";
import type {
  Address,
  CampaignWork,
  EpochInput,
  LeafEntry,
  Miss,
  Policy,
  PreviousRoot,
  ProverInput,
} from "./types.ts";

/** The input in the one form that all computation starts from: checked, lower-case, every list in its stated order. */
export function checkEpochInput(input: EpochInput): EpochInput {
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
  const policy = policyFromJson(policyToJson(input.policy));
  const provers = checkProvers(input.provers, policy);
  const misses = checkMisses(input.misses, epoch, provers);
  const count = asCount(input.fulfilments.count, "fulfilments.count");
  const counted = provers.reduce((sum, prover) => sum + prover.fulfilments, 0);
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

function checkProvers(provers: readonly ProverInput[], policy: Policy): ProverInput[] {
  const vaults = new Set<Address>();
  const checked = provers.map((prover, i) => {
    const field = `provers[${i}]`;
    const vault = asAddress(prover.vault, `${field}.vault`);
    if (vaults.has(vault)) {
      throw new InputError(
        "duplicate",
        `${field}.vault`,
        `${vault} has two provers`,
        "each prover has its own vault",
      );
    }
    vaults.add(vault);
    const checked = {
      prover: asAddress(prover.prover, `${field}.prover`),
      vault,
      work: asUint(prover.work, `${field}.work`),
      stake: asUint(prover.stake, `${field}.stake`),
      fulfilments: asCount(prover.fulfilments, `${field}.fulfilments`),
      misses: asCount(prover.misses, `${field}.misses`),
      fees: asUint(prover.fees, `${field}.fees`),
      protocolFees: asUint(prover.protocolFees, `${field}.protocolFees`),
      commissionBps: asCount(prover.commissionBps, `${field}.commissionBps`, Number(BPS)),
    };
    const campaigns = checkCampaigns(prover, policy, field);
    return campaigns === undefined ? checked : { ...checked, campaigns };
  });
  return sortedByProver(checked, (prover) => {
    return new InputError("duplicate", "provers", `${prover} is given twice`, "give each prover once");
  });
}

/** What a prover did by campaign: all of it if one campaign is everybody's, or else no more than it did. */
function checkCampaigns(
  { campaigns, ...whole }: ProverInput,
  policy: Policy,
  prover: string,
): CampaignWork[] | undefined {
  const field = `${prover}.campaigns`;
  if (policy.version === 1) {
    if (campaigns === undefined) return undefined;
    throw new InputError("unknown-key", field, "a policy of version 1 has no campaigns", "leave them out");
  }
  if (campaigns === undefined)
    throw new InputError(
      "missing",
      field,
      "missing",
      "give what the prover did by campaign, if it is nothing",
    );
  let before = -1;
  const checked = campaigns.map((work, i): CampaignWork => {
    const at = `${field}[${i}]`;
    const campaign = asCount(work.campaign, `${at}.campaign`, policy.campaigns.length - 1);
    if (campaign <= before)
      throw new InputError("not-canonical", field, "out of order", "give each once, ascending");
    before = campaign;
    const fees = asUint(work.fees, `${at}.fees`);
    return {
      campaign,
      fulfilments: asCount(work.fulfilments, `${at}.fulfilments`, whole.fulfilments, 1),
      work: asUint(work.work, `${at}.work`),
      fees,
      countedFees: asUint(work.countedFees, `${at}.countedFees`, fees),
      protocolFees: asUint(work.protocolFees, `${at}.protocolFees`),
    };
  });
  const all = policy.campaigns.some(({ requesters }) => requesters === null);
  for (const key of ["fulfilments", "work", "fees", "protocolFees"] as const) {
    const sum = checked.reduce((total, work) => total + BigInt(work[key]), 0n);
    const stated = BigInt(whole[key]);
    if (all ? sum !== stated : sum > stated) {
      throw new InputError(
        "mismatch",
        field,
        `their ${key} come to ${sum}, the prover's are ${stated}`,
        "each fulfilment counts in the one campaign of its requester",
      );
    }
  }
  return checked;
}

function checkMisses(misses: readonly Miss[], epoch: number, provers: readonly ProverInput[]): Miss[] {
  const requests = new Set<string>();
  const known = new Set(misses.length === 0 ? [] : provers.map(({ prover }) => prover));
  const perProver = new Map<Address, number>();
  const checked = misses.map((miss, i) => {
    const field = `misses[${i}]`;
    const prover = asAddress(miss.prover, `${field}.prover`);
    const requestId = asHash(miss.requestId, `${field}.requestId`);
    if (!known.has(prover)) throw unknownProver(prover, `${field}.prover`);
    perProver.set(prover, (perProver.get(prover) ?? 0) + 1);
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
  for (const { prover, misses: stated } of provers) {
    const listed = misses.length === 0 ? 0 : (perProver.get(prover) ?? 0);
    if (listed !== stated) {
      throw new InputError(
        "mismatch",
        "misses",
        `${prover} is given ${stated} misses, ${listed} are listed`,
        "a prover's misses are those listed for it",
      );
    }
  }
  return checked.sort(byDeadlineEpochAndRequest);
}

function checkPrevious(input: EpochInput, policy: Policy, provers: readonly ProverInput[]): PreviousRoot {
  const field = "previous";
  const root = asHash(input.previous.root, `${field}.root`);
  const total = asUint(input.previous.total, `${field}.total`);
  // Checks the leaves too: one per prover, nothing at 0, no commission above its amount.
  const tree = buildRewardTree(domainOf(input.chainId, input.distributor), input.previous.leaves);
  const leaves = tree.entries;
  // Both are by address.
  let at = 0;
  for (const { prover } of leaves) {
    while (at < provers.length && (provers[at] as ProverInput).prover < prover) at++;
    if (provers[at]?.prover !== prover) throw unknownProver(prover, `${field}.leaves`);
  }
  if (input.epoch === 0 && (leaves.length > 0 || total > 0n)) {
    throw new InputError("invalid", field, "epoch 0 has a history", "nothing was earned before epoch 0");
  }
  const promised = sumOf(leaves);
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
    if (tree.root !== root) {
      throw new InputError(
        "mismatch",
        `${field}.leaves`,
        `they build ${tree.root}, not ${root}`,
        "give the leaves of the active root; before the first one, no leaves and the domain as root",
      );
    }
    return { root, total, leaves };
  }
  if (policy.continuation?.block !== claimedAt) {
    throw new InputError(
      "mismatch",
      `${field}.claimedAt`,
      `the policy names no continuation at block ${claimedAt}`,
      "claimed amounts replace leaves only at the block in the policy's continuation",
    );
  }
  return { root, total, leaves, claimedAt };
}

function sumOf(leaves: readonly LeafEntry[]): bigint {
  return leaves.reduce((sum, leaf) => sum + leaf.cumulative, 0n);
}

function unknownProver(prover: Address, field: string): InputError {
  return new InputError(
    "unknown-prover",
    field,
    `${prover} is not among the provers`,
    "give every registered prover, idle ones too",
  );
}
