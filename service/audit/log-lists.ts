// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Address } from "../core/types.ts";
import { type Deployment, lower } from "./deployment.ts";
import type { AssetChange, Fulfilled, Missed } from "./derive.ts";
import { append, assetChangeIn, type Facts, fulfilmentIn, missIn, vaultsOf } from "./facts.ts";
import type { Logged } from "./logged.ts";
import { readLogs } from "./logs.ts";

/** Logs one by one, of which facts hold only what they come to. */
export interface LogLists {
  readonly fulfilments: Map<number, Logged<Fulfilled>[]>;
  /** By the epoch of the deadline. */
  readonly misses: Map<number, Logged<Missed>[]>;
  /** By the prover whose vault it is. */
  readonly assets: Map<Address, Logged<AssetChange>[]>;
}

const known = new WeakMap<Facts, Promise<LogLists>>();

/**
 * Reads again what facts were made of, to say which log is to blame. Asks for exactly what was asked for the first time,
 * so that a bundle holds the answers; all of it is in memory then.
 */
export function listsOf(client: PublicClient, deployment: Deployment, facts: Facts): Promise<LogLists> {
  const lists = known.get(facts) ?? readLists(client, deployment, facts);
  known.set(facts, lists);
  return lists;
}

async function readLists(client: PublicClient, deployment: Deployment, facts: Facts): Promise<LogLists> {
  const { registry, market, distributor } = deployment;
  const lists: LogLists = { fulfilments: new Map(), misses: new Map(), assets: new Map() };
  for (const { registrations, ...blocks } of facts.ranges) {
    const range = { client, ...blocks };
    for await (const log of readLogs({ ...range, contracts: [registry, market, distributor] })) {
      if (lower(log.address) !== market) continue;
      const fulfilment = fulfilmentIn(log);
      if (fulfilment !== undefined) append(lists.fulfilments, fulfilment.epoch, fulfilment);
      const miss = missIn(log);
      if (miss !== undefined) append(lists.misses, miss.epoch, miss);
    }
    const vaults = vaultsOf(facts, registrations);
    if (vaults.size === 0) continue;
    for await (const log of readLogs({ ...range, contracts: [...vaults.keys()] })) {
      const prover = vaults.get(lower(log.address));
      const change = assetChangeIn(log);
      if (prover !== undefined && change !== undefined) append(lists.assets, prover, change);
    }
  }
  return lists;
}
