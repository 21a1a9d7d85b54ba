// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import {
  AddressText,
  Bps,
  Checksummed,
  Count,
  Decimal,
  EXAMPLE,
  Hash,
  Nullable,
  OneOf,
  Point,
} from "./common.ts";

const MAX_PAGE = 50;
const MAX_EPOCHS = 52;

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
  after: Type.Optional(AddressText),
  epochs: epochs(4),
});

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
  collateral: Type.Object(
    {
      locked: Decimal("Committed to open assignments", "300000000000000000000"),
      free: Decimal("What can still be locked for a new one", "4700000000000000000000"),
    },
    { description: "At the latest block, in wei" },
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
  { synced: Point, ...ProverFields },
  { $id: "Prover", description: "A prover" },
);

export const Provers = Type.Object(
  {
    synced: Point,
    provers: Type.Array(Type.Object(ProverFields), { description: "In ascending order of their addresses" }),
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
    prover: Checksummed("The prover's address", EXAMPLE.prover),
    token: Type.Object({
      address: Checksummed("The staking token", EXAMPLE.distributor),
      symbol: Type.String({ examples: ["PROV"] }),
      decimals: Count("Of the token", 18),
    }),
    distributor: Checksummed("Where to claim", EXAMPLE.distributor),
    root: Hash("What the merkleProof leads to", EXAMPLE.root),
    epoch: Count("The root's epoch", 7),
    status: OneOf(["pending", "active"], { description: "Whether claims against the root are paid yet" }),
    claimableFrom: Decimal(
      "The first moment at which a claim can be paid; a pending root also needs its quorum by then",
      "1764036000",
    ),
    attestations: Count("That the root has", 2),
    quorum: Count("That the root needs", 2),
    cumulative: Decimal("What the prover earned in all epochs, in wei", "42000000000000000000"),
    cumulativeCommission: Decimal("The commission part of it", "4200000000000000000"),
    claimed: Decimal("What it was paid of that", "30000000000000000000"),
    claimedCommission: Decimal("The commission part of it", "3000000000000000000"),
    claimable: Decimal(
      "What a claim against this root pays, if nothing is claimed before",
      "12000000000000000000",
    ),
    merkleProof: Type.Array(Type.String({ examples: [EXAMPLE.root] }), {
      description: "From the leaf's sibling up",
    }),
  },
  { $id: "Proof", description: "What a prover claims with" },
);
