// SPDX-License-Identifier: AGPL-3.0-only
import { type Accounts, settle, sumOf } from "./accounts.ts";
import { ATTACKS, type AttackName, type Honest, honestAuctions, OUTSIDE, type Variant } from "./attacks.ts";
import { type Auction, hold, type MarketSettings } from "./market.ts";
import { randomOf } from "./random.ts";
import { type Played, payoutsOf } from "./rewards.ts";
import { MARKET, type NamedSettings, SETTINGS } from "./settings.ts";
import { demandOf, HONEST } from "./world.ts";

export interface Size {
  readonly seed: number;
  readonly seeds: number;
  readonly epochs: number;
  readonly requests: number;
}

/** In wei an epoch. */
interface Gain {
  /** The best that any way of the attack came to, for the worst of the seeds and for the best. */
  readonly least: bigint;
  readonly most: bigint;
  /** How the most was made. */
  readonly variant: string;
}

interface Earned {
  readonly provers: Readonly<Record<string, bigint>>;
  readonly stakers: bigint;
  readonly requesters: bigint;
  readonly treasury: bigint;
  readonly paid: bigint;
}

export interface Row {
  readonly settings: string;
  /** Without any attack, an epoch, over all seeds. */
  readonly earned: Earned;
  readonly gains: Readonly<Record<AttackName, Gain>>;
}

interface Attack {
  readonly variant: Variant;
  readonly played: Played;
}

interface Run {
  readonly honest: Played;
  readonly attacks: ReadonlyMap<AttackName, readonly Attack[]>;
}

/** The same market, with and without each attack, under every setting: what each earns, and what attacks gain. */
export function simulate(size: Size, market: MarketSettings = MARKET, settings = SETTINGS): Row[] {
  const runs = Array.from({ length: size.seeds }, (_, i) => run(size, size.seed + i, market));
  return settings.map((named) => {
    const chosen = { ...named, budget: named.budget * BigInt(size.requests) };
    const honest = runs.map((one) => accountsOf(one.honest, chosen));
    const gains = (Object.keys(ATTACKS) as AttackName[]).map((name) => {
      const best = runs
        .map((one, i) => bestOf(one.attacks.get(name) ?? [], honest[i] as Accounts, chosen, size))
        .toSorted((a, b) => (a.gain < b.gain ? -1 : a.gain > b.gain ? 1 : 0));
      const [least, most] = [best.at(0), best.at(-1)] as [Best, Best];
      return [name, { least: least.gain, most: most.gain, variant: most.variant }] as const;
    });
    return {
      settings: chosen.name,
      earned: averageOf(honest, size),
      gains: Object.fromEntries(gains) as Record<AttackName, Gain>,
    };
  });
}

function run({ epochs, requests }: Size, seed: number, market: MarketSettings): Run {
  const auctions = honestAuctions(demandOf(randomOf(seed), { epochs, requests }), market);
  const play = (provers: Played["provers"], held: readonly Auction[]): Played => ({
    provers,
    outcomes: hold(held, provers, market),
    market,
  });
  const honest = play(HONEST, auctions);
  const attacks = (Object.entries(ATTACKS) as [AttackName, (honest: Honest) => Variant[]][]).map(
    ([name, variantsOf]) => {
      const variants = variantsOf({ auctions, outcomes: honest.outcomes, epochs });
      return [
        name,
        variants.map((variant) => ({ variant, played: play(variant.provers, variant.auctions) })),
      ] as const;
    },
  );
  return { honest, attacks: new Map(attacks) };
}

function accountsOf(played: Played, settings: NamedSettings): Accounts {
  return settle(played, payoutsOf(played, settings));
}

interface Best {
  readonly gain: bigint;
  readonly variant: string;
}

function bestOf(
  attacks: readonly Attack[],
  honest: Accounts,
  settings: NamedSettings,
  { epochs }: Size,
): Best {
  const [best] = attacks
    .map(({ variant, played }) => {
      const { name, actors, instead } = variant;
      const gain = sumOf(accountsOf(played, settings), actors) - sumOf(honest, instead);
      return { gain: perEpoch(gain, epochs), variant: name };
    })
    .toSorted((a, b) => (a.gain > b.gain ? -1 : a.gain < b.gain ? 1 : 0));
  return best as Best;
}

function averageOf(all: readonly Accounts[], { epochs, seeds }: Size): Earned {
  const average = (of: (accounts: Accounts) => bigint) =>
    perEpoch(
      all.reduce((sum, accounts) => sum + of(accounts), 0n),
      epochs * seeds,
    );
  return {
    provers: Object.fromEntries(
      HONEST.map(({ name }) => [name, average((accounts) => sumOf(accounts, [name]))]),
    ),
    stakers: average(({ stakers }) => stakers),
    requesters: average((accounts) => sumOf(accounts, [OUTSIDE])),
    treasury: average(({ treasury }) => treasury),
    paid: average(({ paid }) => paid),
  };
}

/** Rounded down, so that a loss never becomes nothing. */
function perEpoch(amount: bigint, epochs: number): bigint {
  const count = BigInt(epochs);
  const quotient = amount / count;
  return amount < 0n && quotient * count !== amount ? quotient - 1n : quotient;
}
