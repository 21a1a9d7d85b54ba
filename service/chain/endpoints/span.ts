// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, type RpcLog } from "viem";
import type { Call } from "./call.ts";
import { EndpointError } from "./fault.ts";

interface RangeFilter {
  readonly fromBlock: string;
  readonly toBlock: string;
}

/** How many parts of a range are asked for at a time, once it is known how long they may be. */
const PARTS = 8;
/** After so many parts as long as may be, longer ones are tried again: limits move with how much the blocks hold. */
const TRY_AGAIN = 64;

/**
 * Reads any range of logs in the largest parts that this endpoint was seen to accept: a refused part is halved. Where
 * the refusal does not say that it was too much, `answers` tells whether the endpoint answers anything at all.
 */
export function learnedSpan(answers: () => Promise<boolean>) {
  let span: bigint | undefined;
  let refused: bigint | undefined;
  let served = 0;
  /** Whether parts of this length are known to be given: until then, one is asked for at a time. */
  let proven = false;

  type Ask = (call: Call) => Promise<RpcLog[]>;

  async function read(call: Call, ask: Ask): Promise<RpcLog[]> {
    const [filter] = call.params as [RangeFilter | { readonly blockHash: string }];
    if ("blockHash" in filter) return ask(call);
    return between(BigInt(filter.fromBlock), BigInt(filter.toBlock), { ...call, params: [filter] }, ask);
  }

  async function between(first: bigint, last: bigint, call: Call, ask: Ask): Promise<RpcLog[]> {
    const logs: RpcLog[][] = [];
    for (let from = first; from <= last; ) {
      const parts: Promise<RpcLog[]>[] = [];
      while (from <= last && parts.length < (proven ? PARTS : 1)) {
        const to = span === undefined || from + span > last ? last : from + span - 1n;
        const reading = part(from, to, call, ask);
        reading.catch(() => undefined);
        parts.push(reading);
        from = to + 1n;
      }
      logs.push(...(await Promise.all(parts)));
    }
    return logs.flat();
  }

  async function part(from: bigint, to: bigint, call: Call, ask: Ask): Promise<RpcLog[]> {
    const [filter] = call.params as [RangeFilter];
    const range = { ...filter, fromBlock: numberToHex(from), toBlock: numberToHex(to) };
    const length = to - from + 1n;
    try {
      const logs = await ask({ ...call, params: [range] });
      grow(length);
      return logs;
    } catch (error) {
      if (!(error instanceof EndpointError) || !error.mayBeTooMuch || length === 1n) throw error;
      if (error.kind !== "too-much" && !(await answers())) throw error;
      shrink(length);
      return between(from, to, call, ask);
    }
  }

  function shrink(length: bigint): void {
    if (refused === undefined || length < refused) refused = length;
    const half = length / 2n;
    if (span === undefined || half < span) span = half;
    served = 0;
    proven = false;
  }

  function grow(length: bigint): void {
    if (span === undefined || length < span) return;
    proven = true;
    const longer = span + span / 8n + 1n;
    if (refused === undefined || longer < refused) span = longer;
    else if (++served >= TRY_AGAIN) {
      served = 0;
      refused = undefined;
    }
  }

  return { read, learned: () => span };
}
