// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "../../chain/client.ts";
import { readSystem } from "../../chain/system.ts";
import { initKeccak } from "../../core/keccak.ts";
import { JobError } from "../../epoch/errors.ts";
import { writeFileWhole } from "../../store/file-store.ts";
import { loadEndpoint } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { requireRunnablePolicy } from "../deploy-policy.ts";
import { readDeployment } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { readKey, type SignerFlags, signerWith } from "../signing.ts";
import { DEFAULT_DEPLOYMENT } from "../usage/options.ts";

export interface DeployFlags extends SignerFlags {
  readonly config: string;
  readonly rpc?: string;
  readonly rpcUrl?: string;
  readonly chainId?: string;
  readonly out?: string;
  readonly json?: true;
}

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
const SCRIPT = "script/Deploy.s.sol";

export async function deploy(context: Context, flags: DeployFlags): Promise<void> {
  const { cwd, env, note } = context;
  const { rpc, rpcUrl = rpc, chainId } = flags;
  const endpoint = loadEndpoint(context, {
    ...(rpcUrl === undefined ? {} : { rpcUrl }),
    ...(chainId === undefined ? {} : { chainId }),
  });
  const config = await readConfigFile(resolve(cwd, flags.config));
  const out = resolve(cwd, flags.out ?? env.PROVENDER_DEPLOYMENT ?? DEFAULT_DEPLOYMENT);
  if (existsSync(out)) {
    throw new UsageError(`${out} exists already`, "move it away, or give another file with --out");
  }
  if (!existsSync(join(PROJECT, SCRIPT))) {
    throw new UsageError(
      "this package holds no contracts to deploy",
      "run it from a clone of the repository",
    );
  }
  await initKeccak();
  const chain = await connect(endpoint);
  const key = await readKey(context, flags);
  const signer = signerWith(context, chain, key, flags);

  // The script may read and write in this folder only.
  await mkdir(join(PROJECT, ".provender"), { recursive: true });
  const folder = await mkdtemp(join(PROJECT, ".provender/deploy-"));
  try {
    const record = join(folder, "deployment.json");
    const copy = join(folder, "config.json");
    await writeFile(copy, config);
    note("deploying; the first time, the contracts are compiled for about a minute");
    const unlocked = typeof signer.account === "string" ? ["--unlocked", "--sender", signer.account] : [];
    await runForge(["--rpc-url", firstOf(endpoint.rpcUrl), "--broadcast", ...unlocked], {
      ...env,
      PROVENDER_DEPLOY_CONFIG: copy,
      PROVENDER_DEPLOYMENT: record,
      PROVENDER_PRIVATE_KEY: key?.privateKey,
    });
    const deployment = readDeployment(record);
    if (deployment === undefined) {
      throw new JobError(
        "refused",
        "the script ended without a deployment record",
        "nothing is known to be deployed",
      );
    }
    const system = await readSystem(chain, deployment.distributor);
    const bytes = await readFile(record);
    await writeFileWhole(out, bytes);
    const written: Record<string, unknown> = JSON.parse(bytes.toString());
    if (flags.json) printJson(context, written);
    else context.out(summary(written, system.symbol, out));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function summary(record: Record<string, unknown>, symbol: string, out: string): string {
  const lines = Object.entries(record)
    .filter(([, value]) => typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value))
    .map(([name, value]) => `${name.padEnd(12)} ${value}${name === "token" ? ` (${symbol})` : ""}`);
  return `${[...lines, `written to ${out}`].join("\n")}\n`;
}

/** forge sends through one endpoint. */
function firstOf(rpcUrl: string): string {
  return rpcUrl.split(",", 1)[0] as string;
}

async function readConfigFile(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(
      `--config: cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`,
      "see script/deploy.example.json",
    );
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--config: not JSON: ${(cause as Error).message}`, "see script/deploy.example.json");
  }
  requireRunnablePolicy(config);
  return text;
}

async function runForge(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      ...["script/foundry.mjs", "forge", "script", `${SCRIPT}:Deploy`, "--non-interactive"],
      // One transaction after the other. Sent several at a time they may arrive in another order, and a node may drop
      // or hold one whose predecessor it does not know, which forge would then wait for without end.
      "--slow",
      // forge links tests in another way than scripts: in one cache, each compiles again what the other did.
      ...["--out", "cache/deploy/out", "--cache-path", "cache/deploy"],
      ...args,
    ],
    { cwd: PROJECT, env, stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
    });
  }
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code === 0) return;
  const reason =
    said
      .split("\n")
      .map((line) => line.trim())
      .findLast((line) => /^error/i.test(line)) ?? `forge ended with ${code}`;
  const [, problem] = /(deploy config: .*)/.exec(reason) ?? [];
  if (problem !== undefined) throw new UsageError(problem, "correct the config file; nothing was sent");
  throw new JobError(
    "refused",
    reason.replace(/^error:\s*/i, ""),
    "see what the chain says of the deployer's transactions",
  );
}
