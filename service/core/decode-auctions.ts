// SPDX-License-Identifier: AGPL-3.0-only
import type { AuctionEvent, Logged } from "./chain-event.ts";
import { address, data, decodeBy, type Layouts, uint, word } from "./log-words.ts";
import { type LogReader, WORD } from "./packed-logs.ts";
import type { Address, Hex } from "./types.ts";

const ID = WORD;
/** The words of a request's parameters, behind the offset that leads to them and the request's lock and bond. */
const PARAMETERS = 3;
/** Up to the length of its last argument, which is a text. */
const REQUESTED_WORDS = 12;

const LAYOUTS: Layouts<AuctionEvent> = {
  "0x8e7c9389cfe74097115fcbcdd7cce1954eccf7f379b4f7ecac9e09fc4b318a07": {
    name: "Requested",
    topics: 4,
    words: REQUESTED_WORDS,
    dynamic: true,
    read: (log) => ({
      name: "Requested",
      id: word(log, ID),
      requester: address(log, 2),
      lockAmount: uint(log, data(1)),
      bond: uint(log, data(2)),
      programKey: word(log, data(PARAMETERS)),
      publicValuesDigest: word(log, data(PARAMETERS + 1)),
      verifierVersion: uint(log, data(PARAMETERS + 2)),
      maxFee: uint(log, data(PARAMETERS + 3)),
      minStake: uint(log, data(PARAMETERS + 4)),
      commitDuration: uint(log, data(PARAMETERS + 5)),
      revealDuration: uint(log, data(PARAMETERS + 6)),
      deadline: uint(log, data(PARAMETERS + 7)),
      inputUri: log.bytes.slice(
        data(REQUESTED_WORDS + 1),
        data(REQUESTED_WORDS + 1) + Number(uint(log, data(REQUESTED_WORDS))),
      ),
    }),
  },
  "0x9492d0560f824710c5ababaca99d270c0c644c10561fe4c8d60e4e47a03f2d0c": {
    ...{ name: "Committed", topics: 3, words: 2 },
    read: (log) => ({ name: "Committed", ...bid(log), order: uint(log, data(1)) }),
  },
  "0xb3dbfb45ff244eb0ce1baf05082bcb67b53543dec378e5ab1be99c4713120277": {
    ...{ name: "Revealed", topics: 3, words: 2 },
    read: (log) => ({
      ...{ name: "Revealed", ...bid(log) },
      fee: uint(log, data(0)),
      leads: uint(log, data(1)) !== 0n,
    }),
  },
  "0x854c17f532edcef160bda03149cb791ef99da3d1091304c1b9fe7541194b49fa": {
    ...{ name: "BondForfeited", topics: 3, words: 1 },
    read: (log) => ({ name: "BondForfeited", ...bid(log), slashed: uint(log, data(0)) }),
  },
  "0xbaa1eb22f2a492ba1a5fea61b8df4d27c6c8b5f3971e63bb58fa14ff72eedb70": {
    ...{ name: "Cancelled", topics: 2, words: 0 },
    read: (log) => ({ name: "Cancelled", id: word(log, ID) }),
  },
  "0x1d9989404a7bbcbc5c7ea21ef74be48ecbfd3c13d2d67924032a2148e8e921cf": {
    ...{ name: "Closed", topics: 2, words: 1 },
    read: (log) => ({ name: "Closed", id: word(log, ID), status: uint(log, data(0)) }),
  },
};

/** The first topics of the events that auctions are followed by. */
export const AUCTION_TOPICS = Object.keys(LAYOUTS) as readonly Hex[];

/**
 * The events of requests and bids among packed logs, in chain order; what else is there is passed over.
 * @throws InputError for a log that is not laid out as its event is.
 */
export function decodeAuctions(packed: Uint8Array): Generator<Logged<AuctionEvent>> {
  return decodeBy(LAYOUTS, packed);
}

function bid(log: LogReader): { readonly id: Hex; readonly prover: Address } {
  return { id: word(log, ID), prover: address(log, 2) };
}
