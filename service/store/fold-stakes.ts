// SPDX-License-Identifier: AGPL-3.0-only
import type { EventOf, Logged, LoggedEvent, StakeEvent } from "../core/chain-event.ts";
import { type Priced, worthOf } from "../core/share-price.ts";
import type { Address, Hex } from "../core/types.ts";
import { placeOf } from "./log-place.ts";
import type { LogPlace } from "./pages.ts";
import { ownerOf, proverOf } from "./sources.ts";
import type { NewRow, Tables } from "./tables.ts";

/** What a holder has of one vault, in running sums. */
export interface Holding {
  /** Shares. */
  readonly held: bigint;
  /** What was put in, and what was taken out, in wei. */
  readonly putIn: bigint;
  readonly takenOut: bigint;
}

/** Before a holder's first move. */
export const NOTHING_HELD: Holding = { held: 0n, putIn: 0n, takenOut: 0n };

/** As a move left it. */
export function holdingFrom(row: Pick<NewRow<"moves">, "held" | "put_in" | "taken_out">): Holding {
  return { held: BigInt(row.held), putIn: BigInt(row.put_in), takenOut: BigInt(row.taken_out) };
}

/** The last of what the logs go on with; it is counted on here. */
export interface StakeState {
  /** By `pairOf` of holder and prover. */
  readonly holdings: Map<string, Holding>;
  /** How many moves each holder has made. */
  readonly moves: Map<Address, number>;
  /** How many exits each controller has asked for, by `pairOf`. */
  readonly exits: Map<string, number>;
}

export interface StakeChanges {
  readonly moves: NewRow<"moves">[];
  readonly exits: NewRow<"exits">[];
  readonly slashes: NewRow<"slashes">[];
  readonly votes: NewRow<"votes">[];
  readonly auditors: NewRow<"auditors">[];
  readonly standings: NewRow<"standings">[];
}

interface Move {
  readonly prover: number;
  readonly holder: Address;
  readonly shares: bigint;
  readonly block: number;
  readonly time: bigint;
}

/** Why a vault was slashed, said by the market after the vault did. */
interface Explanation {
  readonly block: number;
  readonly logIndex: number;
  readonly cause: "missed" | "unrevealed";
  readonly event: { readonly id: Hex; readonly prover: Address; readonly slashed: bigint };
}

/** A vault, and the time of its last change. */
type PricedVault = Priced & { readonly changedAt: number };

/** Takes down, log by log, what holders did and what happened to them. */
export interface StakeBook {
  readonly changes: StakeChanges;
  readonly deposit: (move: Move & { readonly assets: bigint }) => void;
  readonly exit: (move: Move, exit: Extract<StakeEvent, { readonly name: "ExitPriced" }>) => void;
  /** `prover` and `vault` are those of the vault that logged it, as it was then. */
  readonly read: (logged: Logged<StakeEvent>, prover: number | undefined, vault: PricedVault) => void;
  readonly explain: (explanation: Explanation) => void;
  readonly veto: (logged: LoggedEvent, event: EventOf<"RootVetoed">) => void;
}

/** Names a holder in a prover's vault, by the prover's number. */
export function pairOf(address: Address, prover: number): string {
  return `${address} ${prover}`;
}

/** `provers` are their numbers by their addresses; `places` say when logs were made that do not say it themselves. */
export function newStakeBook(
  state: StakeState,
  provers: ReadonlyMap<Address, number>,
  places: ReadonlyMap<number, LogPlace>,
): StakeBook {
  const changes: StakeChanges = { moves: [], exits: [], slashes: [], votes: [], auditors: [], standings: [] };
  const timeOf = (block: number, logIndex: number) => places.get(placeOf(block, logIndex))?.time ?? null;

  function move(
    kind: Tables["moves"]["kind"],
    { prover, holder, shares, block }: Omit<Move, "time">,
    assets: bigint,
    time: number | null,
  ): void {
    const pair = pairOf(holder, prover);
    const before = state.holdings.get(pair) ?? NOTHING_HELD;
    const after = {
      held: before.held + SIGNS[kind] * shares,
      putIn: SIGNS[kind] === 1n ? before.putIn + assets : before.putIn,
      takenOut: SIGNS[kind] === -1n ? before.takenOut + assets : before.takenOut,
    };
    const number = (state.moves.get(holder) ?? 0) + 1;
    state.holdings.set(pair, after);
    state.moves.set(holder, number);
    changes.moves.push({
      ...{ holder, prover, number, kind, shares: String(shares), assets: String(assets), block, time },
      ...{ held: String(after.held), put_in: String(after.putIn), taken_out: String(after.takenOut) },
    });
  }

  function read({ address, blockNumber, logIndex, event }: Logged<StakeEvent>, ...of: Of): void {
    const [own, vault] = of;
    const time = timeOf(blockNumber, logIndex);
    const place = { block: blockNumber, log_index: logIndex, time };
    switch (event.name) {
      case "Transfer":
        transfer(event, ownerOf(own, address, blockNumber), vault, blockNumber, time);
        break;
      case "Withdraw": {
        const { controller: holder, shares, assets } = event;
        const prover = ownerOf(own, address, blockNumber);
        move("claim", { prover, holder, shares, block: blockNumber }, assets, time);
        break;
      }
      case "Slashed":
        changes.slashes.push({
          prover: ownerOf(own, address, blockNumber),
          ...place,
          from_active: String(event.fromActive),
          from_unbonding: String(event.fromUnbonding),
          cause: "other",
          request: null,
        });
        break;
      case "ProverStateChanged":
        changes.standings.push({
          ...{ prover: proverOf(provers, event.prover, blockNumber), ...place },
          state: Number(event.state),
        });
        break;
      case "RootAttested":
        vote({ ...event, kind: "attest", by: event.auditor }, place);
        break;
      case "AuditorChanged":
        changes.auditors.push({ ...place, auditor: event.auditor, listed: event.listed ? 1 : 0 });
        break;
    }
  }

  /** Shares that are made or burned come with a change of active assets, beside which they are read. */
  function transfer(
    { from, to, shares }: Extract<StakeEvent, { readonly name: "Transfer" }>,
    prover: number,
    vault: PricedVault,
    block: number,
    time: number | null,
  ): void {
    if (from === ZERO_ADDRESS || to === ZERO_ADDRESS || from === to || shares === 0n) return;
    const assets = worthOf(vault, shares, BigInt(time ?? vault.changedAt));
    move("sent", { prover, holder: from, shares, block }, assets, time);
    move("received", { prover, holder: to, shares, block }, assets, time);
  }

  function vote(
    { postNumber, kind, by }: { postNumber: bigint; kind: "attest" | "veto"; by: Address },
    place: { block: number; log_index: number; time: number | null },
  ): void {
    const hash = places.get(placeOf(place.block, place.log_index))?.transaction ?? null;
    changes.votes.push({ ...place, post: Number(postNumber), kind, by, transaction_hash: hash });
  }

  return {
    changes,
    read,
    deposit: ({ assets, time, ...rest }) => move("deposit", rest, assets, Number(time)),
    exit({ time, ...rest }, { controller, assets, poolShares, generation }) {
      const { prover, shares, block } = rest;
      move("exit", rest, assets, Number(time));
      const pair = pairOf(controller, prover);
      const number = (state.exits.get(pair) ?? 0) + 1;
      state.exits.set(pair, number);
      changes.exits.push({
        ...{ prover, controller, number, shares: String(shares), assets: String(assets) },
        ...{ pool_shares: String(poolShares), generation: Number(generation), time: Number(time), block },
      });
    },
    explain({ block, logIndex, cause, event: { id, prover, slashed } }) {
      const number = provers.get(prover);
      if (slashed === 0n || number === undefined) return;
      const slash = changes.slashes.findLast(
        (one) => one.block === block && Number(one.log_index) < logIndex && one.prover === number,
      );
      if (slash === undefined || slash.request !== null) return;
      if (BigInt(slash.from_active) + BigInt(slash.from_unbonding) !== slashed) return;
      slash.cause = cause;
      slash.request = id;
    },
    veto: ({ blockNumber: block, logIndex }, { postNumber, by }) =>
      vote({ postNumber, kind: "veto", by }, { block, log_index: logIndex, time: timeOf(block, logIndex) }),
  };
}

type Of = [prover: number | undefined, vault: PricedVault];

/** Whether a move adds to what its holder has of the vault, or takes from it. */
const SIGNS = { deposit: 1n, received: 1n, exit: -1n, sent: -1n, claim: 0n } as const;
/** Where shares come from that are made, and where those go that are burned. */
export const ZERO_ADDRESS: Address = `0x${"0".repeat(40)}`;
