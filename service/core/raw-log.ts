// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "./types.ts";

/** A log as an endpoint gives it; hexadecimal digits in lower case, whole numbers below 2^53. */
export interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: number;
  readonly logIndex: number;
  /** Of a log that does not say it itself, its block's time in seconds, if that is known. */
  readonly time?: number | undefined;
  /** The hash of its transaction, likewise. */
  readonly transaction?: Hex | undefined;
}
