// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { getAbiItem, toEventSelector } from "viem";
import { beforeAll, expect, test } from "vitest";
import { iProofMarketAbi } from "../../../service/chain/abi.ts";
import type { AuctionEvent } from "../../../service/core/chain-event.ts";
import { AUCTION_TOPICS, decodeAuctions } from "../../../service/core/decode-auctions.ts";
import { EVENT_TOPICS } from "../../../service/core/decode-logs.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import { auctionLog, bidder, requestId } from "../helpers/auction-log.ts";

const NAMES = ["Requested", "Committed", "Revealed", "BondForfeited", "Cancelled", "Closed"] as const;
const PLACE = { address: bidder(0xf1), blockNumber: 7, logIndex: 3 };

beforeAll(initKeccak);

const decode = (log: RawLog) => Array.from(decodeAuctions(packLogs([log])));

const uint = fc.bigInt(0n, 2n ** 256n - 1n);
const word = fc.nat().map(requestId);
const anyone = fc.nat().map(bidder);
const uri = fc.string({ maxLength: 80 }).map((text) => new TextEncoder().encode(text));
const anyEvent: fc.Arbitrary<AuctionEvent> = fc.oneof(
  fc.record({
    ...{ name: fc.constant("Requested" as const), id: word, requester: anyone, programKey: word },
    ...{ publicValuesDigest: word, verifierVersion: uint, maxFee: uint, minStake: uint, lockAmount: uint },
    ...{ bond: uint, commitDuration: uint, revealDuration: uint, deadline: uint, inputUri: uri },
  }),
  fc.record({ name: fc.constant("Committed" as const), id: word, prover: anyone, order: uint }),
  fc.record({
    ...{ name: fc.constant("Revealed" as const), id: word, prover: anyone, fee: uint, leads: fc.boolean() },
  }),
  fc.record({ name: fc.constant("BondForfeited" as const), id: word, prover: anyone, slashed: uint }),
  fc.record({ name: fc.constant("Cancelled" as const), id: word }),
  fc.record({ name: fc.constant("Closed" as const), id: word, status: fc.bigInt(0n, 6n) }),
);

test("the events of auctions are asked for by their own signatures, and by no others", () => {
  const selectors = NAMES.map((name) => toEventSelector(getAbiItem({ abi: iProofMarketAbi, name })));
  expect([...AUCTION_TOPICS].sort()).toEqual([...selectors].sort());
  expect(AUCTION_TOPICS.filter((topic) => EVENT_TOPICS.includes(topic))).toEqual([]);
});

test("an auction's log that viem writes is read as what it was written from, whatever its input is called", () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      expect(decode(auctionLog(PLACE, event))).toEqual([{ ...PLACE, event }]);
    }),
    { numRuns: 200 },
  );
});

test("an auction's log with a word or a topic too few is refused by the event's name", () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const log = auctionLog(PLACE, event);
      const message = new RegExp(`log 3 of block 7: ${event.name} with`);
      expect(() => decode({ ...log, topics: log.topics.slice(0, -1) })).toThrow(message);
      expect(() => decode({ ...log, data: `${log.data}${"00".repeat(32)}` })).toThrow(message);
    }),
    { numRuns: 30 },
  );
});
