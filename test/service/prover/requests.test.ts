// SPDX-License-Identifier: AGPL-3.0-only
import { createPublicClient, custom, type EIP1193RequestFn, numberToHex } from "viem";
import { expect, test } from "vitest";
import type { System } from "../../../service/chain/system.ts";
import { requestFeed } from "../../../service/prover/requests.ts";
import { auctionLog, bidder, requestId } from "../helpers/auction-log.ts";

const MARKET = bidder(0xf1);
const SECONDS = 12;
const HEAD = 20_000;
/** Blocks of a day, in which bids may be taken. */
const DAY = 86_400 / SECONDS;

/** A market with one request in each of these blocks, and the blocks that were asked for its logs. */
function market(blocks: readonly number[], address = MARKET) {
  const asked: [from: number, to: number][] = [];
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    const [which] = params as [string & { fromBlock: string; toBlock: string }];
    if (method === "eth_getBlockByNumber") {
      const number = which === "latest" ? HEAD : which === "finalized" ? HEAD - 64 : Number(which);
      return { number: numberToHex(number), timestamp: numberToHex(number * SECONDS), transactions: [] };
    }
    const [from, to] = [Number(which.fromBlock), Number(which.toBlock)];
    asked.push([from, to]);
    return blocks
      .filter((block) => block >= from && block <= to)
      .map((blockNumber) => ({
        ...auctionLog(
          { address, blockNumber, logIndex: 0 },
          { name: "Requested", id: requestId(blockNumber) },
        ),
        ...{ blockNumber: numberToHex(blockNumber), logIndex: "0x0" },
      }));
  };
  const client = createPublicClient({
    transport: custom({ request: request as EIP1193RequestFn }, { retryCount: 0 }),
    cacheTime: 0,
  });
  return { asked, feed: requestFeed(client, { market: MARKET, startBlock: 1n } as System) };
}

test("requests of the last day come first, and then those of new blocks, each block once but for the last 12", async () => {
  const { asked, feed } = market([5, HEAD - DAY - 2, HEAD - 700, HEAD, HEAD + 3]);
  const idsAt = async (head: number) => (await feed(BigInt(head))).map(({ id }) => id);
  expect(await idsAt(HEAD)).toEqual([requestId(HEAD - 700), requestId(HEAD)]);
  expect(await idsAt(HEAD + 5)).toEqual([requestId(HEAD), requestId(HEAD + 3)]);
  expect(await idsAt(HEAD + 4)).toEqual([]);
  expect(asked).toEqual([
    [HEAD - DAY - 1, HEAD],
    [HEAD - 11, HEAD + 5],
  ]);
});

test("an endpoint that gives requests of another contract is not believed", async () => {
  const { feed } = market([HEAD - 7], bidder(0xee));
  await expect(feed(BigInt(HEAD))).rejects.toMatchObject({
    code: "inconsistent",
    message: `a log of ${bidder(0xee)} in block ${HEAD - 7} is given that was not asked for`,
  });
});
