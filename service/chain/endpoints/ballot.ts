// SPDX-License-Identifier: AGPL-3.0-only
import type { Call } from "./call.ts";
import { agreedOn, digestOf } from "./digest.ts";
import type { Endpoint } from "./endpoint.ts";

interface Answer {
  result: unknown;
  readonly from: Endpoint[];
}

/** Who gave which answer to one call. Where nobody else is asked, answers are not compared. */
export function ballotOf(call: Call, isAlone = false) {
  const answers = new Map<string, Answer>();
  const answer = (wanted: number) => [...answers.values()].find(({ from }) => from.length >= wanted);
  return {
    add(endpoint: Endpoint, result: unknown): void {
      const digest = isAlone ? "" : digestOf(call, result);
      const same = answers.get(digest);
      if (same === undefined) answers.set(digest, { result, from: [endpoint] });
      else {
        same.from.push(endpoint);
        if (!isAlone) same.result = agreedOn(call, same.result, result);
      }
    },
    /** How many gave the answer that most gave. */
    most: (): number => Math.max(0, ...[...answers.values()].map(({ from }) => from.length)),
    /** The answer of at least `wanted` endpoints. */
    answer,
    /** The same; whoever gave another one is distrusted. */
    winner(wanted: number): Answer | undefined {
      const winner = answer(wanted);
      if (winner === undefined) return undefined;
      for (const { from } of [...answers.values()].filter((other) => other !== winner)) {
        for (const endpoint of from) endpoint.distrust(`${call.method}: others agree on another answer`);
      }
      return winner;
    },
    /** Hosts, grouped by what they said. */
    camps: (): string[][] => [...answers.values()].map(({ from }) => from.map(({ host }) => host)),
  };
}
