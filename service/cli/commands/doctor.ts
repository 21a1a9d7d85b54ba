// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import { connect } from "../../chain/client.ts";
import { ChainError } from "../../chain/errors.ts";
import { readSystem } from "../../chain/system.ts";
import { initKeccak } from "../../core/keccak.ts";
import { checkContracts, checkSigner } from "../../epoch/doctor/contracts.ts";
import { checkEndpoint } from "../../epoch/doctor/endpoints.ts";
import { type Finding, problem } from "../../epoch/doctor/finding.ts";
import { checkStorage } from "../../epoch/doctor/storage.ts";
import { fileStore } from "../../store/file-store.ts";
import type { Config } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { describe, EXIT } from "../errors.ts";
import { type ChainFlags, chainOptions, configOf } from "../session.ts";
import { readKey, type SignerFlags, signerOptions, signerWith } from "../signing.ts";

export function register(program: Command, context: Context): void {
  signerOptions(chainOptions(program.command("doctor")))
    .description("check endpoints, contracts, roles, funding, clock and storage, and say what to do")
    .action((flags: ChainFlags & SignerFlags) => doctor(context, flags));
}

const MARKS = { ok: "ok      ", warning: "WARNING ", problem: "PROBLEM " } as const;

async function doctor(context: Context, flags: ChainFlags & SignerFlags): Promise<void> {
  await initKeccak();
  const config = configOf(context, flags);
  const now = Math.floor(Date.now() / 1_000);
  const urls = config.rpcUrl.split(",");
  const endpoints = (
    await Promise.all(urls.map((url) => checkEndpoint(url, config.distributor, config, now)))
  ).flat();
  const reachable = endpoints.some(({ check, level }) => check === "endpoint" && level === "ok");
  const onChain = reachable ? await checkChain(context, config, flags) : [];
  const storage = await checkStorage(config.dataDir, fileStore(config.dataDir));
  const findings = [...endpoints, ...onChain, ...storage];
  if (flags.json) printJson(context, { findings });
  else context.out(findings.map(lineOf).join(""));
  if (!reachable) context.exit(EXIT.unreachable);
  else if (findings.some(({ level }) => level === "problem")) context.exit(EXIT.failed);
}

async function checkChain(
  context: Context,
  config: Config,
  flags: ChainFlags & SignerFlags,
): Promise<Finding[]> {
  try {
    const chain = await connect({ ...config, rounds: 1 });
    const system = await readSystem(chain, config.distributor);
    const found = await checkContracts(chain.client, system);
    const key = await readKey(context, flags);
    if (key === undefined && flags.from === undefined) return found;
    const { address } = signerWith(context, chain, key, flags);
    return [...found, ...(await checkSigner(chain.client, system, address))];
  } catch (cause) {
    const { message = "", hint = "" } = describe(cause);
    const check = cause instanceof ChainError && cause.code === "no-signer" ? "signer" : "contracts";
    return [problem(check, message, hint)];
  }
}

function lineOf({ check, level, message, hint }: Finding): string {
  return `${MARKS[level]} ${check}: ${message}${hint === undefined ? "" : `; ${hint}`}\n`;
}
