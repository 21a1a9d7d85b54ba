// SPDX-License-Identifier: AGPL-3.0-only
// Amounts, fees, budgets and stakes are in wei; times in seconds; rates in bps, 1/10000; work is wei times bps.

export type Hex = `0x${string}`;
/** Lower-case everywhere inside core and in artifacts. */
export type Address = `0x${string}`;

export interface Exclusion {
  readonly prover: Address;
  readonly reason: string;
}

export interface Guards {
  readonly exclusions: readonly Exclusion[];
  /** λ: an amount never exceeds λ/10000 of the protocol fees that the counted fulfilments brought; null turns it off. */
  readonly feeMatchBps: number | null;
  readonly minStake: bigint;
}

export type PolicyRule =
  | {
      readonly id: "capped";
      readonly params: { readonly capNumerator: bigint; readonly capDenominator: bigint };
    }
  | {
      readonly id: "min-share";
      readonly params: { readonly boostNumerator: bigint; readonly boostDenominator: bigint };
    }
  | { readonly id: "work"; readonly params: Readonly<Record<string, never>> };

/** A part of each budget for the work that some requesters asked for. */
export interface Campaign {
  /** Null: everybody whom no other campaign lists. */
  readonly requesters: readonly ListedRequester[] | null;
  readonly partBps: number;
  /** What a prover is paid at most, in 1/10000 of the counted fees or of their protocol fees; null: no such bound. */
  readonly feeMatch: FeeMatch | null;
}

export interface ListedRequester {
  readonly requester: Address;
  readonly reason: string;
}

export interface FeeMatch {
  readonly of: "protocol-fee" | "fee";
  readonly bps: number;
}

/** A program of a network whose logs carry no multipliers. */
export interface ProgramMultiplier {
  readonly vk: Hex;
  readonly multiplierBps: number;
}

interface Continued {
  /** Where cumulative amounts restart if the leaves of an active root were withheld: the claimed amounts at this block. */
  readonly continuation?: { readonly block: bigint };
}

export type PolicyV1 = PolicyRule & Continued & { readonly version: 1; readonly guards: Guards };

export type PolicyV2 = Exclude<PolicyRule, { readonly id: "min-share" }> &
  Continued & {
    readonly version: 2;
    readonly campaigns: readonly Campaign[];
    readonly guards: Omit<Guards, "feeMatchBps">;
    /** Null where logs carry multipliers, as our market's do. */
    readonly programs: readonly ProgramMultiplier[] | null;
  };

export type Policy = PolicyV1 | PolicyV2;

/** What a prover did in an epoch for the requesters of one campaign. */
export interface CampaignWork {
  /** Its place in the policy's list, from 0. */
  readonly campaign: number;
  readonly fulfilments: number;
  readonly work: bigint;
  readonly fees: bigint;
  /** Σ floor(fee · counted weight / weight). */
  readonly countedFees: bigint;
  readonly protocolFees: bigint;
}

export interface ProverInput {
  readonly prover: Address;
  readonly vault: Address;
  /** Σ counted weight of the epoch's fulfilments. */
  readonly work: bigint;
  /** Active assets, time-weighted over the epoch. */
  readonly stake: bigint;
  readonly fulfilments: number;
  readonly misses: number;
  readonly fees: bigint;
  /** Σ protocol fee of the fulfilments whose counted weight is above 0. */
  readonly protocolFees: bigint;
  readonly commissionBps: number;
  /** Under a policy of version 2 alone: ascending, those in which the prover fulfilled anything. */
  readonly campaigns?: readonly CampaignWork[] | undefined;
}

export interface LeafEntry {
  readonly prover: Address;
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
}

export interface Snapshot {
  readonly number: bigint;
  readonly hash: Hex;
}

export interface Miss {
  readonly prover: Address;
  readonly deadlineEpoch: number;
  readonly requestId: Hex;
}

export interface PreviousRoot {
  readonly root: Hex;
  readonly total: bigint;
  readonly leaves: readonly LeafEntry[];
  /** Set when `leaves` are the claimed amounts at that block, named by the policy, and not the leaves of `root`. */
  readonly claimedAt?: bigint | undefined;
}

export interface EpochInput {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly epoch: number;
  /** Half-open window [start, end) of block timestamps. */
  readonly start: bigint;
  readonly end: bigint;
  readonly snapshot: Snapshot;
  readonly budget: bigint;
  readonly carry: bigint;
  readonly policy: Policy;
  readonly previous: PreviousRoot;
  readonly fulfilments: { readonly count: number; readonly accumulator: Hex };
  readonly misses: readonly Miss[];
  readonly provers: readonly ProverInput[];
}

/** The last step that lowered a prover's amount below its part of the work. */
export type LimitedBy = "none" | "stake" | "fee-match" | "min-stake" | "excluded";

/** What a prover earns by one campaign, before what holds for all campaigns together. */
export interface CampaignReward extends CampaignWork {
  readonly amount: bigint;
  readonly limitedBy: "none" | "fee-match";
}

export interface Row extends ProverInput {
  readonly campaigns?: readonly CampaignReward[] | undefined;
  readonly amount: bigint;
  readonly commission: bigint;
  readonly limitedBy: LimitedBy;
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
}

/** All of a post: what an attestation or a veto refers to, and an auditor signs. */
export interface PostContent {
  readonly epoch: bigint;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly cumulativeTotal: bigint;
  readonly datasetHash: Hex;
  readonly snapshotBlock: bigint;
  readonly snapshotHash: Hex;
}
