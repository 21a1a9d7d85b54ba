// SPDX-License-Identifier: AGPL-3.0-only
import type { ChainError } from "../chain/errors.ts";
import type { LogPage, PageReader } from "../chain/pages.ts";
import type { RawLog } from "../core/raw-log.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Position } from "../store/deployment.ts";

/** A half-open interval of block timestamps, in seconds. */
interface Window {
  readonly start: bigint;
  readonly end: bigint;
}

/** Which timestamps an epoch has. Windows may differ in length, and those that nothing depends on yet may change. */
export interface Clock {
  readonly firstEpoch: number;
  /** Undefined for an epoch that nobody has given a window. */
  readonly windowOf: (epoch: number) => Window | undefined;
  /** Undefined for a timestamp in no epoch. */
  readonly epochOf: (timestamp: bigint) => number | undefined;
}

/** What can be made of an epoch's rewards: our distributor's root, or what another network's contract takes. */
type Output = "distributor" | "epoch-rewards";

/**
 * A prover network as the service reads it: its own, or another one whose contracts are deployed. Logs become facts once,
 * in `store`; everything else takes what is in the database. README.md says how another one is added.
 */
export interface Network<Log extends RawLog = RawLog> {
  readonly name: "provender" | "provernet";
  readonly token: Address;
  /** The first block whose logs are read. */
  readonly startBlock: bigint;
  readonly outputs: readonly Output[];
  readonly clock: () => Promise<Clock>;
  /** Asks for the logs that matter, page by page; a new one for each time that the position was moved by somebody else. */
  readonly reader: () => Promise<PageReader<Log>>;
  /**
   * Folds a page into facts and stores both, as a whole or not at all; "behind" if it does not continue what is stored.
   * @throws InconsistentLogs, InputError if the logs contradict themselves
   */
  readonly store: (page: LogPage<Log>, parentHash: Hex | undefined) => Promise<Position | "behind">;
  /** As if what came after the block had never been read; what is left may end earlier. */
  readonly rollBack: (toBlock: bigint) => Promise<Position | undefined>;
  /** The first thing that state at the position, the synced block, says otherwise than the facts; undefined if they agree. */
  readonly verify: (position: Position) => Promise<ChainError | "behind" | undefined>;
  /** What nothing follows from once a block is final. */
  readonly forget: (finalized: bigint) => Promise<void>;
}
