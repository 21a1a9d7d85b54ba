// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { type Address, formatEther, type Hex, keccak256, stringToBytes } from "viem";
import { type Chain, connect } from "../../chain/client.ts";
import { ChainError } from "../../chain/errors.ts";
import { readGasPrices } from "../../chain/fees.ts";
import type { Signer } from "../../chain/signer.ts";
import { readSystem } from "../../chain/system.ts";
import { initKeccak } from "../../core/keccak.ts";
import { readArtifact } from "../../deploy/artifacts.ts";
import { compileHere } from "../../deploy/compile.ts";
import { type AnyDeployConfig, isAdapter, readAnyDeployConfig } from "../../deploy/config.ts";
import { DeployConfigError } from "../../deploy/json-fields.ts";
import { fromAnotherRelease, planSteps } from "../../deploy/plan.ts";
import type { Progress, ProgressFile } from "../../deploy/progress.ts";
import { recordOf } from "../../deploy/record.ts";
import { deployAll } from "../../deploy/run.ts";
import { simulate } from "../../deploy/simulate.ts";
import { checkToken, stakingTokenOf } from "../../deploy/token.ts";
import { collect, decodeUnsigned, encodeUnsigned, unsignedOf } from "../../deploy/unsigned.ts";
import { asAddress, loadEndpoint } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { decoded, progressFileAt, readIfThere, writeStandardJson, writeText } from "../deploy-files.ts";
import { costOf, type DeployPlan, deployPlanJson, deployPlanText, recordText } from "../deploy-report.ts";
import { UsageError } from "../errors.ts";
import { findKey, type SignerFlags, signerWith } from "../signing.ts";
import { announce } from "../transactions.ts";
import { DEFAULT_DEPLOYMENT } from "../usage/options.ts";

export interface DeployFlags extends SignerFlags {
  readonly config: string;
  readonly rpc?: string;
  readonly rpcUrl?: string;
  readonly chainId?: string;
  readonly out?: string;
  readonly dryRun?: true;
  readonly unsigned?: string;
  readonly standardJson?: string;
  readonly json?: true;
}

/** What is to be deployed, where, and by whom. */
interface Job {
  readonly context: Context;
  readonly flags: DeployFlags;
  readonly chain: Chain;
  readonly config: AnyDeployConfig;
  readonly configHash: Hex;
  readonly deployer: Address;
  /** Where the record goes. */
  readonly out: string;
}

/**
 * Deploys what is missing of a configuration, and writes the record; --dry-run and --unsigned send nothing.
 * @throws UsageError for a configuration that is refused, or a record that is there; ChainError if the chain refuses
 */
export async function deploy(context: Context, flags: DeployFlags): Promise<void> {
  const { cwd, env, note } = context;
  const { rpc, rpcUrl = rpc, chainId } = flags;
  const endpoint = loadEndpoint(context, {
    ...(rpcUrl === undefined ? {} : { rpcUrl }),
    ...(chainId === undefined ? {} : { chainId }),
  });
  const text = await readConfigFile(resolve(cwd, flags.config));
  const out = resolve(cwd, flags.out ?? env.PROVENDER_DEPLOYMENT ?? DEFAULT_DEPLOYMENT);
  if (existsSync(out)) {
    throw new UsageError(`${out} exists already`, "move it away, or give another file with --out");
  }
  await initKeccak();
  const chain = await connect(endpoint);
  const { timestamp } = await chain.client.getBlock();
  const config = await checked(chain, text, timestamp);
  await compileHere(note);
  const sends = flags.dryRun === undefined && flags.unsigned === undefined;
  const signer = await signerOf(context, chain, flags, sends);
  const deployer = signer?.address ?? asAddress({ text: flags.from ?? "", source: "--from" });
  const job = { context, flags, chain, config, configHash: keccak256(stringToBytes(text)), deployer, out };
  if (flags.dryRun) await show(job);
  else if (flags.unsigned !== undefined) await handOut(job, resolve(cwd, flags.unsigned));
  else await send(job, signer as Signer);
}

async function readConfigFile(path: string): Promise<string> {
  const hint = "see script/deploy.example.json";
  const text = await readIfThere(path, "--config");
  if (text === undefined) throw new UsageError(`--config: cannot read ${path}: ENOENT`, hint);
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--config: not JSON: ${(cause as Error).message}`, hint);
  }
  return text;
}

async function checked(
  { chainId, client }: Chain,
  text: string,
  timestamp: bigint,
): Promise<AnyDeployConfig> {
  try {
    const config = readAnyDeployConfig(text, { chainId, timestamp });
    const token = isAdapter(config)
      ? await stakingTokenOf(client, config.adapter.stakingController)
      : config.token;
    if (token !== undefined) await checkToken(client, token);
    return config;
  } catch (error) {
    if (error instanceof DeployConfigError) throw new UsageError(error.message, error.hint);
    throw error;
  }
}

/** Where nothing is sent, an address is enough. */
async function signerOf(
  context: Context,
  chain: Chain,
  flags: DeployFlags,
  sends: boolean,
): Promise<Signer | undefined> {
  const key = await findKey(context, flags);
  return sends || key !== undefined || flags.from === undefined
    ? signerWith(context, chain, key, flags)
    : undefined;
}

/** What would be sent now, simulated as a whole. */
async function planOf({ chain: { client }, config, deployer }: Job): Promise<DeployPlan> {
  const [nonce, balance, { fees }] = await Promise.all([
    client.getTransactionCount({ address: deployer, blockTag: "pending" }),
    client.getBalance({ address: deployer }),
    readGasPrices(client),
  ]);
  const steps = planSteps(config, { deployer, nonce, deployed: new Map(), read: readArtifact });
  const gas = await simulate(client, deployer, steps, readArtifact);
  return { deployer, balance, gasPrice: fees.maxFeePerGas, steps, gas };
}

async function show(job: Job): Promise<void> {
  const { context, flags } = job;
  const plan = await planOf(job);
  if (flags.standardJson !== undefined) await writeInputs(job, flags.standardJson);
  if (flags.json) printJson(context, deployPlanJson(plan));
  else context.out(deployPlanText(plan));
}

/** Transactions for a signer elsewhere; once they are mined, the record. */
async function handOut(job: Job, path: string): Promise<void> {
  const { context, flags, chain, configHash, deployer: from } = job;
  const text = await readIfThere(path, "--unsigned");
  if (text !== undefined) {
    const unsigned = decoded(text, path, decodeUnsigned);
    if (unsigned.configHash !== configHash || unsigned.from !== from) {
      throw new UsageError(
        `${path} was made of another config or for another account`,
        "give the same ones, or another file with --unsigned",
      );
    }
    requireThisRelease(
      job,
      path,
      unsigned.transactions.map(({ key, data }) => [key, data]),
    );
    const addresses = await collect(chain.client, unsigned);
    await finish(job, BigInt(unsigned.startBlock), addresses);
    return;
  }
  const startBlock = String(await chain.client.getBlockNumber());
  const { steps, gas } = await planOf(job);
  const head = { chainId: String(chain.chainId), from, configHash, startBlock };
  await writeText(path, encodeUnsigned(unsignedOf(head, steps, gas)));
  if (flags.json) printJson(context, { unsigned: path, transactions: steps.length });
  else {
    context.out(
      `written to ${path}: ${steps.length} transactions, to be sent in order; then run the same command again for the deployment record\n`,
    );
  }
}

async function send(job: Job, signer: Signer): Promise<void> {
  const { context, chain, config, out } = job;
  const { client } = chain;
  const path = `${out}.under-way`;
  const progressFile = progressFileAt(path);
  const progress = (await goOn(job, progressFile, path)) ?? (await begin(job, progressFile));
  const log = context.note;
  const { startBlock, sent } = await deployAll({
    ...{ client, signer, config, read: readArtifact, progress, progressFile, log },
  });
  const addresses = new Map(Object.entries(sent).map(([key, { address }]) => [key, address]));
  await finish(job, startBlock, addresses);
  await rm(path, { force: true });
}

async function goOn(job: Job, progressFile: ProgressFile, path: string): Promise<Progress | undefined> {
  const { chain, configHash, deployer } = job;
  const progress = await progressFile.read();
  if (progress === undefined) return undefined;
  const same =
    progress.chainId === chain.chainId &&
    progress.deployer === deployer &&
    progress.configHash === configHash;
  if (!same) {
    throw new UsageError(
      `${path} is of a deployment that was not finished, of another config, account or chain`,
      "finish it with those, or move the file away to begin anew",
    );
  }
  requireThisRelease(
    job,
    path,
    Object.entries(progress.sent).map(([key, { sending }]) => [key, sending.data]),
  );
  return progress;
}

/** Contracts of two releases are never put together. */
function requireThisRelease(
  { config }: Job,
  path: string,
  created: Iterable<readonly [key: string, initCode: Hex]>,
): void {
  const other = fromAnotherRelease(config, created, readArtifact);
  if (other === undefined) return;
  throw new UsageError(
    `${path} was written by another release: its ${other} is not the one that this release deploys`,
    "finish it with that release, or move the file away to begin anew",
  );
}

async function begin(job: Job, progressFile: ProgressFile): Promise<Progress> {
  const { context, chain, configHash, deployer } = job;
  const startBlock = await chain.client.getBlockNumber();
  // What a constructor would refuse, or nobody could pay for, is refused before anything is sent.
  const plan = await planOf(job);
  requirePayable(plan);
  const cost = costOf(plan);
  const most = cost === undefined ? "" : `, for at most ${formatEther(cost)} of the chain's own currency`;
  announce(context, false, `deploy ${plan.steps.length} contracts as ${deployer}${most}`);
  const progress = { chainId: chain.chainId, deployer, configHash, startBlock, sent: {} };
  await progressFile.write(progress);
  return progress;
}

function requirePayable(plan: DeployPlan): void {
  const cost = costOf(plan);
  if (cost === undefined || plan.balance >= cost) return;
  throw new ChainError(
    "refused",
    `${plan.deployer} holds ${formatEther(plan.balance)} of the chain's own currency, and deploying may cost ${formatEther(cost)}: nothing was sent`,
    "send it the difference, then run the same command again",
  );
}

/** Checks that the contracts name each other, and writes the record. */
async function finish(job: Job, startBlock: bigint, addresses: ReadonlyMap<string, Address>): Promise<void> {
  const { context, flags, chain, config, out } = job;
  const { chainId, client } = chain;
  const record = await recordOf(client, config, { chainId, startBlock, addresses }, readArtifact);
  const system = await readSystem(chain, addresses.get("distributor") as Address);
  await writeText(out, `${JSON.stringify(record, null, 2)}\n`);
  if (flags.standardJson !== undefined) await writeInputs(job, flags.standardJson);
  if (flags.json) printJson(context, record);
  else context.out(recordText(record, system.symbol, out));
}

async function writeInputs({ context, config, deployer }: Job, folder: string): Promise<void> {
  const steps = planSteps(config, { deployer, nonce: 0, deployed: new Map(), read: readArtifact });
  const contracts = steps.map(({ contract }) => contract);
  await writeStandardJson(resolve(context.cwd, folder), contracts, readArtifact);
}
