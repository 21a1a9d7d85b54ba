// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import { Checksummed, Count, Decimal, EXAMPLE, Hash, Nullable, OneOf, Point } from "./common.ts";

export const EpochParams = Type.Object({
  epoch: Type.String({
    pattern: "^(0|[1-9][0-9]{0,14})$",
    description: "The epoch's number, in digits",
    examples: ["7"],
  }),
});

const MAX_PAGE = 100;

export const EpochsQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 20, description: "Epochs a page" }),
  before: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "Only epochs below this one: the `next` of the page before",
    }),
  ),
});

const Campaign = Type.Object({
  budget: Decimal("What it may pay, in wei", "600000000000000000000"),
  requesters: Nullable(
    Type.Array(Checksummed("Whose requests it pays for", EXAMPLE.prover)),
    "null: everybody's that no other campaign lists",
  ),
  result: Nullable(
    Type.Object({
      fulfilments: Count("That it counted", 640),
      work: Decimal("Σ counted weight", "900000000000000000000"),
      fees: Decimal("What was paid for them, in wei", "900000000000000000000"),
      dealt: Decimal(
        "Σ of what it came to for each prover, in wei: what was paid is less where minimum stake, an exclusion or the stake cap lowered a prover's sum over all campaigns",
        "540000000000000000000",
      ),
    }),
    "null: this server has no copy of the epoch's artifact",
  ),
});

const Vote = Type.Object({
  postNumber: Decimal("Of which root", "8"),
  kind: OneOf(["attest", "veto"], { description: "Yes, or no", examples: ["attest"] }),
  by: Checksummed("The auditor, or the guardian", EXAMPLE.prover),
  block: Decimal("The block", "21843770"),
  time: Nullable(Type.String({ examples: ["1764032460"] }), "That block's time; null: it is not known"),
  transaction: Nullable(
    Type.String({ examples: [EXAMPLE.blockHash] }),
    "The transaction's hash; null: the endpoint did not say it",
  ),
});

const EpochFields = {
  epoch: Count("The epoch's number, from 0", 7),
  window: Type.Object(
    {
      start: Decimal("First second", "1763427600"),
      end: Decimal("First second of the next epoch", "1764032400"),
    },
    { description: "Half-open window of block timestamps" },
  ),
  status: OneOf(["pending", "active", "superseded", "vetoed"], {
    description: "Of the epoch's last root; superseded: active once, and followed by a later epoch's",
    examples: ["active"],
  }),
  postNumber: Decimal("Counts posted roots, vetoed ones included", "8"),
  root: Hash("The root of the tree of cumulative amounts", EXAMPLE.root),
  cumulativeTotal: Decimal(
    "What the root's leaves have earned in all epochs, in wei",
    "8123000000000000000000",
  ),
  datasetHash: Hash("keccak256 of the artifact", EXAMPLE.datasetHash),
  snapshot: Type.Object(
    {
      number: Decimal("Block number", "21843765"),
      hash: Hash("Block hash", EXAMPLE.blockHash),
    },
    { description: "The last block before the epoch's end" },
  ),
  claimableAt: Decimal("When the challenge window ends", "1764036000"),
  quorum: Count("Attestations that the root needs", 2),
  budget: Decimal("Of the epoch, by the segment that governs it, in wei", "1000000000000000000000"),
  policyHash: Hash("keccak256 of that segment's policy", EXAMPLE.datasetHash),
  campaigns: Nullable(
    Type.Array(Campaign),
    "Parts of the budget, in the policy's order; null: the policy has none",
  ),
  votes: Type.Array(Vote, {
    description: "Attestations and vetoes of all roots that were posted for the epoch, in chain order",
  }),
};

const EpochSummary = Type.Object(EpochFields);

export const EpochList = Type.Object(
  {
    synced: Point,
    epochs: Type.Array(EpochSummary, { description: "The newest first" }),
    next: Nullable(
      Type.Integer({ minimum: 0 }),
      "What `before` has to be for the next page; null on the last one",
    ),
  },
  { $id: "Epochs", description: "A page of epochs" },
);

const EpochResult = Type.Object({
  policy: Type.Object({
    id: Type.String({ examples: ["capped"] }),
    version: Count("The policy's version; 2 has campaigns, by which the artifact's rows are divided", 2),
    hash: Hash("keccak256 of the policy's canonical JSON", EXAMPLE.datasetHash),
  }),
  budget: Decimal("In wei", "1000000000000000000000"),
  carryIn: Decimal("What earlier epochs left", "0"),
  added: Decimal("What the epoch paid", "1000000000000000000000"),
  carryOut: Decimal("What it leaves", "0"),
  dropped: Decimal("Neither paid nor carried", "0"),
  provers: Count("Rows of the artifact", 40),
  fulfilments: Count("Counted fulfilments", 1280),
  misses: Count("Missed deadlines", 3),
});

export const EpochDetail = Type.Object(
  {
    synced: Point,
    ...EpochFields,
    attestations: Nullable(
      Type.Integer({ minimum: 0 }),
      "Known for the latest and the active root only: earlier ones have stopped counting",
    ),
    result: Nullable(
      EpochResult,
      "What the epoch paid, from its artifact; null: this server has no copy of it",
    ),
  },
  { $id: "Epoch", description: "An epoch with its last root" },
);

/** It is sent as it was stored, byte by byte. */
export const ArtifactBody = Type.Unsafe<unknown>({
  type: "object",
  additionalProperties: true,
  description:
    "Canonical JSON, as service/SPEC.md describes it; under a policy of version 2 each row says what it was paid by campaign",
});

export const Unchanged = Type.Null({ description: "What `if-none-match` names is still right" });
