// SPDX-License-Identifier: AGPL-3.0-only
import type { Call } from "./call.ts";

/** Milliseconds after which another endpoint is asked, before anything is known of the first. */
const UNKNOWN = 1_000;
const LEAST = 100;
const MOST = 3_000;
/** Below so many milliseconds none is slow. */
const QUICK = 100;
/** How much of what is remembered the latest answer takes the place of. */
const SHARE = 0.2;

/** How long an endpoint usually takes: logs apart, which are more to read and to send. */
export function learnedPatience() {
  const means = new Map<string, number>();
  const kindOf = ({ method }: Call) => (method === "eth_getLogs" ? method : "other");
  const usually = (call: Call): number => {
    const mean = means.get(kindOf(call));
    return mean === undefined ? UNKNOWN : Math.min(Math.max(4 * mean, LEAST), MOST);
  };
  const learn = (call: Call, taken: number) => {
    const kind = kindOf(call);
    const mean = means.get(kind);
    means.set(kind, mean === undefined ? taken : mean + SHARE * (taken - mean));
  };
  return {
    usually,
    /** How often what is quick must be doubled to be as slow: what is less is no reason to ask another first. */
    slowness: () => Math.max(0, Math.floor(Math.log2(Math.max(1, ...means.values()) / QUICK) + 1)),
    /** Whether that was later than usual. */
    served(call: Call, taken: number): boolean {
      const late = taken > usually(call);
      learn(call, taken);
      return late;
    },
    /** An answer that is still to come takes at least so long. */
    overtaken: learn,
  };
}
