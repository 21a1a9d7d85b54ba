// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, type RpcLog } from "viem";
import type { Call } from "./call.ts";
import { EndpointError } from "./fault.ts";

interface RangeFilter {
  readonly fromBlock: string;
  readonly toBlock: string;
}

/**
 * Reads any range of logs in the largest parts that this endpoint was seen to accept: a refused part is halved, and
 * parts grow again slowly, because providers' limits move with how much the blocks hold.
 */
export function learnedSpan() {
  let span: bigint | undefined;

  async function read(call: Call, ask: (call: Call) => Promise<RpcLog[]>): Promise<RpcLog[]> {
    const [filter] = call.params as [RangeFilter | { readonly blockHash: string }];
    if ("blockHash" in filter) return ask(call);
    const last = BigInt(filter.toBlock);
    const logs: RpcLog[] = [];
    for (let from = BigInt(filter.fromBlock); from <= last; ) {
      const to = span === undefined || from + span > last ? last : from + span - 1n;
      const range = { ...filter, fromBlock: numberToHex(from), toBlock: numberToHex(to) };
      try {
        logs.push(...(await ask({ ...call, params: [range] })));
      } catch (error) {
        if (!(error instanceof EndpointError) || error.kind !== "too-much") throw error;
        span = (to - from + 1n) / 2n;
        continue;
      }
      from = to + 1n;
      if (span !== undefined) span += span / 8n + 1n;
    }
    return logs;
  }
  return { read };
}
