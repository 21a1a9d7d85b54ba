// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "viem";
import { askForLogs } from "../chain/ask-for-logs.ts";
import { isTooMuch } from "../chain/errors.ts";
import type { Address } from "../core/types.ts";
import type { Session } from "./session.ts";

/** What an endpoint refuses of fewer blocks than this, it refuses. */
const SHORTEST = 1_000n;

type Filter = readonly [selector: Hex, indexed: readonly (readonly Hex[] | null)[]];

/**
 * Logs of one contract and kind, with some indexed values; of any span: in halves, where an endpoint will not give it
 * whole.
 * @throws ChainError if they cannot be read
 */
export async function logsOf(
  session: Pick<Session, "chain">,
  address: Address,
  filter: Filter,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<{ topics: readonly Hex[]; data: Hex }[]> {
  const [selector, indexed] = filter;
  try {
    return await askForLogs(session.chain.client, { fromBlock, toBlock }, [address], [selector], indexed);
  } catch (error) {
    if (toBlock - fromBlock < SHORTEST || !isTooMuch(error)) throw error;
    const middle = (fromBlock + toBlock) / 2n;
    const halves = [
      logsOf(session, address, filter, fromBlock, middle),
      logsOf(session, address, filter, middle + 1n, toBlock),
    ];
    return (await Promise.all(halves)).flat();
  }
}
