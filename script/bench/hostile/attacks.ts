// SPDX-License-Identifier: AGPL-3.0-only
import { connect } from "node:net";
import { setTimeout as rest } from "node:timers/promises";
import type { Address } from "../../../service/core/types.ts";
import { get, MEGABYTE, NASTY, placesFor, UNFINISHED } from "../../../test/service/helpers/hostile.ts";

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

/** Milliseconds between two bytes of a header that never ends. */
const TRICKLE = 500;

export const ATTACKS: Readonly<Record<string, Plan>> = {
  nonsense: {
    attackers: 20,
    async attack({ url, prover }, turn) {
      const places = placesFor(prover);
      const place = places[turn % places.length] as (typeof places)[number];
      const text = NASTY[Math.floor(turn / places.length) % NASTY.length] as string;
      return isRefusal((await get(url, place(text))).status);
    },
  },
  megabytes: {
    attackers: 20,
    async attack({ url, prover }, turn) {
      const places = placesFor(prover);
      const place = places[turn % places.length] as (typeof places)[number];
      return (await get(url, place(MEGABYTE))).status === 413;
    },
  },
  "slow-connections": {
    attackers: 200,
    async attack({ url }) {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      let said = "";
      socket.on("data", (chunk) => {
        said += chunk;
      });
      const ended = new Promise<void>((resolve) => {
        socket.once("close", () => resolve());
      });
      socket.on("error", () => undefined);
      socket.write(UNFINISHED);
      const trickle = setInterval(() => socket.writable && socket.write("a"), TRICKLE);
      await ended;
      clearInterval(trickle);
      return said.startsWith("HTTP/1.1 408 ");
    },
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
