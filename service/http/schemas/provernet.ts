// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import { Bps, Checksummed, Count, Decimal, EXAMPLE, Hash, Nullable, Point } from "./common.ts";

const ReadUpTo = {
  block: Decimal("The last final block whose logs are read", "21843765"),
  hash: Hash("Its hash", EXAMPLE.blockHash),
};
const Seconds = (description: string) => Type.Integer({ minimum: 0, description, examples: [1_764_028_800] });
const Wei = (description: string) => Decimal(description, "7000000000000000000");
const Contract = (description: string) => Checksummed(description, EXAMPLE.distributor);

export const OtherHealth = Type.Object(
  { status: Type.Literal("ok") },
  { $id: "Health", description: "The process answers" },
);

export const OtherReadiness = Type.Object(
  {
    status: Type.Enum(["ready", "not-ready"], { type: "string" }),
    trouble: Type.Optional(Type.String({ description: "Why it is not", examples: ["nothing is read yet"] })),
  },
  { $id: "Readiness", description: "Whether the last reading came through" },
);

export const OtherStatus = Type.Object(
  {
    network: Type.Literal("provernet"),
    chainId: Decimal("The chain", "8453"),
    contracts: Type.Object({
      stakingController: Contract("Its StakingController"),
      market: Contract("Its BrevisMarket"),
      vaultFactory: Contract("Who makes vaults"),
      token: Contract("What is staked and paid"),
      epochRewards: Nullable(Contract("Who pays"), "null: it is not known, and there are no epochs"),
    }),
    readUpTo: Nullable(
      Type.Object({ ...ReadUpTo, time: Decimal("Its time, in seconds", "1764032400") }),
      "null: nothing is read yet",
    ),
    head: Nullable(Point, "The chain's last block, of which nothing is read before it is final"),
    epochs: Type.Array(
      Type.Object({
        epoch: Count("Its number, from 1", 7),
        start: Seconds("Its first second"),
        end: Seconds("The first second after it"),
        maxEpochReward: Wei("The most that its rewards may come to, in wei"),
        settled: Type.Boolean({ description: "Rewards are set: its window stands" }),
        over: Type.Boolean({ description: "It ended by the last block read" }),
      }),
      { description: "The latest that have begun, the oldest first" },
    ),
    notVouched: Type.Array(Type.String({ examples: ["which part of what a vault holds was donated"] }), {
      description: "What no state vouches for",
    }),
  },
  { $id: "Status", description: "How far is read, and which epochs there are" },
);

const Rates = Type.Object({
  beforeStart: Bps("By the changes before the epoch", 500),
  atStart: Bps("By those of its first second too", 500),
});

const Figures = Type.Object({
  vault: Type.String({ description: "Its vault", examples: [EXAMPLE.vault.toLowerCase()] }),
  fees: Wei("What its fulfilments cost, in wei"),
  countedFees: Wei("What of it exceeds what the same requester paid for the same statement before"),
  protocolFees: Wei("The protocol's part of the fees"),
  fulfilments: Count("Of any fee, and of statements that were proven before too", 2),
  missesByRefundTime: Count("Requests that it had won, refunded in the epoch", 0),
  missesByDeadline: Count("Those whose deadline was in the epoch", 0),
  distinctStatements: Count("Statements that it proved", 2),
  statementsNeverProvenBefore: Count("Those that nobody had proven before", 1),
  assetSeconds: Wei("What its vault held, times the seconds"),
  timeWeightedAssets: Wei("The same by the epoch's length"),
  donated: Decimal("What came to its vault past the controller, which no state vouches for", "0"),
  commissionBps: Type.Object({ forEpochRewards: Rates, forMarket: Rates }),
  rewardSet: Nullable(Wei("In wei"), "What EpochRewards set; null: nothing"),
  distributed: Type.Boolean({ description: "Whether that is paid" }),
  commissionPaid: Nullable(Wei("In wei"), "The commission of it; null: it is not paid"),
});

export const OtherEpoch = Type.Object(
  {
    epoch: Count("Its number, from 1", 7),
    start: Seconds("Its first second"),
    end: Seconds("The first second after it"),
    length: Type.Integer({ minimum: 1, description: "In seconds", examples: [604_800] }),
    provisional: Type.Boolean({
      description: "No rewards are set: another configuration may still change its window",
    }),
    over: Type.Boolean({
      description: "It ended by the last block read; if not, all is up to `countedUntil`",
    }),
    countedUntil: Seconds("Up to when is counted: the epoch's end, or the time of the last block read"),
    maxEpochReward: Wei("The most that its rewards may come to, in wei"),
    rewardsSet: Wei("What was set in sum"),
    rewardsDistributed: Wei("What was paid in sum"),
    provers: Type.Record(Type.String(), Figures, {
      description: "By address, all that joined before its end",
    }),
    readUpTo: Type.Object(ReadUpTo),
    notVouched: Type.Array(Type.String({ examples: ["rewards that were set to 0"] }), {
      description: "What no state vouches for",
    }),
  },
  { $id: "Epoch", description: "Who worked, staked, missed and was paid" },
);

export const OtherEpochParams = Type.Object({
  epoch: Type.Integer({ minimum: 1, maximum: 999_999_999, description: "Its number", examples: [7] }),
});
