// SPDX-License-Identifier: AGPL-3.0-only
import { type Chain, connect } from "../../chain/client.ts";
import { readSystem, type System } from "../../chain/system.ts";
import { initKeccak } from "../../core/keccak.ts";
import { checkContracts, checkSigner } from "../../epoch/doctor/contracts.ts";
import { checkDatabase, type Surroundings } from "../../epoch/doctor/database.ts";
import { checkAgreement, checkEndpoint } from "../../epoch/doctor/endpoints.ts";
import { type Finding, problem } from "../../epoch/doctor/finding.ts";
import { checkOutbox } from "../../epoch/doctor/outbox.ts";
import { checkObjects, checkStorage } from "../../epoch/doctor/storage.ts";
import { outboxOf } from "../../epoch/outbox.ts";
import { fileStore } from "../../store/file-store.ts";
import type { Store } from "../../store/store.ts";
import type { Config } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { describe } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { isOtherNetwork } from "../network.ts";
import { type ChainFlags, configOf } from "../session.ts";
import { findKey, type SignerFlags, signerWith } from "../signing.ts";
import { openStore } from "../store.ts";

const MARKS = { ok: "ok      ", warning: "WARNING ", problem: "PROBLEM " } as const;

/**
 * Says what is well and what is not, with what to do. Exit: 1 for a problem, 3 if no endpoint answers.
 * @throws UsageError for settings that cannot be read
 */
export async function doctor(context: Context, flags: ChainFlags & SignerFlags): Promise<void> {
  if (isOtherNetwork(context, flags))
    return (await import("../network-serve.ts")).doctorOtherNetwork(context, flags);
  await initKeccak();
  const config = configOf(context, flags);
  const now = Math.floor(Date.now() / 1_000);
  const urls = config.rpcUrl.split(",");
  const endpoints = (
    await Promise.all(urls.map((url) => checkEndpoint(url, config.distributor, config, now)))
  ).flat();
  const wanted = config.agreement ?? Math.floor(urls.length / 2) + 1;
  endpoints.push(...(await checkAgreement(urls, wanted)));
  const reachable = endpoints.some(({ check, level }) => check === "endpoint" && level === "ok");
  const { dataDir, databaseUrl: url } = config;
  const store = await openStore(context, config);
  const { onChain, found } = reachable ? await checkChain(context, config, flags, store) : UNREACHED;
  // An object store may hold more than there is room for here: `artifacts verify` reads it all.
  const storage = await checkStorage(dataDir, fileStore(dataDir));
  if (config.store !== undefined) storage.push(await checkObjects(config.store));
  const database = await checkDatabase({ dataDir, url }, onChain && { ...onChain, store }, now);
  const findings = [...endpoints, ...found, ...storage, ...database];
  if (flags.json) printJson(context, { findings });
  else context.out(findings.map(lineOf).join(""));
  if (!reachable) context.exit(EXIT.unreachable);
  else if (findings.some(({ level }) => level === "problem")) context.exit(EXIT.failed);
}

interface OnChain {
  readonly onChain: { readonly chain: Chain; readonly system: System } | undefined;
  readonly found: readonly Finding[];
}

const UNREACHED: OnChain = { onChain: undefined, found: [] };

async function checkChain(
  context: Context,
  config: Config,
  flags: ChainFlags & SignerFlags,
  store: Store,
): Promise<OnChain> {
  let chain: Chain;
  let system: System;
  try {
    chain = await connect({ ...config, rounds: 1 });
    system = await readSystem(chain, config.distributor);
  } catch (cause) {
    return { onChain: undefined, found: [problemOf("contracts", cause)] };
  }
  // What one of them cannot find out, the others still do.
  const found = await Promise.all([
    checkContracts(chain.client, system).catch((cause) => [problemOf("contracts", cause)]),
    checkKey(context, { chain, system, store }, flags).catch((cause) => [problemOf("signer", cause)]),
  ]);
  return { onChain: { chain, system }, found: found.flat() };
}

async function checkKey(
  context: Context,
  { chain, system, store }: Surroundings,
  flags: SignerFlags,
): Promise<Finding[]> {
  const key = await findKey(context, flags);
  if (key === undefined && flags.from === undefined) return [];
  const signer = signerWith(context, chain, key, flags);
  const { address } = signer;
  return [
    ...(await checkSigner(chain.client, system, address)),
    await checkOutbox({ client: chain.client, address, outbox: outboxOf(store, signer) }),
  ];
}

function problemOf(check: Finding["check"], cause: unknown): Finding {
  const { message = "", hint = "" } = describe(cause);
  return problem(check, message, hint);
}

function lineOf({ check, level, message, hint }: Finding): string {
  return `${MARKS[level]} ${check}: ${message}${hint === undefined ? "" : `; ${hint}`}\n`;
}
