// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "viem";
import type { Summary } from "../../core/summary.ts";

/** Of which block something is, by whose word. Times are in seconds. */
export interface Point {
  readonly block: bigint;
  readonly time: bigint;
  readonly source: "api" | "chain";
}

interface Dated<T> {
  readonly at: Point;
  readonly value: T;
}

/** Undefined: this source does not give it. Amounts are in wei, rates in basis points. */
export interface ProverRow {
  readonly prover: Address;
  readonly vault: Address;
  readonly state: "active" | "inactive" | "jailed";
  readonly stake: bigint;
  readonly selfStake?: bigint | undefined;
  readonly locked: bigint;
  readonly free: bigint;
  /** Assets of 1e18 shares. */
  readonly sharePrice?: bigint | undefined;
  /** Of exits that wait: it can be slashed, too. */
  readonly unbonding?: bigint | undefined;
  /** What the vault still takes. */
  readonly room?: bigint | undefined;
  readonly commission: { readonly fees?: number | undefined; readonly rewards: number };
  /** A rate of the future that was announced. */
  readonly announced?: readonly Announced[] | undefined;
  readonly onTimeBps?: number | null | undefined;
  readonly fulfilments?: number | undefined;
  readonly misses?: number | undefined;
  readonly open?: number | undefined;
  readonly registeredAt: bigint;
  readonly returns?: readonly Return[] | undefined;
}

export interface Announced {
  readonly of: "fees" | "rewards";
  readonly bps: number;
  readonly at: bigint;
}

/** What a share gained in a window that ends now. */
export interface Return {
  /** 0: since it registered. */
  readonly days: number;
  /** A part of 1. */
  readonly ratio: number;
  /** The same a year; null: the window holds fewer than four epochs. */
  readonly annual: number | null;
  readonly from: bigint;
  readonly to: bigint;
  /** Whole ones in it. */
  readonly epochs: number;
  /** To all stakers, after commission. */
  readonly fees: bigint;
  readonly rewards: bigint;
  readonly slashed: bigint;
}

export interface ProverDetail extends ProverRow {
  readonly payout?: Address | undefined;
  readonly unvested?: bigint | undefined;
  readonly vestingEnd?: bigint | undefined;
  readonly commissionOwed?: bigint | undefined;
  readonly claimed?: bigint | undefined;
  readonly epochs?: readonly EpochRecord[] | undefined;
  readonly prices?: readonly PricePoint[] | undefined;
  readonly slashes?: readonly SlashRecord[] | undefined;
  readonly assignments?: readonly Assignment[] | undefined;
}

export interface EpochRecord {
  readonly epoch: number;
  readonly fulfilments: number;
  readonly misses: number;
  readonly onTimeBps: number | null;
  readonly work: bigint;
  readonly fees: bigint;
  readonly protocolFees: bigint;
  readonly stake: bigint;
  readonly running?: boolean | undefined;
  /** What its foundation's reward came to; undefined: it is not posted, or this source cannot tell. */
  readonly reward?: bigint | undefined;
  readonly commission?: bigint | undefined;
  readonly limitedBy?: string | undefined;
}

export interface PricePoint {
  readonly time: bigint;
  readonly price: bigint;
  readonly stake: bigint;
}

export interface SlashRecord {
  readonly time: bigint | undefined;
  readonly block: bigint;
  readonly amount: bigint;
  readonly fromUnbonding: bigint;
  readonly cause: string;
  readonly request: Hex | undefined;
}

interface Assignment {
  readonly id: Hex;
  readonly deadline: bigint;
  readonly locked?: bigint | undefined;
  readonly price?: bigint | undefined;
}

export interface EpochRow {
  readonly epoch: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly status: "pending" | "active" | "superseded" | "vetoed" | "running" | "unposted";
  readonly postNumber?: bigint | undefined;
  readonly root?: Hex | undefined;
  readonly cumulativeTotal?: bigint | undefined;
  readonly datasetHash?: Hex | undefined;
  readonly snapshot?: { readonly block: bigint; readonly hash: Hex } | undefined;
  readonly claimableAt?: bigint | undefined;
  readonly quorum?: number | undefined;
  readonly budget?: bigint | undefined;
  /** Of the epoch's last root. */
  readonly attestedBy?: readonly Act[] | undefined;
}

export interface EpochDetail extends EpochRow {
  readonly attestations?: number | undefined;
  readonly vetoedBy?: readonly Act[] | undefined;
  readonly result?: Summary | undefined;
}

export interface Act {
  readonly by: Address;
  readonly postNumber?: bigint | undefined;
  readonly time?: bigint | undefined;
  readonly block?: bigint | undefined;
  readonly transaction?: Hex | undefined;
}

/** What an address has in one vault. Undefined: this source cannot tell. */
export interface Position {
  readonly prover: Address;
  readonly vault: Address;
  readonly shares: bigint;
  /** What an exit would be priced at now. */
  readonly worth: bigint;
  readonly putIn?: bigint | undefined;
  readonly takenOut?: bigint | undefined;
  readonly gained?: bigint | undefined;
  /** What its shares will be worth besides, once all rewards have vested. */
  readonly vesting?: bigint | undefined;
  /** What of its gain, up or down, may be roundings alone. */
  readonly rounding?: bigint | undefined;
  readonly exits: readonly ExitRow[];
}

/** Until it is claimed all of it can be slashed. */
export interface ExitRow {
  readonly number: bigint;
  readonly shares: bigint;
  readonly worth: bigint;
  readonly priced?: bigint | undefined;
  readonly requestedAt?: bigint | undefined;
  /** The first second in which it may be claimed. */
  readonly dueAt: bigint;
}

interface ProverQuery {
  readonly sort: string;
  readonly descending: boolean;
  readonly search: string;
  readonly after?: string | undefined;
}

export interface ProverPage {
  readonly at: Point;
  readonly rows: readonly ProverRow[];
  readonly next: string | undefined;
  readonly total: number | undefined;
}

export interface Foundation {
  readonly currentEpoch: number;
  readonly nextEpoch: number;
  readonly budget?: bigint | undefined;
  readonly carry: bigint;
  readonly funds: bigint;
  readonly promised: bigint;
  readonly surplus: bigint;
  readonly shortfall: bigint;
  readonly totalClaimed: bigint;
  /** null: there is no end to it. */
  readonly runway?: number | null | undefined;
  readonly due: readonly Due[];
  readonly segments?: readonly Segment[] | undefined;
  readonly auditors?: readonly Address[] | undefined;
  readonly auditorCount?: number | undefined;
  readonly publisher?: Address | undefined;
  readonly quorum?: number | undefined;
  readonly window?: bigint | undefined;
}

export interface Due {
  readonly kind: "post" | "repost" | "window" | "attestations" | "wait";
  readonly epoch: number;
  readonly until: bigint | undefined;
  readonly missing: number | undefined;
}

export interface Segment {
  readonly fromEpoch: number;
  readonly toEpoch?: number | undefined;
  readonly state?: "past" | "running" | "next" | "replaced" | undefined;
  readonly budget: bigint;
  readonly policyHash: Hex;
  /** Its JSON. */
  readonly policy?: string | undefined;
}

/** What a prover claims with. */
export interface Claim {
  readonly prover: Address;
  readonly epoch: number;
  readonly root: Hex;
  readonly status: "pending" | "active";
  readonly claimableFrom: bigint;
  readonly attestations: number;
  readonly quorum: number;
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
  readonly claimed: bigint;
  readonly claimable: bigint;
  readonly merkleProof: readonly Hex[];
}

export interface RequestRow {
  readonly id: Hex;
  readonly requester: Address;
  readonly state: string;
  readonly createdAt?: bigint | undefined;
  readonly maxFee: bigint;
  readonly price?: bigint | undefined;
  readonly prover?: Address | undefined;
  readonly deadline: bigint;
  readonly bids?: number | undefined;
}

/** What can be paused: as the vaults see it. */
export interface Pause {
  readonly level: "none" | "deposits" | "deposits and exits";
  /** When exit requests go on. */
  readonly exitsUntil: bigint;
}

export interface RequestPage {
  readonly at: Point;
  readonly rows: readonly RequestRow[];
  readonly next: string | undefined;
}

/** Everything that the screens show; a method that a source cannot answer says so by its absence. */
export interface Source {
  readonly kind: "api" | "chain";
  readonly head: () => Promise<Point>;
  /** All, and before that what has come so far. */
  readonly provers?:
    | ((
        onPage: (rows: readonly ProverRow[], at: Point) => void,
        signal: AbortSignal,
      ) => Promise<Dated<readonly ProverRow[]>>)
    | undefined;
  /** The columns that a page can be sorted by. */
  readonly sorts?: readonly string[];
  /** A page of those that are searched for, sorted where they are kept. */
  readonly proverPage?: ((query: ProverQuery, signal: AbortSignal) => Promise<ProverPage>) | undefined;
  readonly prover: (address: Address) => Promise<Dated<ProverDetail> | null>;
  readonly epochs: () => Promise<Dated<readonly EpochRow[]>>;
  readonly epoch: (epoch: number) => Promise<Dated<EpochDetail> | null>;
  readonly foundation: () => Promise<Dated<Foundation>>;
  readonly positions: (address: Address) => Promise<Dated<readonly Position[]>>;
  readonly claim?: ((prover: Address, root: "active" | "latest") => Promise<Claim | null>) | undefined;
  readonly requests?:
    | ((before: string | undefined, which: "all" | "open" | "ended") => Promise<RequestPage>)
    | undefined;
  readonly artifactUrl?: ((epoch: number) => string) | undefined;
}
