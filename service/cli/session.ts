// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";
import { type Chain, type ConnectOptions, connect } from "../chain/client.ts";
import type { Fault } from "../chain/endpoints/fault.ts";
import { readSystem, type System } from "../chain/system.ts";
import { initKeccak } from "../core/keccak.ts";
import { fileStore } from "../store/file-store.ts";
import type { Store } from "../store/store.ts";
import { type Config, type Flags, isEndpointSet, loadConfig } from "./config.ts";
import type { Context } from "./context.ts";

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

export function chainOptions(command: Command): Command {
  return command
    .option("--rpc <url,...>", "RPC endpoint, or several that must agree (PROVENDER_RPC_URL)")
    .addOption(new Option("--rpc-url <url>", "the same as --rpc").hideHelp())
    .option("--agreement <count>", "how many of them must; default: more than half (PROVENDER_AGREEMENT)")
    .option("--distributor <address>", "the distributor (PROVENDER_DISTRIBUTOR)")
    .option("--deployment <file>", "deployment record that names the distributor (PROVENDER_DEPLOYMENT)")
    .option("--chain-id <id>", "refuse an endpoint of another chain (PROVENDER_CHAIN_ID)")
    .option("--data-dir <directory>", "where artifacts and the job's state are kept (PROVENDER_DATA_DIR)")
    .option("--json", "print the result as JSON");
}

/** Configuration, endpoint, deployment and data directory, each checked before anything is done. */
export async function openSession(
  context: Context,
  flags: ChainFlags,
  { rounds, onRequest, onFault }: Pick<ConnectOptions, "rounds" | "onRequest" | "onFault"> = {},
): Promise<Session> {
  const config = configOf(context, flags);
  await initKeccak();
  const report = reporter(context, config);
  const chain = await connect({
    ...config,
    rounds,
    onRequest,
    onFault: (fault) => {
      report(fault);
      onFault?.(fault);
    },
  });
  const system = await readSystem(chain, config.distributor);
  return { config, chain, system, store: fileStore(config.dataDir) };
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

export function configOf(context: Context, flags: ChainFlags): Config {
  return loadConfig(context, settingsIn(flags));
}

export function hasEndpoint(context: Context, flags: ChainFlags): boolean {
  return isEndpointSet(context, settingsIn(flags));
}

function settingsIn({ rpc, rpcUrl = rpc, json: _, ...rest }: ChainFlags): Flags {
  return rpcUrl === undefined ? rest : { ...rest, rpcUrl };
}
