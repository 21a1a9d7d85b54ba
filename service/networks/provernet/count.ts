// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../../core/types.ts";
import type { EpochWindow } from "./clock.ts";
import type { Fact, Fulfilled } from "./facts.ts";
import { requestId } from "./fold.ts";
import type { Contracts } from "./open.ts";
import type { NetworkState } from "./state.ts";

/** A rate in bps by the changes before the epoch's start, and by those in its first second too. */
export interface Rate {
  readonly beforeStart: number;
  readonly atStart: number;
}

/** What a prover did within a window. Amounts in wei; SPEC 14 defines each. */
export interface Counted {
  readonly prover: Address;
  readonly vault: Address;
  readonly joined: number;
  left: number | null;
  fees: bigint;
  countedFees: bigint;
  /** Of all fulfilments. */
  protocolFees: bigint;
  fulfilments: number;
  misses: number;
  readonly statements: Set<string>;
  newStatements: number;
  assetSeconds: bigint;
  /** What came to its vault past the controller. */
  donated: bigint;
  readonly rates: { readonly forEpochRewards: Rate; readonly forMarket: Rate };
  /** For EpochRewards at the window's start, or at its joining if that is later. */
  commissionBps: number;
}

export interface WindowCount {
  /** All that joined before the window's end, by address. */
  readonly provers: readonly Counted[];
  /** In chain order. */
  readonly fulfilments: readonly Fulfilled[];
  readonly missed: readonly { readonly prover: Address; readonly deadline: number; readonly request: Hex }[];
}

interface Rates {
  defaultBps: number;
  readonly bySource: Map<Address, number>;
}

interface Running extends Counted {
  assets: bigint;
  /** Up to when they are summed. */
  since: number;
}

const NO_RATE: Rate = { beforeStart: 0, atStart: 0 };

/** Sums up facts over a window; they come in chain order, from those on that the opening state does not know. */
export class WindowCounter {
  readonly #contracts: Contracts;
  readonly #window: EpochWindow;
  readonly #provers = new Map<Address, Running>();
  readonly #rates = new Map<Address, Rates>();
  readonly #waiting = new Map<Address, bigint>();
  readonly #fulfilments: Fulfilled[] = [];
  readonly #missed: { prover: Address; deadline: number; request: Hex }[] = [];
  #seen: "before" | "start" | "after" = "before";

  constructor(contracts: Contracts, window: EpochWindow, opening: NetworkState) {
    this.#contracts = contracts;
    this.#window = window;
    for (const [key, state] of Object.entries(opening.provers)) {
      const prover = key as Address;
      const { vault, joined, left, assets, defaultBps, rates } = state;
      if (joined === null) {
        this.#waiting.set(prover, assets);
        continue;
      }
      const bySource = new Map(Object.entries(rates) as [Address, number][]);
      this.#rates.set(prover, { defaultBps, bySource });
      this.#provers.set(prover, { ...nothing(), prover, vault, joined, left, assets, since: window.start });
    }
  }

  take(fact: Fact): void {
    const { start, end } = this.#window;
    if (fact.time >= end) return;
    if (fact.time >= start) this.#reach(fact.time === start ? "start" : "after");
    switch (fact.kind) {
      case "joined": {
        const { prover, vault, bps, time } = fact;
        this.#rates.set(prover, { defaultBps: bps, bySource: new Map() });
        const assets = this.#waiting.get(prover) ?? 0n;
        const since = Math.max(time, start);
        const own = { ...nothing(), prover, vault, joined: time, left: null, assets, since };
        this.#provers.set(prover, { ...own, commissionBps: bps });
        return;
      }
      case "left":
        this.#rates.set(fact.prover, { defaultBps: 0, bySource: new Map() });
        this.#of(fact.prover).left = fact.time;
        return;
      case "rate":
        this.#rate(fact);
        return;
      case "assets": {
        const own = this.#provers.get(fact.prover);
        if (own === undefined) this.#waiting.set(fact.prover, fact.assets);
        else this.#advance(own, fact.time, fact.assets);
        return;
      }
    }
    if (fact.time < start) return;
    if (fact.kind === "donated") this.#of(fact.prover).donated += fact.amount;
    else if (fact.kind === "fulfilled") this.#fulfilled(fact);
    else if (fact.missedBy !== null) {
      this.#of(fact.missedBy).misses += 1;
      this.#missed.push({ prover: fact.missedBy, deadline: fact.deadline, request: requestId(fact) });
    }
  }

  end(): WindowCount {
    this.#reach("after");
    for (const own of this.#provers.values()) this.#advance(own, this.#window.end, own.assets);
    const provers = [...this.#provers.values()].sort((a, b) => (a.prover < b.prover ? -1 : 1));
    return { provers, fulfilments: this.#fulfilments, missed: this.#missed };
  }

  #fulfilled(fact: Fulfilled): void {
    const own = this.#of(fact.prover);
    own.fees += fact.fee;
    own.countedFees += fact.countedFee;
    own.protocolFees += fact.protocolFee;
    own.fulfilments += 1;
    own.statements.add(`${fact.vk}${fact.digest}`);
    if (fact.isNew) own.newStatements += 1;
    this.#fulfilments.push(fact);
  }

  #rate({ prover, source, bps, time }: Extract<Fact, { kind: "rate" }>): void {
    const rates = this.#rates.get(prover) ?? { defaultBps: 0, bySource: new Map() };
    this.#rates.set(prover, rates);
    if (source === null) rates.defaultBps = bps ?? rates.defaultBps;
    else if (bps === null) rates.bySource.delete(source);
    else rates.bySource.set(source, bps);
    const own = this.#provers.get(prover);
    if (own !== undefined && time <= own.joined) own.commissionBps = this.#rateFor(prover);
  }

  #advance(own: Running, time: number, assets: bigint): void {
    if (time > own.since) {
      own.assetSeconds += own.assets * BigInt(time - own.since);
      own.since = time;
    }
    own.assets = assets;
  }

  /** Rates are looked at when the first fact of the window's start, and the first one after that second, comes. */
  #reach(point: "start" | "after"): void {
    if (this.#seen === "before") this.#keep("beforeStart");
    if (this.#seen !== "after" && point === "after") this.#keep("atStart");
    if (this.#seen !== "after") this.#seen = point;
  }

  #keep(when: keyof Rate): void {
    const { epochRewards, market } = this.#contracts;
    for (const [prover, own] of this.#provers) {
      const { forEpochRewards, forMarket } = own.rates;
      const rates = {
        forEpochRewards: { ...forEpochRewards, [when]: this.#rateNow(prover, epochRewards) },
        forMarket: { ...forMarket, [when]: this.#rateNow(prover, market) },
      };
      const { commissionBps } = own;
      const isKept = when === "atStart" && own.joined <= this.#window.start;
      this.#provers.set(prover, {
        ...own,
        rates,
        commissionBps: isKept ? this.#rateFor(prover) : commissionBps,
      });
    }
  }

  #rateFor(prover: Address): number {
    return this.#rateNow(prover, this.#contracts.epochRewards);
  }

  #rateNow(prover: Address, source: Address | null): number {
    const { defaultBps, bySource } = this.#rates.get(prover) ?? { defaultBps: 0, bySource: new Map() };
    return (source === null ? undefined : bySource.get(source)) ?? defaultBps;
  }

  #of(prover: Address): Running {
    const own = this.#provers.get(prover);
    if (own !== undefined) return own;
    // Whoever works has a vault; one whose joining is not in the logs is found out by the state it leaves.
    throw new Error(`${prover} works without having joined`);
  }
}

function nothing() {
  return {
    ...{ fees: 0n, countedFees: 0n, protocolFees: 0n, fulfilments: 0, misses: 0, newStatements: 0 },
    ...{ assetSeconds: 0n, donated: 0n, statements: new Set<string>() },
    ...{ rates: { forEpochRewards: NO_RATE, forMarket: NO_RATE }, commissionBps: 0 },
  };
}
