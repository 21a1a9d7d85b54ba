// SPDX-License-Identifier: AGPL-3.0-only
import type { AbiEvent, Address, BaseError, Client, GetLogsReturnType } from "viem";
import { getLogs } from "viem/actions";
import { isUnanswered } from "../endpoint.ts";

interface Range {
  readonly address: Address | readonly Address[] | undefined;
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
}

/** Of how many blocks each endpoint gave logs at once, where it refused those of more. */
const spans = new WeakMap<Client, bigint>();

/**
 * Logs of one event in ascending order. An endpoint that gives logs of fewer blocks at once is asked for half as many,
 * until it answers, and for no more later. @throws what it says of a single block, or that it does not answer at all
 */
export async function logsOf<const Event extends AbiEvent>(
  client: Client,
  event: Event,
  { address, fromBlock, toBlock }: Range,
  args?: { readonly [Name in NonNullable<Event["inputs"][number]["name"]>]?: unknown },
): Promise<GetLogsReturnType<Event, [Event], true>> {
  const found: GetLogsReturnType<Event, [Event], true> = [];
  let span = spans.get(client) ?? toBlock - fromBlock + 1n;
  for (let from = fromBlock; from <= toBlock; ) {
    const to = from + span - 1n < toBlock ? from + span - 1n : toBlock;
    try {
      const filter = { event, args, strict: true, fromBlock: from, toBlock: to, ...(address && { address }) };
      found.push(...((await getLogs(client, filter as never)) as typeof found));
      from = to + 1n;
    } catch (error) {
      const asked = to - from + 1n;
      if (asked === 1n || isUnanswered(error as BaseError)) throw error;
      span = (asked + 1n) / 2n;
      spans.set(client, span);
    }
  }
  return found;
}
