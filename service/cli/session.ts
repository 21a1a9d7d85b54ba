// SPDX-License-Identifier: AGPL-3.0-only
import { type Chain, type ConnectOptions, connect } from "../chain/client.ts";
import type { Fault } from "../chain/endpoints/fault.ts";
import { readSystem, type System } from "../chain/system.ts";
import { initKeccak } from "../core/keccak.ts";
import type { Store } from "../store/store.ts";
import { type Config, type Flags, isEndpointSet, loadConfig, networkNamed } from "./config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { openStore } from "./store.ts";

/** The flags of every command that reads the chain. */
export interface ChainFlags extends Omit<Flags, "rpcUrl"> {
  readonly rpc?: string;
  readonly rpcUrl?: string;
  readonly json?: true;
}

export interface Session {
  readonly config: Config;
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
}

/**
 * Configuration, endpoint, deployment and data directory, each checked before anything is done. Once the signal fires
 * nothing more is asked of the endpoint.
 * @throws UsageError, naming the setting; ChainError if the chain or the distributor is not what is meant
 */
export async function openSession(
  context: Context,
  flags: ChainFlags,
  {
    rounds,
    onRequest,
    onFault,
    signal,
  }: Pick<ConnectOptions, "rounds" | "onRequest" | "onFault" | "signal"> = {},
): Promise<Session> {
  const config = configOf(context, flags);
  await initKeccak();
  const report = reporter(context, config);
  const chain = await connect({
    ...config,
    ...{ rounds, onRequest, signal },
    onFault: (fault) => {
      report(fault);
      onFault?.(fault);
    },
  });
  const system = await readSystem(chain, config.distributor);
  return { config, chain, system, store: await openStore(context, config) };
}

/** Says once of every endpoint and kind of fault that it happened; of a single endpoint, the error says it. */
export function reporter({ note }: Context, { rpcUrl }: Pick<Config, "rpcUrl">): (fault: Fault) => void {
  if (!rpcUrl.includes(",")) return () => undefined;
  const said = new Set<string>();
  return ({ host, kind, message }) => {
    const key = `${host} ${kind}`;
    if (said.has(key)) return;
    said.add(key);
    note(`RPC endpoint ${host}: ${kind}: ${message}`);
  };
}

/**
 * The settings of a command that knows Provender's own contracts only.
 * @throws UsageError for another network, or as `loadConfig` does
 */
export function configOf(context: Context, flags: ChainFlags): Config {
  if (networkNamed(context, settingsIn(flags)).name !== "provender") {
    throw new UsageError(
      "this command is for Provender's own contracts",
      "leave --network out, or use provers, sync, epoch run, audit, policy check, serve or doctor",
    );
  }
  return loadConfig(context, settingsIn(flags));
}

/** Whether a command that may do without a chain is given one. */
export function hasEndpoint(context: Context, flags: ChainFlags): boolean {
  return isEndpointSet(context, settingsIn(flags));
}

/** Flags as settings: `--rpc` and `--rpc-url` are one list. */
export function settingsIn({ rpc, rpcUrl, json: _, ...rest }: ChainFlags): Flags {
  const urls = [rpc, rpcUrl].filter((url) => url !== undefined);
  return urls.length === 0 ? rest : { ...rest, rpcUrl: urls.join(",") };
}
