// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { type Address, formatEther, type PublicClient } from "viem";
import { broadcast } from "../chain/broadcast.ts";
import { ChainError } from "../chain/errors.ts";
import { feesWithin, readGasPrices } from "../chain/fees.ts";
import { latestOf } from "../chain/sending.ts";
import type { Signer } from "../chain/signer.ts";
import { attempt, ContradictedError, type Delivery, waitUntilMined } from "../chain/wait-mined.ts";
import type { ReadArtifact } from "./artifacts.ts";
import type { AnyDeployConfig } from "./config.ts";
import { boundTogether, planSteps, type Step } from "./plan.ts";
import type { Progress, ProgressFile, Sent } from "./progress.ts";

export interface DeployParams {
  readonly client: PublicClient;
  readonly signer: Signer;
  readonly config: AnyDeployConfig;
  readonly read: ReadArtifact;
  /** Where it begins, or went on to before. */
  readonly progress: Progress;
  readonly progressFile: ProgressFile;
  readonly log: (line: string) => void;
}

const GAS_MARGIN = 4n;
const PAUSE = 500;
/** Where a creation goes; whatever else is sent goes somewhere, as its type says. */
const NOWHERE = undefined as never;

/**
 * Deploys what is not deployed yet, one contract after the other, each written down before it is sent. It may be
 * stopped at any time and run again.
 * @throws ChainError "replaced" if another transaction of the account came between those that name each other, which
 * they then can't: nothing more is sent, and the next run deploys these anew
 */
export async function deployAll(params: DeployParams): Promise<Progress> {
  const { signer, config, read, log } = params;
  let progress = await finishSent(params);
  for (let least = 0; ; ) {
    const nonce = await nextNonce(params, least);
    const deployed = new Map(Object.entries(progress.sent).map(([key, { address }]) => [key, address]));
    const steps = planSteps(config, { deployer: signer.address, nonce, deployed, read });
    const [step] = steps;
    if (step === undefined) return progress;
    if (!isInPlace(step, progress, boundTogether(config))) throw await abandon(params, progress, nonce);
    log(`deploying ${step.contract} at ${step.address}`);
    try {
      progress = await send(params, progress, step);
    } catch (error) {
      progress = await withoutReplaced(params, progress, step.key, error);
    }
    least = step.nonce + 1;
  }
}

/** Another transaction took its nonce, or its nonce can never come up: it is not deployed. Whatever else went wrong is thrown on. */
async function withoutReplaced(
  { progressFile }: DeployParams,
  progress: Progress,
  key: string,
  error: unknown,
): Promise<Progress> {
  const isLost =
    error instanceof ContradictedError || (error instanceof ChainError && error.code === "replaced");
  if (!isLost) throw error;
  const { [key]: _, ...sent } = progress.sent;
  await progressFile.write({ ...progress, sent });
  return { ...progress, sent };
}

/** Waits for what an earlier run has sent. What gave way to another transaction is not deployed. */
async function finishSent(params: DeployParams): Promise<Progress> {
  const { client, signer, log } = params;
  let { progress } = params;
  for (const [key, sent] of Object.entries(progress.sent)) {
    if (sent.mined) continue;
    log(`waiting for transaction ${latestOf(sent.sending).hash}, which an earlier run sent`);
    await broadcast(signer, latestOf(sent.sending).raw);
    try {
      await waitUntilMined(deliveryOf(params, progress, key, sent.address), sent.sending);
      progress = await save(params, progress, key, { ...sent, mined: true });
    } catch (error) {
      progress = await withoutReplaced(params, progress, key, error);
    }
  }
  for (const [key, { address }] of Object.entries(progress.sent)) {
    if ((await client.getCode({ address })) !== undefined) continue;
    throw new ChainError(
      "inconsistent",
      `there is no ${key} at ${address}, where an earlier run deployed it`,
      "give the endpoint of the same chain; if the chain was reset, delete the file that the deployment is kept in",
    );
  }
  return progress;
}

/** Whether the first of those that name each other, once it is sent, expects the contract where it would come to be. */
function isInPlace({ key, nonce }: Step, { sent }: Progress, bound: readonly string[]): boolean {
  const after = bound.indexOf(key);
  const first = sent[bound[0] ?? ""];
  return after <= 0 || first === undefined || nonce === first.sending.nonce + after;
}

async function abandon(
  { progressFile, config }: DeployParams,
  progress: Progress,
  nonce: number,
): Promise<ChainError> {
  const bound = boundTogether(config);
  const left = Object.entries(progress.sent).filter(([key]) => bound.includes(key));
  const kept = Object.entries(progress.sent).filter(([key]) => !bound.includes(key));
  await progressFile.write({ ...progress, sent: Object.fromEntries(kept) });
  const names = left.map(([key, { address }]) => `${key} ${address}`).join(" and ");
  return new ChainError(
    "replaced",
    `another transaction of ${progress.deployer} came in between (the next nonce is ${nonce}): ${names} can't be used, as the ${bound[0]} expects the others elsewhere. Nothing more was sent`,
    `send nothing else from this account, and run the same command again: it deploys ${listed(bound)} anew, and keeps the rest`,
  );
}

const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** Nothing of the account may be under way, and at least so many of its transactions must be known. */
async function nextNonce({ client, signer, log }: DeployParams, least: number): Promise<number> {
  const { address, limits } = signer;
  const giveUp = Date.now() + limits.patience;
  for (let waits = 0; ; waits++) {
    const count = (blockTag: "latest" | "pending") => client.getTransactionCount({ address, blockTag });
    const [mined, all] = await Promise.all([count("latest"), count("pending")]);
    if (all <= mined && mined >= least) return mined;
    if (waits === 1) log(`waiting for other transactions of ${address}`);
    if (Date.now() >= giveUp) {
      throw new ChainError(
        "not-ready",
        `transactions of ${address} that were sent elsewhere are not mined: nothing more was sent`,
        "wait for them, then run the same command again",
      );
    }
    await setTimeout(PAUSE);
  }
}

async function send(params: DeployParams, progress: Progress, step: Step): Promise<Progress> {
  const { client, signer } = params;
  const { address: from, account, chainId, limits } = signer;
  const [estimate, prices, balance] = await Promise.all([
    client.estimateGas({ account, data: step.initCode }),
    readGasPrices(client),
    client.getBalance({ address: from }),
  ]);
  const gas = estimate + estimate / GAS_MARGIN;
  const fees = feesWithin(prices, limits.maxFee);
  const cost = gas * fees.maxFeePerGas;
  if (balance < cost) {
    throw new ChainError(
      "refused",
      `${from} holds ${formatEther(balance)} of the chain's own currency, and deploying ${step.contract} may cost ${formatEther(cost)}: it was not sent`,
      "send it the difference, then run the same command again: it goes on from here",
    );
  }
  const sending = { chainId, from, nonce: step.nonce, to: NOWHERE, data: step.initCode, gas, attempts: [] };
  const delivery = deliveryOf(params, progress, step.key, step.address);
  const receipt = await waitUntilMined(delivery, await attempt(delivery, sending, fees));
  if (receipt.contractAddress?.toLowerCase() !== step.address) {
    throw new ChainError(
      "inconsistent",
      `transaction ${receipt.transactionHash} made no ${step.contract} at ${step.address}`,
      "ask another endpoint",
    );
  }
  const latest = await params.progressFile.read();
  const sent = latest?.sent[step.key];
  if (latest === undefined || sent === undefined)
    throw new Error("the file of the deployment under way is gone");
  return save(params, latest, step.key, { ...sent, mined: true });
}

async function save(
  { progressFile }: DeployParams,
  progress: Progress,
  key: string,
  sent: Sent,
): Promise<Progress> {
  const next = { ...progress, sent: { ...progress.sent, [key]: sent } };
  await progressFile.write(next);
  return next;
}

/** Whose every attempt is written down before it is sent. */
function deliveryOf(params: DeployParams, progress: Progress, key: string, address: Address): Delivery {
  const { client, signer, log } = params;
  return {
    client,
    signer,
    log,
    onContradicted: ({ attempts }, why) => log(`transaction ${attempts.at(-1)?.hash} is made anew: ${why}`),
    outbox: {
      read: async () => undefined,
      write: async (sending) => void (await save(params, progress, key, { address, sending, mined: false })),
    },
  };
}
