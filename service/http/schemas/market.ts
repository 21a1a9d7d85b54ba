// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import { AddressText, Checksummed, Decimal, EXAMPLE, Hash, Nullable, OneOf, Point } from "./common.ts";

const MAX_PAGE = 100;
export const STATES = [
  "committing",
  "revealing",
  "assigned",
  "overdue",
  "unassigned",
  "fulfilled",
  "missed",
  "closed",
  "cancelled",
  "withdrawn",
] as const;

const Time = (description: string) => Nullable(Type.String({ examples: ["1764032400"] }), description);

export const RequestParams = Type.Object({
  id: Type.String({ pattern: "^0x[0-9a-fA-F]{64}$", examples: [EXAMPLE.root] }),
});

export const RequestsQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 20, description: "Requests a page" }),
  before: Type.Optional(
    Type.String({
      pattern: "^0x[0-9a-fA-F]{64}$",
      description: "Only requests before this one: the `next` of the page before",
      examples: [EXAMPLE.root],
    }),
  ),
  which: OneOf(["all", "open", "ended"], { default: "all", description: "open: not ended" }),
  requester: Type.Optional(AddressText),
  prover: Type.Optional(AddressText),
});

const Bid = Type.Object({
  prover: Checksummed("Who bids", EXAMPLE.prover),
  order: Decimal("Decides ties: the lower wins", "1"),
  state: OneOf(["sealed", "revealed", "forfeited"], {
    description: "forfeited: it was not revealed",
    examples: ["revealed"],
  }),
  fee: Nullable(
    Type.String({ examples: ["90000000000000000000"] }),
    "What it asks, in wei; null: it is sealed",
  ),
  slashed: Nullable(
    Type.String({ examples: ["0"] }),
    "What the forfeit took, in wei; null: it is not forfeited",
  ),
});

const RequestFields = {
  id: Hash("The request's id", EXAMPLE.root),
  requester: Checksummed("Who asks", EXAMPLE.prover),
  programKey: Hash("What is to be proven", EXAMPLE.datasetHash),
  publicValuesDigest: Hash("Of the public values", EXAMPLE.blockHash),
  verifierVersion: Decimal("Which verifier decides", "1"),
  inputUri: Type.String({
    description: "Where its input is, as the requester says",
    examples: ["ipfs://bafy"],
  }),
  maxFee: Decimal("The most that it pays, in wei", "100000000000000000000"),
  minStake: Decimal("The least collateral that the winner must lock", "0"),
  lock: Decimal("What the winner locks", "100000000000000000000"),
  bond: Decimal("What each bid locks until it is revealed", "1000000000000000000"),
  block: Decimal("The block that it came in", "21843765"),
  createdAt: Time("That block's time, in seconds; null: the endpoint did not say it"),
  commitEnd: Time("The last second in which bids are taken; null: as above"),
  revealEnd: Time("The last second in which they are revealed; null: as above"),
  deadline: Decimal("The last second for its proof", "1764039600"),
  state: OneOf([...STATES], {
    description:
      "committing, revealing: the auction runs. assigned: its prover works. overdue: the deadline is over, and nobody ended it. unassigned: nobody revealed a bid, and nobody closed it. The others are final",
    examples: ["fulfilled"],
  }),
  prover: Nullable(
    Type.String({ examples: [EXAMPLE.prover] }),
    "Who leads while bids are revealed, and who is assigned afterwards; null: nobody",
  ),
  price: Nullable(
    Type.String({ examples: ["90000000000000000000"] }),
    "What the prover is paid: the second-lowest fee revealed, or its own if alone; null: there is no bid revealed",
  ),
  protocolFee: Nullable(
    Type.String({ examples: ["9000000000000000000"] }),
    "What of it went to the protocol; null: it is not fulfilled",
  ),
  slashed: Nullable(
    Type.String({ examples: ["100000000000000000000"] }),
    "What the miss cost the prover's vault; null: it is not missed",
  ),
  ended: Nullable(
    Type.Object({
      block: Decimal("Its block", "21843799"),
      time: Time("That block's time; null: it is not known"),
    }),
    "When it ended; null: it has not",
  ),
  bids: Type.Array(Bid, { description: "In their order" }),
};

export const MarketRequest = Type.Object(
  { synced: Point, ...RequestFields },
  { $id: "Request", description: "A request, its bids, and what became of it" },
);

export const MarketRequests = Type.Object(
  {
    synced: Point,
    requests: Type.Array(Type.Object(RequestFields), { description: "The newest first" }),
    next: Nullable(
      Type.String({ examples: [EXAMPLE.root] }),
      "`before` for the next page; null on the last one",
    ),
  },
  { $id: "Requests", description: "A page of requests" },
);

export const Assignment = Type.Object({
  id: Hash("The request's id", EXAMPLE.root),
  price: Decimal("What it pays, in wei", "90000000000000000000"),
  lock: Decimal("What a miss costs at most", "100000000000000000000"),
  deadline: Decimal("The last second for its proof", "1764039600"),
});
