// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import { AddressText, Checksummed, Decimal, EXAMPLE, Nullable, OneOf, Point } from "./common.ts";

const MAX_PAGE = 200;
/** With a sign, in wei. */
const Signed = (description: string, example: string) =>
  Type.String({ description, pattern: "^-?(0|[1-9][0-9]*)$", examples: [example] });

export const StakerParams = Type.Object({ address: AddressText });

const Exit = Type.Object({
  number: Decimal("From 1, in the order of its controller's requests", "1"),
  controller: Checksummed("Who may claim it", EXAMPLE.prover),
  shares: Decimal("What is left of its shares", "1000000000000000000"),
  priced: Decimal("What all its shares were worth when it was requested, in wei", "1020000000000000000"),
  worth: Decimal("What is left of it now: slashes lower it until it is claimed", "1020000000000000000"),
  slashable: Decimal("What of it can still be lost: all, until it is claimed", "1020000000000000000"),
  requestedAt: Decimal("In seconds", "1763427600"),
  dueAt: Decimal("The first second in which it may be claimed", "1764032401"),
  claimable: Type.Boolean({ description: "Whether that has come" }),
});

export const Positions = Type.Object(
  {
    synced: Point,
    address: Checksummed("Whose", EXAMPLE.prover),
    total: Type.Object({
      worth: Decimal("Of all shares, in wei", "1040000000000000000"),
      exiting: Decimal("Of all exits that are not claimed", "0"),
      gained: Signed("By all positions", "40000000000000000"),
      rounding: Decimal("What of it, up or down, may be roundings alone", "2"),
    }),
    positions: Type.Array(
      Type.Object({
        prover: Checksummed("The prover", EXAMPLE.prover),
        vault: Checksummed("Its vault", EXAMPLE.vault),
        shares: Decimal("Held now", "1000000000000000000"),
        worth: Decimal("What an exit would be priced at now, in wei", "1040000000000000000"),
        putIn: Decimal(
          "Deposits for the address, and shares that came by transfer at their worth then",
          "1000000000000000000",
        ),
        takenOut: Decimal("Exits at their price, and shares that went by transfer at their worth then", "0"),
        vesting: Decimal(
          "What the shares will be worth besides, once all rewards of the vault have vested: a deposit pays for it, and an exit leaves it to the others; in wei",
          "1000000000000000",
        ),
        gained: Signed("worth + takenOut − putIn", "40000000000000000"),
        rounding: Decimal(
          "What of `gained`, up or down, may be roundings alone, in wei: each conversion between shares and assets is off by less than a share's worth",
          "2",
        ),
        exits: Type.Array(Exit, {
          description: "Of which it is the controller, not claimed whole; the oldest first",
        }),
      }),
      { description: "One for each vault that it has, or had, shares or exits in; by the prover's address" },
    ),
  },
  { $id: "Positions", description: "What an address has staked, over all vaults" },
);

export const MovesQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50, description: "Moves a page" }),
  before: Type.Optional(
    Type.String({
      pattern: "^(0|[1-9][0-9]{0,15})$",
      description: "Only moves before this one: the `next` of the page before",
      examples: ["812"],
    }),
  ),
});

export const Moves = Type.Object(
  {
    synced: Point,
    moves: Type.Array(
      Type.Object({
        kind: OneOf(["deposit", "exit", "claim", "received", "sent"], {
          description: "exit: a request; claim: of exits that were due; received, sent: shares by transfer",
          examples: ["deposit"],
        }),
        prover: Checksummed("Whose vault", EXAMPLE.prover),
        shares: Decimal("That moved", "1000000000000000000"),
        assets: Decimal("What they were worth, in wei", "1000000000000000000"),
        block: Decimal("The block", "21843765"),
        time: Nullable(Type.String({ examples: ["1764032400"] }), "That block's time; null: it is not known"),
      }),
      { description: "The newest first" },
    ),
    next: Nullable(Type.String({ examples: ["811"] }), "`before` for the next page; null on the last one"),
  },
  { $id: "Moves", description: "What an address did in all vaults" },
);
