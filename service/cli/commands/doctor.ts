// SPDX-License-Identifier: AGPL-3.0-only
import { type Chain, connect } from "../../chain/client.ts";
import { readSystem, type System } from "../../chain/system.ts";
import { initKeccak } from "../../core/keccak.ts";
import { checkContracts, checkSigner } from "../../epoch/doctor/contracts.ts";
import { checkDatabase } from "../../epoch/doctor/database.ts";
import { checkAgreement, checkEndpoint } from "../../epoch/doctor/endpoints.ts";
import { type Finding, problem } from "../../epoch/doctor/finding.ts";
import { checkStorage } from "../../epoch/doctor/storage.ts";
import { fileStore } from "../../store/file-store.ts";
import type { Config } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { describe } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { type ChainFlags, configOf } from "../session.ts";
import { readKey, type SignerFlags, signerWith } from "../signing.ts";

const MARKS = { ok: "ok      ", warning: "WARNING ", problem: "PROBLEM " } as const;

export async function doctor(context: Context, flags: ChainFlags & SignerFlags): Promise<void> {
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
  const { system, found } = reachable ? await checkChain(context, config, flags) : UNREACHED;
  const { dataDir, databaseUrl: url } = config;
  const storage = await checkStorage(dataDir, fileStore(dataDir));
  const database = await checkDatabase({ dataDir, url }, system, now);
  const findings = [...endpoints, ...found, ...storage, database];
  if (flags.json) printJson(context, { findings });
  else context.out(findings.map(lineOf).join(""));
  if (!reachable) context.exit(EXIT.unreachable);
  else if (findings.some(({ level }) => level === "problem")) context.exit(EXIT.failed);
}

interface OnChain {
  readonly system: System | undefined;
  readonly found: readonly Finding[];
}

const UNREACHED: OnChain = { system: undefined, found: [] };

async function checkChain(
  context: Context,
  config: Config,
  flags: ChainFlags & SignerFlags,
): Promise<OnChain> {
  let chain: Chain;
  let system: System;
  try {
    chain = await connect({ ...config, rounds: 1 });
    system = await readSystem(chain, config.distributor);
  } catch (cause) {
    return { system: undefined, found: [problemOf("contracts", cause)] };
  }
  // What one of them cannot find out, the others still do.
  const found = await Promise.all([
    checkContracts(chain.client, system).catch((cause) => [problemOf("contracts", cause)]),
    checkKey(context, chain, system, flags).catch((cause) => [problemOf("signer", cause)]),
  ]);
  return { system, found: found.flat() };
}

async function checkKey(
  context: Context,
  chain: Chain,
  system: System,
  flags: SignerFlags,
): Promise<Finding[]> {
  const key = await readKey(context, flags);
  if (key === undefined && flags.from === undefined) return [];
  const { address } = signerWith(context, chain, key, flags);
  return checkSigner(chain.client, system, address);
}

function problemOf(check: Finding["check"], cause: unknown): Finding {
  const { message = "", hint = "" } = describe(cause);
  return problem(check, message, hint);
}

function lineOf({ check, level, message, hint }: Finding): string {
  return `${MARKS[level]} ${check}: ${message}${hint === undefined ? "" : `; ${hint}`}\n`;
}
