// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import { Bps, Checksummed, Count, Decimal, EXAMPLE, Hash, Nullable, OneOf, Point } from "./common.ts";

const Contract = (description: string) => Checksummed(description, EXAMPLE.distributor);
const Account = (description: string) => Checksummed(description, EXAMPLE.prover);

export const Network = Type.Object(
  {
    synced: Point,
    version: Type.String({ description: "The software's version", examples: ["0.1.0"] }),
    chainId: Decimal("The chain", "1"),
    rpc: Nullable(
      Type.String({ examples: ["https://rpc.example.org"] }),
      "An endpoint of the chain that this server's operator offers to everybody; null: none",
    ),
    contracts: Type.Object(
      {
        distributor: Contract("Roots and claims"),
        registry: Contract("Provers and their collateral"),
        market: Contract("Requests and bids"),
        token: Contract("The staking token"),
        factory: Contract("Makes the vaults"),
        lens: Nullable(
          Contract("Views"),
          "Views of many things at once; null: this server's deployment record names none, and a caller can send its code along",
        ),
        router: Nullable(
          Contract("Deposits by permit"),
          "Takes a deposit with its permit in one transaction; null: this server's deployment record names none",
        ),
      },
      { description: "The deployment's contracts" },
    ),
    token: Type.Object({
      symbol: Type.String({ examples: ["PROV"] }),
      name: Type.String({ examples: ["Provender"] }),
      decimals: Count("Of the token, and of vault shares", 18),
    }),
    clock: Type.Object({
      start: Decimal("The first second of epoch 0", "1759190400"),
      epochLength: Decimal("In seconds", "604800"),
      currentEpoch: Count("The epoch of the latest block", 8),
    }),
    staking: Type.Object({
      unbondingDelay: Decimal("Seconds from an exit's request until it is due", "604800"),
      vestingPeriod: Decimal("Seconds in which a reward vests", "604800"),
      minSelfStake: Decimal("What a prover must have staked itself, in wei", "1000000000000000000000"),
      maxCommissionBps: Bps("The highest commission", 10_000),
      commissionNotice: Decimal("Seconds from a rise of the commission until it is in force", "691200"),
      provers: Count("That have registered", 40),
    }),
    pause: Type.Object(
      {
        level: OneOf(["none", "deposits", "deposits-and-exits"], {
          description:
            "What is stopped now: deposits, requests and bids; then also requests of exits. Never a claim",
          examples: ["none"],
        }),
        exitsUntil: Nullable(
          Type.String({ examples: ["1764637200"] }),
          "When requests of exits go on by themselves, in seconds; null: they are not stopped",
        ),
      },
      { description: "Whether the guardian has paused the registry" },
    ),
    roles: Type.Object({
      owner: Account("May change parameters"),
      pendingOwner: Nullable(Account("To be the owner"), "Who may accept the ownership; null: nobody"),
      guardian: Account("May pause, jail and veto"),
      treasury: Account("Gets slashes and protocol fees"),
      publisher: Account("Posts roots"),
    }),
  },
  { $id: "Network", description: "The deployment: its contracts, its clock, its rules" },
);

/** The canonical JSON of a policy, as service/SPEC.md describes it. */
const PolicyBody = Type.Unsafe<Record<string, unknown>>({
  type: "object",
  additionalProperties: true,
  description: "The policy, as service/SPEC.md describes it",
});

export const Foundation = Type.Object(
  {
    synced: Point,
    head: Point,
    funds: Decimal("What the distributor holds, in wei", "20000000000000000000000"),
    promised: Decimal("What it owes, or will", "3000000000000000000000"),
    surplus: Decimal("What it could do without", "17000000000000000000000"),
    shortfall: Decimal("What promises exceed the funds by", "0"),
    carry: Decimal("What earlier epochs left", "0"),
    totalClaimed: Decimal("What was paid to all provers", "8000000000000000000000"),
    budget: Decimal("Of the running epoch", "1000000000000000000000"),
    runway: Nullable(
      Type.Integer({ minimum: 0 }),
      "How many epochs' budgets, the running one's first, the funds cover; null: there is no end to it",
    ),
    publisher: Account("Posts roots"),
    challengeWindow: Decimal("Seconds in which a root may be vetoed, for the next post", "86400"),
    quorum: Count("Attestations that the next post will need", 2),
    auditors: Type.Array(
      Type.Object({
        auditor: Account("May attest and veto"),
        block: Decimal("The block that listed it", "21840000"),
        time: Nullable(Type.String({ examples: ["1764032400"] }), "That block's time; null: it is not known"),
      }),
      { description: "Those listed now, by address" },
    ),
    segments: Type.Array(
      Type.Object({
        number: Count("Counted from 0", 0),
        fromEpoch: Decimal("The first epoch that it governs", "0"),
        toEpoch: Nullable(
          Type.String({ examples: ["11"] }),
          "The last; null: there is no end to it, or a later segment took its place",
        ),
        state: OneOf(["past", "running", "next", "replaced"], {
          description: "replaced: a later segment from the same epoch on took its place",
          examples: ["running"],
        }),
        budget: Decimal("For each epoch, in wei", "1000000000000000000000"),
        policyHash: Hash("keccak256 of the policy's canonical JSON", EXAMPLE.datasetHash),
        policy: Nullable(PolicyBody, "null: its bytes are no JSON object"),
      }),
      { description: "Budgets and policies, in the order in which they were set" },
    ),
  },
  { $id: "Foundation", description: "Funds, promises, and what the next epochs pay by" },
);
