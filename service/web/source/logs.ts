// SPDX-License-Identifier: AGPL-3.0-only
import type { AbiEvent, Address, Client, GetLogsReturnType } from "viem";
import { getLogs } from "viem/actions";

interface Range {
  readonly address: Address | readonly Address[] | undefined;
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
}

/**
 * Logs of one event in ascending order. An endpoint that gives logs of fewer blocks at once is asked for half as many,
 * until it answers. @throws what it says of a single block
 */
export async function logsOf<const Event extends AbiEvent>(
  client: Client,
  event: Event,
  { address, fromBlock, toBlock }: Range,
  args?: { readonly [Name in NonNullable<Event["inputs"][number]["name"]>]?: unknown },
): Promise<GetLogsReturnType<Event, [Event], true>> {
  const found: GetLogsReturnType<Event, [Event], true> = [];
  let span = toBlock - fromBlock + 1n;
  for (let from = fromBlock; from <= toBlock; ) {
    const to = from + span - 1n < toBlock ? from + span - 1n : toBlock;
    try {
      const filter = { event, args, strict: true, fromBlock: from, toBlock: to, ...(address && { address }) };
      found.push(...((await getLogs(client, filter as never)) as typeof found));
      from = to + 1n;
    } catch (error) {
      if (span === 1n) throw error;
      span = (span + 1n) / 2n;
    }
  }
  return found;
}
