// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import {
  AddressText,
  Bps,
  Checksummed,
  Count,
  Decimal,
  DIGITS,
  EXAMPLE,
  Hash,
  Nullable,
  OneOf,
  Point,
} from "./common.ts";
import { Assignment } from "./market.ts";

const MAX_PAGE = 200;
const MAX_EPOCHS = 52;
const MAX_HISTORY = 400;
export const SORTS = [
  ...["address", "registered", "state", "stake", "price", "return7", "return30", "return90"],
  ...["self-stake", "free", "at-risk"],
  ...["commission", "fee-commission", "on-time", "fulfilments", "misses"],
] as const;

export const ProverParams = Type.Object({ address: AddressText });

const epochs = (count: number) =>
  Type.Integer({
    minimum: 1,
    maximum: MAX_EPOCHS,
    default: count,
    description: "How many epochs of its record each prover comes with",
  });

export const ProverQuery = Type.Object({ epochs: epochs(12) });

export const ProversQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 20, description: "Provers a page" }),
  after: Type.Optional(
    Type.String({
      maxLength: 120,
      description: "The `next` of the page before, with the same `sort` and `order`",
      examples: [EXAMPLE.prover],
    }),
  ),
  sort: OneOf([...SORTS], {
    default: "address",
    description:
      "return7, return30, return90: the net return to stakers. self-stake, free, at-risk: what of its stake is the prover's own, is not locked, and, as a part of it and of exits that were not taken out, is locked, by the market's logs. commission: of the foundation's rewards. Whoever has no such figure comes last",
  }),
  order: OneOf(["ascending", "descending"], { default: "ascending", description: "Of the sort" }),
  search: Type.Optional(
    Type.String({
      pattern: "^(0[xX])?[0-9a-fA-F]{1,40}$",
      description: "Part of the prover's or its vault's address",
      examples: ["0x7099"],
    }),
  ),
  state: Type.Optional(
    OneOf(["active", "inactive", "jailed"], { description: "Only these", examples: ["active"] }),
  ),
  epochs: epochs(4),
});

export const HistoryQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: MAX_HISTORY, default: 52, description: "Epochs a page" }),
  before: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "Only epochs below this one: the `next` of the page before",
    }),
  ),
});

const Time = (description: string) => Nullable(Type.String({ examples: ["1764032400"] }), description);
/** Millionths. */
const Ppm = (description: string) => Type.Integer({ description, examples: [1_234] });
const SharePrice = (description: string) => Decimal(description, "1012000000000000000");

const Return = Type.Object(
  {
    from: Decimal(
      "Where the window begins: the end of an epoch, or the registration, in seconds",
      "1763427600",
    ),
    to: Decimal("Where it ends: the time of the synced block", "1764032400"),
    epochs: Count("Whole epochs in it", 1),
    priceFrom: SharePrice("What 10^18 shares were worth then, in wei"),
    priceTo: SharePrice("What they are worth at its end"),
    netPpm: Ppm("priceTo / priceFrom − 1, in millionths, rounded down"),
    annualPpm: Nullable(
      Type.Integer(),
      "The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window",
    ),
    fees: Decimal(
      "What came to all stakers from requesters' fees, after commission, in wei",
      "70000000000000000000",
    ),
    rewards: Decimal("From the foundation's rewards, after commission", "30000000000000000000"),
    other: Decimal("Given by anybody else, after commission", "0"),
    slashed: Decimal("What slashes took from active stake", "0"),
  },
  { description: "What stakers gained, by the share price" },
);

const Announced = Nullable(
  Type.Object({
    bps: Bps("The commission that comes", 1_500),
    at: Decimal("From when on, in seconds", "1764637200"),
  }),
  "A change that is announced; null: there is none",
);

const OnTime = Nullable(
  Type.Integer({ minimum: 0, maximum: 10_000, examples: [9_875] }),
  "Of what was fulfilled or missed, the part on time, in basis points, rounded down; null if there was nothing",
);

const ProverFields = {
  prover: Checksummed("The prover's address", EXAMPLE.prover),
  vault: Checksummed("Where its stake is", EXAMPLE.vault),
  state: OneOf(["active", "inactive", "jailed"], {
    description: "Only active provers may bid",
    examples: ["active"],
  }),
  registeredAt: Decimal("When it registered", "1760000000"),
  stake: Decimal("Its vault's active assets, in wei", "5000000000000000000000"),
  sharePrice: Nullable(
    Type.String({ examples: ["1012000000000000000"] }),
    "What an exit of 10^18 shares is priced at, at the synced block, in wei; null: there are no shares",
  ),
  returns: Type.Object(
    {
      days7: Nullable(Return, "null: it registered later than 7 days ago, or has no shares"),
      days30: Nullable(Return, "null: as above, with 30 days"),
      days90: Nullable(Return, "null: as above, with 90 days"),
      all: Nullable(Return, "Since it registered; null: it has no shares"),
    },
    { description: "The net return to stakers, over windows that begin at the end of an epoch" },
  ),
  announced: Type.Object(
    { fees: Announced, rewards: Announced },
    { description: "Changes of the commission that are not in force yet" },
  ),
  collateral: Type.Object(
    {
      locked: Decimal("Committed to open assignments", "300000000000000000000"),
      free: Decimal("What can still be locked for a new one", "4700000000000000000000"),
      unbonding: Decimal("What exits are worth that were not taken out: a slash takes of it, too", "0"),
    },
    { description: "At the latest block, in wei" },
  ),
  selfStake: Decimal(
    "What the prover's own shares are worth at the latest block, in wei",
    "1000000000000000000000",
  ),
  commissionBps: Type.Object(
    {
      fees: Bps("Of the fees that requesters pay", 1_000),
      rewards: Bps("Of the foundation's rewards", 500),
    },
    { description: "What the prover keeps of what its vault earns, in basis points, as of the latest block" },
  ),
  fulfilments: Count("Requests proven, in all epochs", 640),
  misses: Count("Deadlines missed, in all epochs", 8),
  onTimeBps: OnTime,
  epochs: Type.Array(
    Type.Object({
      epoch: Count("The epoch's number", 7),
      fulfilments: Count("Requests proven", 80),
      misses: Count("Deadlines missed", 1),
      onTimeBps: OnTime,
      work: Decimal("Σ counted weight", "120000000000000000000"),
      fees: Decimal("What requesters paid, in wei", "120000000000000000000"),
      protocolFees: Decimal("What of it went to the protocol, in wei", "12000000000000000000"),
      stake: Decimal(
        "Active assets, time-weighted over the epoch or what has passed of it",
        "5000000000000000000000",
      ),
    }),
    { description: "The latest epochs, the running one first" },
  ),
};

export const Prover = Type.Object(
  {
    synced: Point,
    ...ProverFields,
    payout: Nullable(
      Type.String({ examples: [EXAMPLE.prover] }),
      "Where its commission is paid; null: the chain does not say it now",
    ),
    vaultState: Nullable(
      Type.Object(
        {
          totalAssets: Decimal("Vested active assets: what all shares are worth", "5000000000000000000000"),
          totalShares: Decimal("All shares", "4900000000000000000000"),
          unvested: Decimal("Of the active assets, what still vests", "10000000000000000000"),
          vestingEnd: Decimal("When the last of it has vested, in seconds", "1764637200"),
          unbonding: Decimal("What exits are worth that are not claimed", "0"),
          maxDeposit: Decimal("The most that can be deposited now", "39614081257132168796771975167"),
          commissionOwed: Decimal("To the prover, not paid yet", "2000000000000000000"),
        },
        { description: "At the latest block, in wei" },
      ),
      "null: the chain does not say it now",
    ),
    assignments: Type.Array(Assignment, { description: "Open ones, by their deadline" }),
  },
  { $id: "Prover", description: "A prover" },
);

export const ProverHistory = Type.Object(
  {
    synced: Point,
    epochs: Type.Array(
      Type.Object({
        epoch: Count("The epoch's number", 7),
        at: Decimal(
          "Its end, or the time of the synced block if it runs: price and stake are those then",
          "1764032400",
        ),
        running: Type.Boolean({ description: "Whether it has not ended" }),
        sharePrice: Nullable(
          Type.String({ examples: ["1012000000000000000"] }),
          "What an exit of 10^18 shares was priced at, in wei; null: there were no shares",
        ),
        active: Decimal("Its vault's active assets, in wei", "5000000000000000000000"),
        stake: Decimal("The same, time-weighted over the epoch", "5000000000000000000000"),
        fulfilments: Count("Requests proven", 80),
        misses: Count("Deadlines missed", 1),
        onTimeBps: OnTime,
        work: Decimal("Σ counted weight", "120000000000000000000"),
        fees: Decimal("What requesters paid, in wei", "120000000000000000000"),
        protocolFees: Decimal(
          "What of it went to the protocol, as far as its weight counted",
          "12000000000000000000",
        ),
        income: Type.Object(
          {
            fees: Decimal("From requesters, to stakers", "97200000000000000000"),
            feeCommission: Decimal("From requesters, to the prover", "10800000000000000000"),
            rewards: Decimal("From the foundation, to stakers", "28500000000000000000"),
            rewardCommission: Decimal("From the foundation, to the prover", "1500000000000000000"),
            other: Decimal("From anybody else, to stakers", "0"),
            slashed: Decimal("Lost by slashes, from active stake", "0"),
          },
          { description: "What came into its vault in the epoch, whatever epoch it was earned in; in wei" },
        ),
        earned: Nullable(
          Type.Object({
            amount: Decimal("The foundation's reward, in wei", "30000000000000000000"),
            commission: Decimal("The prover's part of it", "1500000000000000000"),
            limitedBy: OneOf(["none", "stake", "fee-match", "min-stake", "excluded"], {
              description: "What kept the reward below its part by work",
              examples: ["none"],
            }),
            campaigns: Nullable(
              Type.Array(
                Type.Object({
                  work: Decimal("Σ counted weight", "120000000000000000000"),
                  fees: Decimal("What requesters paid, in wei", "120000000000000000000"),
                  amount: Decimal("The reward, in wei", "20000000000000000000"),
                  limitedBy: OneOf(["none", "stake", "fee-match", "min-stake", "excluded"], {
                    description: "What kept it below its part by work",
                    examples: ["none"],
                  }),
                }),
              ),
              "By campaign, in the policy's order; null: the policy has none",
            ),
          }),
          "For what was done in the epoch, by its artifact; null: no root is posted for it, or this server has no copy",
        ),
      }),
      { description: "The newest first" },
    ),
    next: Nullable(
      Type.Integer({ minimum: 0 }),
      "What `before` has to be for the next page; null on the last one",
    ),
  },
  { $id: "ProverHistory", description: "A prover's record, epoch by epoch" },
);

export const Commissions = Type.Object(
  {
    synced: Point,
    commissions: Type.Array(
      Type.Object({
        sequence: Count("Counted from 1", 1),
        source: OneOf(["default", "fees", "rewards", "other"], {
          description:
            "Of what: fees from the market, rewards from the distributor, or all that has no rate of its own",
          examples: ["default"],
        }),
        address: Checksummed("The source", EXAMPLE.distributor),
        bps: Nullable(
          Type.Integer({ minimum: 0, maximum: 10_000 }),
          "null: the source has the default rate again",
        ),
        announcedAt: Decimal("In seconds", "1764032400"),
        effectiveAt: Decimal("From when on it is in force, unless a later change comes first", "1764637200"),
        inForce: Type.Boolean({ description: "Whether it decides now" }),
        block: Decimal("The block", "21843765"),
      }),
      { description: "All changes, the newest first" },
    ),
  },
  { $id: "Commissions", description: "A prover's commission, and all its changes" },
);

export const Slashes = Type.Object(
  {
    synced: Point,
    slashes: Type.Array(
      Type.Object({
        amount: Decimal("What it took, in wei", "100000000000000000000"),
        fromActive: Decimal("From stake", "99000000000000000000"),
        fromUnbonding: Decimal("From exits that are not claimed", "1000000000000000000"),
        cause: OneOf(["missed", "unrevealed", "other"], {
          description: "A deadline missed, a bid not revealed, or another market's",
          examples: ["missed"],
        }),
        request: Nullable(
          Type.String({ examples: [EXAMPLE.root] }),
          "The request; null: it is another market's",
        ),
        block: Decimal("The block", "21843765"),
        time: Time("That block's time; null: it is not known"),
      }),
      { description: "The newest first" },
    ),
  },
  { $id: "Slashes", description: "What was slashed from a prover's vault" },
);

export const Provers = Type.Object(
  {
    synced: Point,
    total: Count("That match `search` and `state`", 40),
    provers: Type.Array(Type.Object(ProverFields), { description: "In the order asked for" }),
    next: Nullable(
      Type.String({ examples: [EXAMPLE.prover] }),
      "`after` for the next page; null on the last one",
    ),
  },
  { $id: "Provers", description: "A page of provers" },
);

export const ProofQuery = Type.Object({
  root: OneOf(["active", "latest"], {
    default: "active",
    description: "latest: the pending root, if there is one that was not vetoed",
  }),
});

export const Proof = Type.Object(
  {
    prover: Checksummed("The prover's address", EXAMPLE.prover, DIGITS),
    token: Type.Object({
      address: Checksummed("The staking token", EXAMPLE.distributor, DIGITS),
      symbol: Type.String({ examples: ["PROV"] }),
      decimals: Count("Of the token", 18),
    }),
    distributor: Checksummed("Where to claim", EXAMPLE.distributor, DIGITS),
    root: Hash("What the merkleProof leads to", EXAMPLE.root, DIGITS),
    epoch: Count("The root's epoch", 7),
    status: OneOf(["pending", "active"], { description: "Whether claims against the root are paid yet" }),
    claimableFrom: Decimal(
      "The first moment at which a claim can be paid; a pending root also needs its quorum by then",
      "1764036000",
      DIGITS,
    ),
    attestations: Count("That the root has", 2),
    quorum: Count("That the root needs", 2),
    cumulative: Decimal("What the prover earned in all epochs, in wei", "42000000000000000000", DIGITS),
    cumulativeCommission: Decimal("The commission part of it", "4200000000000000000", DIGITS),
    claimed: Decimal("What it was paid of that", "30000000000000000000", DIGITS),
    claimedCommission: Decimal("The commission part of it", "3000000000000000000", DIGITS),
    claimable: Decimal(
      "What a claim against this root pays, if nothing is claimed before",
      "12000000000000000000",
      DIGITS,
    ),
    merkleProof: Type.Array(Type.String({ ...DIGITS, examples: [EXAMPLE.root] }), {
      description: "From the leaf's sibling up",
    }),
  },
  { $id: "Proof", description: "What a prover claims with" },
);
