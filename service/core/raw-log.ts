// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "./types.ts";

/** A log as an endpoint gives it; small hexadecimal digits, whole numbers below 2^53. */
export interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: number;
  readonly logIndex: number;
}
