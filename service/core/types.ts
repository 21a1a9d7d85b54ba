// SPDX-License-Identifier: AGPL-3.0-only

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

export type Policy = PolicyRule & {
  readonly version: 1;
  readonly guards: Guards;
  /** Where cumulative amounts restart if the leaves of an active root were withheld: the claimed amounts at this block. */
  readonly continuation?: { readonly block: bigint };
};

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

export interface Row extends ProverInput {
  readonly amount: bigint;
  readonly commission: bigint;
  readonly limitedBy: LimitedBy;
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
}
