// SPDX-License-Identifier: AGPL-3.0-only
import { ATTACK_NAMES, ATTACKS, type AttackName } from "./attacks.ts";
import { honestAuctions, type MarketSettings, OUTSIDE, play } from "./market.ts";
import { type Accounts, gainOf, settle } from "./rewards.ts";
import { MARKET, SETTINGS } from "./settings.ts";
import { demandOf, HONEST, randomOf, sum } from "./world.ts";

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

export type Row = ReturnType<typeof simulate>[number];

/** The same market, with and without each attack, under every setting: what each earns, and what attacks gain. */
export function simulate(size: Size, market: MarketSettings = MARKET, settings = SETTINGS) {
  const { seed, seeds, epochs, requests } = size;
  const runs = Array.from({ length: seeds }, (_, i) => {
    const demand = demandOf(randomOf(seed + i), epochs, requests);
    const honest = play(honestAuctions(demand, market), HONEST, market);
    const attacks = Object.values(ATTACKS).map((variantsOf) =>
      variantsOf(honest).map(({ name, actors, auctions, provers }) => ({
        ...{ variant: name, actors, played: play(auctions, provers, market) },
      })),
    );
    return { honest, attacks };
  });
  return settings.map(({ name, ...chosen }) => {
    const rewards = { ...chosen, budget: chosen.budget * BigInt(requests) };
    const honest = runs.map((run) => settle(run.honest, rewards));
    const gains = ATTACK_NAMES.map((attack, at) => {
      const best = runs.map(({ attacks }, i) =>
        (attacks[at] ?? [])
          .map(({ variant, actors, played }) => {
            const gain = gainOf(settle(played, rewards), honest[i] as Accounts, actors);
            return { gain: perEpoch(gain, epochs), variant };
          })
          .reduce((a, b) => (b.gain > a.gain ? b : a)),
      );
      const sorted = best.sort((a, b) => Number(a.gain - b.gain));
      return [attack, { least: sorted[0]?.gain, most: sorted.at(-1)?.gain, variant: sorted.at(-1)?.variant }];
    });
    return {
      settings: name,
      /** Without any attack, an epoch, over all seeds. */
      earned: averageOf(honest, size),
      gains: Object.fromEntries(gains) as Readonly<Record<AttackName, Gain>>,
    };
  });
}

function averageOf(all: readonly Accounts[], { epochs, seeds }: Size) {
  const average = (of: (accounts: Accounts) => bigint) => perEpoch(sum(all, of), epochs * seeds);
  const earnedBy = (name: string) => average(({ of }) => of.get(name) ?? 0n);
  return {
    provers: Object.fromEntries(HONEST.map(({ name }) => [name, earnedBy(name)])),
    stakers: average(({ stakers }) => stakers),
    requesters: earnedBy(OUTSIDE),
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
