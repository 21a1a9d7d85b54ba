// SPDX-License-Identifier: AGPL-3.0-only
import type { Database } from "../../store/database.ts";
import type { Deployment } from "../../store/deployment.ts";
import type { Clock } from "../network.ts";
import { windowIn } from "./state.ts";
import { lateFacts, readState } from "./store.ts";

export interface EpochWindow {
  readonly start: number;
  readonly end: number;
  /** The most that its rewards may come to, in wei. */
  readonly maximum: bigint;
  /** No rewards were set yet: another configuration may still change it. */
  readonly provisional: boolean;
}

/** SPEC 14.3: the window in force when an epoch's rewards were first set, or else the one in force at the last block read. */
export async function windowsFrom(
  database: Database,
  deployment: Deployment,
): Promise<(epoch: number) => EpochWindow | undefined> {
  const settled = new Map<number, EpochWindow>();
  for (const { at, start, end, maximum } of await lateFacts(database, deployment, ["settled"])) {
    if (!settled.has(at)) settled.set(at, { start, end, maximum, provisional: false });
  }
  const { configs } = await readState(database, deployment);
  return (epoch) => {
    const known = settled.get(epoch);
    if (known !== undefined) return known;
    const window = windowIn(configs, epoch);
    return window && { ...window, provisional: true };
  };
}

/**
 * Epochs as the network's own contract counts them, from 1 on; bounds in seconds. An epoch that is not settled has the
 * bounds of the configuration in force.
 */
export async function clockFrom(database: Database, deployment: Deployment): Promise<Clock> {
  const windowOf = await windowsFrom(database, deployment);
  return {
    firstEpoch: 1,
    windowOf(epoch) {
      const window = windowOf(epoch);
      return window && { start: BigInt(window.start), end: BigInt(window.end) };
    },
    epochOf(timestamp) {
      // Windows follow each other, but for those that were changed after they were settled.
      for (let epoch = 1; ; epoch++) {
        const window = windowOf(epoch);
        if (window === undefined || timestamp < BigInt(window.start)) return undefined;
        if (timestamp < BigInt(window.end)) return epoch;
      }
    },
  };
}
