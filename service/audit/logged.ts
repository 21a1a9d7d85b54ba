// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";

/** Where a log stands on the chain. */
export interface LogPosition {
  readonly event: string;
  readonly block: bigint;
  readonly transaction: Hex;
  readonly index: number;
}

export type Logged<T> = T & { readonly at: LogPosition };

/** A log's place, from a log as the client decodes it. */
export function positionOf(log: {
  readonly eventName: string;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
  readonly logIndex: number;
}): LogPosition {
  const { eventName: event, blockNumber: block, transactionHash: transaction, logIndex: index } = log;
  return { event, block, transaction, index };
}
