// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../../core/types.ts";
import type { Bid, RequestFacts } from "./facts.ts";
import { type LogChain, NO_LOGS } from "./log.ts";
import type { Stats } from "./stats.ts";

/** All that the next logs are understood by, as a page left it; plain, so that it is stored as it is. */
export interface NetworkState {
  readonly provers: Record<Address, ProverState>;
  /** Whose vault it is; of a vault from its creation on. */
  readonly vaults: Record<Address, Address>;
  /** By id, those that are pending. */
  readonly requests: Record<Hex, OpenRequest>;
  readonly configs: EpochConfig[];
  /** The last implementation that each proxy was given. */
  readonly implementations: Record<Address, Address>;
  readonly totals: Totals;
  readonly stats: Stats;
  logs: LogChain;
}

export interface ProverState {
  vault: Address;
  /** The block that its vault was created in. */
  readonly created: number;
  /** The time of its ProverInitialized; null while there is only a vault. */
  joined: number | null;
  left: number | null;
  /** 0 none, 1 active, 2 deactivated, 3 jailed. */
  state: number;
  /** What the token says that the vault holds. */
  assets: bigint;
  /** The part of it that the controller knows of. */
  managed: bigint;
  defaultBps: number;
  /** By source, in bps. */
  rates: Record<Address, number>;
  /** Commission that it has not claimed. */
  commission: bigint;
  unstaking: bigint;
}

export type OpenRequest = { -readonly [Key in keyof Omit<RequestFacts, "bids">]: RequestFacts[Key] } & {
  bids: Bid[];
};

export interface EpochConfig {
  readonly fromEpoch: number;
  readonly fromTime: number;
  readonly length: number;
  readonly maximum: bigint;
}

interface Totals {
  /** The market's rate now. */
  feeBps: number;
  protocolFees: bigint;
  protocolFeesWithdrawn: bigint;
  /** Σ maxFee of the pending requests. */
  escrow: bigint;
  treasury: bigint;
  unstaking: bigint;
  /** What the owner took from the paused controller: it breaks the sum of its balance. */
  recovered: bigint;
}

/** Before the first log. */
export function emptyState(): NetworkState {
  return {
    provers: {},
    vaults: {},
    requests: {},
    configs: [],
    implementations: {},
    totals: {
      feeBps: 0,
      protocolFees: 0n,
      protocolFeesWithdrawn: 0n,
      escrow: 0n,
      treasury: 0n,
      unstaking: 0n,
      recovered: 0n,
    },
    stats: { id: 0, global: {}, provers: {} },
    logs: NO_LOGS,
  };
}

/** The window that the configurations give an epoch: that of the last one that begins at it or before. */
export function windowIn(
  configs: readonly EpochConfig[],
  epoch: number,
): { readonly start: number; readonly end: number; readonly maximum: bigint } | undefined {
  const config = configs.findLast(({ fromEpoch }) => fromEpoch <= epoch);
  if (config === undefined || epoch < 1) return undefined;
  const start = config.fromTime + (epoch - config.fromEpoch) * config.length;
  return { start, end: start + config.length, maximum: config.maximum };
}
