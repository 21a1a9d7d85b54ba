// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { getAddress } from "viem";
import { type Chain, connect } from "../chain/client.ts";
import { ChainError } from "../chain/errors.ts";
import { initKeccak } from "../core/keccak.ts";
import type { OpenDatabase } from "../epoch/sources.ts";
import { syncNetwork } from "../epoch/sync.ts";
import type { Network } from "../networks/network.ts";
import { NEVER_VOUCHED, unansweredSince } from "../networks/provernet/anchors.ts";
import { configFromJson, type ProverNetConfig } from "../networks/provernet/config.ts";
import type { NetworkLog } from "../networks/provernet/log.ts";
import { provernet } from "../networks/provernet/network.ts";
import { type Contracts, openContracts, requireLogs } from "../networks/provernet/open.ts";
import { codeFound, pinsOf, requireCode } from "../networks/provernet/pins.ts";
import { newWitness } from "../networks/provernet/sources.ts";
import { deploymentKeyOf, readRemembered, readState, remember } from "../networks/provernet/store.ts";
import { openDeployment, type Position } from "../store/deployment.ts";
import { openDatabase } from "../store/open-database.ts";
import { loadStorage, networkNamed, type StorageConfig } from "./config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { type ChainFlags, reporter, settingsIn } from "./session.ts";

/** Another network's contracts, and what was read of them. Whoever opens it closes its database. */
export interface NetworkSession extends OpenDatabase {
  readonly config: StorageConfig;
  readonly settings: ProverNetConfig;
  readonly chain: Chain;
  readonly contracts: Contracts;
  readonly network: Network<NetworkLog>;
  /** Reads up to the last final block, and checks it; code that is found for the first time is pinned, and said. */
  readonly sync: (options?: { readonly log?: (line: string) => void }) => Promise<CheckedPosition>;
}

/** How far was read, and what of it no state vouches for. */
export interface CheckedPosition extends Position {
  readonly notVouched: readonly string[];
}

/** Whether the flags name another network than ours. */
export function isOtherNetwork(context: Context, flags: ChainFlags): boolean {
  return networkNamed(context, settingsIn(flags)).name === "provernet";
}

export interface OpenContracts {
  readonly config: StorageConfig;
  readonly settings: ProverNetConfig;
  readonly chain: Chain;
  readonly contracts: Contracts;
}

/**
 * Another network's contracts alone, for whoever needs no database.
 * @throws UsageError for a configuration that is none, or of another chain; ChainError where the contracts are not
 * what it says
 */
export async function openOtherNetwork(context: Context, flags: ChainFlags): Promise<OpenContracts> {
  const { file } = networkNamed(context, settingsIn(flags));
  const settings = await readConfig(file as string);
  const config = loadStorage(context, settingsIn(flags));
  if (config.chainId !== undefined && config.chainId !== settings.chainId) {
    throw new UsageError(
      `--chain-id: ${config.chainId}, the network's configuration says ${settings.chainId}`,
      "leave it out",
    );
  }
  await initKeccak();
  const { chainId } = settings;
  const chain = await connect({ ...config, chainId, onFault: reporter(context, config) }).catch((error) => {
    if (!(error instanceof ChainError) || error.code !== "wrong-chain") throw error;
    const hint = `network-config.chainId is ${chainId}: correct it, or give endpoints of that chain`;
    throw new ChainError(error.code, error.message, hint, { cause: error });
  });
  return { config, settings, chain, contracts: await openContracts(chain, settings) };
}

/**
 * Contracts, database and what was remembered of them; the code of each is compared with its pin. Close the database.
 * @throws UsageError, ChainError if a setting is missing, or another code runs there
 */
export async function openNetwork(context: Context, flags: ChainFlags): Promise<NetworkSession> {
  const { config, settings, chain, contracts } = await openOtherNetwork(context, flags);
  const database = await openDatabase({ dataDir: config.dataDir, url: config.databaseUrl });
  try {
    const deployment = await openDeployment(database, deploymentKeyOf(contracts));
    const known = await readRemembered(database, deployment);
    const pins = pinsOf(known.pins, settings, contracts);
    await requireCode(chain.client, pins);
    const witness = newWitness();
    const sources = { chain, contracts, database, deployment, pins, witness };
    const network = provernet(sources);
    return {
      ...{ config, settings, chain, contracts, network, database, deployment },
      async sync({ log = context.note } = {}) {
        const position = await syncNetwork({
          ...{ chain, network, database, deployment, log },
          ...{ to: "finalized", check: true },
        });
        requireLogs(contracts, await readState(database, deployment));
        const found = await codeFound(sources);
        const unanswered = unansweredSince(witness, known.unanswered);
        await remember(database, deployment, { pins: new Map([...pins, ...found]), unanswered });
        if (found.size > 0) log(pinnedText(found));
        const notVouched = [...unanswered.map((view) => `what ${view} would say`), ...witness.contradicted];
        return { ...position, notVouched: [...notVouched, ...NEVER_VOUCHED] };
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function readConfig(path: string): Promise<ProverNetConfig> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`--network-config: cannot read ${path}: ${code}`, "give the path of a JSON file");
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(
      `--network-config: ${path} is not JSON: ${(cause as Error).message}`,
      "correct the file",
    );
  }
  return configFromJson(json);
}

function pinnedText(found: ReadonlyMap<string, string>): string {
  const hashes = Object.fromEntries(Array.from(found, ([address, hash]) => [getAddress(address), hash]));
  return `pinned the code that was found: any other stops the next run; to keep it: "codeHashes": ${JSON.stringify(hashes)}`;
}
