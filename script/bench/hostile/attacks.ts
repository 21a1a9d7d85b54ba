// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout as rest } from "node:timers/promises";
import type { Address } from "../../../service/core/types.ts";
import { dawdle, get, MEGABYTE, NASTY, placesFor } from "../../../test/service/helpers/hostile.ts";

export interface Target {
  readonly url: string;
  readonly prover: Address;
}

/** Attacks once: resolves with whether the server ended it as it should. */
type Attack = (target: Target, turn: number) => Promise<boolean>;

interface Plan {
  readonly attack: Attack;
  /** How many attack at a time. */
  readonly attackers: number;
}

const isRefusal = (status: number) => status >= 400 && status < 500;

/** One place after the other, and what is put there after that of all of them. */
function pathAt({ prover }: Target, turn: number, texts: readonly string[]): string {
  const places = placesFor(prover);
  const place = places[turn % places.length] as (typeof places)[number];
  return place(texts[Math.floor(turn / places.length) % texts.length] as string);
}

export const ATTACKS: Readonly<Record<string, Plan>> = {
  nonsense: {
    attackers: 20,
    attack: async (target, turn) => isRefusal((await get(target.url, pathAt(target, turn, NASTY))).status),
  },
  megabytes: {
    attackers: 20,
    attack: async (target, turn) => (await get(target.url, pathAt(target, turn, [MEGABYTE]))).status === 413,
  },
  "slow-connections": {
    attackers: 200,
    attack: async ({ url }) => (await dawdle(url)).startsWith("HTTP/1.1 408 "),
  },
  // Far more than ten times what a server grants one address.
  "too-many": {
    attackers: 20,
    async attack({ url, prover }) {
      const answer = await fetch(`${url}/v1/provers/${prover}/proof`);
      await answer.arrayBuffer();
      return answer.status === 200 || answer.status === 429;
    },
  },
};

/** Until told to stop: how often each attacker's attack was ended as it should be. Any other end throws. */
export async function attackWith(name: string, target: Target, stopped: () => boolean): Promise<number> {
  const { attack, attackers } = ATTACKS[name] as Plan;
  let turns = 0;
  const attackOn = async () => {
    while (!stopped()) {
      const turn = turns++;
      if (!(await attack(target, turn))) throw new Error(`${name}: attack ${turn} did not end as it should`);
      // Whoever else waits for this process comes first.
      await rest(0);
    }
  };
  await Promise.all(Array.from({ length: attackers }, attackOn));
  return turns;
}
