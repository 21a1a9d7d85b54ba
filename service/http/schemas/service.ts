// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import { Checksummed, Count, Decimal, EXAMPLE, Hash, Nullable, OneOf, Point } from "./common.ts";

const Deployment = {
  version: Type.String({ description: "The software's version", examples: ["0.1.0"] }),
  chainId: Decimal("The chain", "1"),
  distributor: Checksummed("The distributor that names the deployment", EXAMPLE.distributor),
};

export const Health = Type.Object(
  { status: Type.Literal("ok"), ...Deployment },
  { $id: "Health", description: "The process answers" },
);

export const Readiness = Type.Object(
  {
    ready: Type.Boolean({
      description:
        "Whether every check is ok; overdue or vetoed roots count only where roots are posted from",
    }),
    checks: Type.Array(
      Type.Object({
        name: OneOf(["chain", "leaves", "database", "epochs", "outbox"], { description: "What was checked" }),
        ok: Type.Boolean(),
        message: Type.String({ examples: ["read up to block 21843765"] }),
      }),
    ),
  },
  { $id: "Readiness", description: "What was checked, and how it is" },
);

const Root = Type.Object({
  epoch: Count("Its epoch", 7),
  postNumber: Decimal("Counts posted roots, vetoed ones included", "8"),
  root: Hash("The root", EXAMPLE.root),
  cumulativeTotal: Decimal("In wei", "8123000000000000000000"),
  status: OneOf(["pending", "active", "vetoed"], { description: "Whether claims are paid from it" }),
  claimableAt: Decimal("When its window ends", "1764036000"),
  attestations: Count("That it has", 2),
  quorum: Count("That it needs", 2),
});

export const Status = Type.Object(
  {
    ...Deployment,
    head: Point,
    database: Nullable(Point, "Up to where the database was filled; null: there is none, or nothing in it"),
    currentEpoch: Count("The epoch that runs", 8),
    nextEpoch: Count("The epoch whose root comes next", 8),
    latest: Nullable(Root, "The last root posted"),
    active: Nullable(Root, "The root that claims are paid from"),
    due: Type.Array(
      Type.Object({
        kind: OneOf(["post", "repost", "window", "attestations", "wait"], { description: "What it is" }),
        epoch: Count("The epoch that it is about", 8),
        until: Nullable(Type.String(), "When it is over, if time alone ends it"),
        missing: Nullable(Type.Integer(), "Attestations that are missing"),
      }),
      { description: "What somebody has to do, or to wait for" },
    ),
    unrunnable: Type.Array(
      Type.Object({
        first: Count("The first epoch that it governs", 8),
        last: Nullable(Type.Integer(), "The last; null: there is no end to it"),
        message: Type.String({
          description: "What is wrong with it",
          examples: ["the policy of the epochs from 8 on cannot be run: policy.id: unknown policy"],
        }),
        hint: Type.String({
          description: "What to do about it",
          examples: ["let the owner add a segment from epoch 8 on with a corrected policy"],
        }),
      }),
      { description: "Policies of epochs without a root, that nobody can run" },
    ),
    budget: Decimal("Of the running epoch, in wei", "1000000000000000000000"),
    carry: Decimal("What earlier epochs left", "0"),
    totalClaimed: Decimal("What was paid to all provers", "8000000000000000000000"),
    funds: Decimal("What the distributor holds", "20000000000000000000000"),
    promised: Decimal("What it owes, or will", "3000000000000000000000"),
    surplus: Decimal("What it could do without", "17000000000000000000000"),
    shortfall: Decimal("What promises exceed the funds by", "0"),
    runway: Nullable(
      Type.Integer({ minimum: 0 }),
      "How many epochs' budgets, the running one's first, the funds cover; null: there is no end to it",
    ),
  },
  { $id: "Status", description: "How the deployment is" },
);
