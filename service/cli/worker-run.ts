// SPDX-License-Identifier: AGPL-3.0-only
import type { Logger } from "pino";
import { ChainError } from "../chain/errors.ts";
import { JobError } from "../epoch/errors.ts";
import { outboxOf } from "../epoch/outbox.ts";
import { type Schedule, scheduleOf } from "../epoch/schedule.ts";
import type { OpenDatabase } from "../epoch/sources.ts";
import type { Sender } from "../epoch/troubles.ts";
import { type WorkerEvent, workerOf, workUntil } from "../epoch/worker.ts";
import type { Metrics } from "../http/metrics.ts";
import { asSeconds } from "./config.ts";
import type { Context } from "./context.ts";
import { describe, UsageError } from "./errors.ts";
import { type Notice, type Notifier, postedNotice } from "./notify.ts";
import { refuseWithout } from "./refuse-flags.ts";
import type { ChainFlags, Session } from "./session.ts";
import { openSigner, type SignerFlags } from "./signing.ts";
import { LOOK_EVERY } from "./usage/options.ts";

export interface WorkFlags {
  readonly job?: true;
  readonly claim?: true;
  readonly cron?: string;
  readonly every?: string;
}

interface Running {
  /** Whose key signs, and where it is written down what was sent. */
  readonly sender: Sender;
  readonly schedule: Schedule | undefined;
  /** Works until it is told to end. */
  readonly work: () => Promise<void>;
}

interface Surroundings {
  readonly session: Session;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly notifier: Notifier | undefined;
  /** The database; whoever gives it closes it. */
  readonly open: () => Promise<OpenDatabase>;
  /** Ends the worker, and what it waits for. */
  readonly signal: AbortSignal;
}

/**
 * The worker that the flags ask for, if any.
 * @throws UsageError for flags that go with no task, or a schedule that is none
 */
export async function openWorker(
  context: Context,
  flags: ChainFlags & SignerFlags & WorkFlags,
  { session, logger, metrics, notifier, open, signal }: Surroundings,
): Promise<Running | undefined> {
  const { job, claim, cron, every } = flags;
  if (!job && !claim) {
    if (cron === undefined && every === undefined) return undefined;
    throw new UsageError("--cron and --every are for --job and --claim", "give one of those too");
  }
  refuseWithout(flags, "job", ["cron"]);
  const seconds = every === undefined ? LOOK_EVERY : asSeconds({ text: every, source: "--every" });
  const schedule = cron === undefined ? undefined : parseSchedule(cron);
  const { chain, system, store } = session;
  const onRemade = (what: string) => {
    logger.warn(what);
    metrics.remade();
  };
  const signer = await openSigner(context, chain, flags, { onRemade, signal });
  const worker = workerOf({
    chain,
    system,
    store,
    open,
    signer,
    version: context.version,
    tasks: [...(job ? (["job", "expire"] as const) : []), ...(claim ? (["claim"] as const) : [])],
    schedule,
    log: (line) => logger.info(line),
    onEvent: (event) => {
      report(logger, event);
      count(metrics, event);
      const notice = noticeOf(event);
      if (notice !== undefined) void notifier?.send(notice);
    },
  });
  const sender = { client: chain.client, address: signer.address, outbox: outboxOf(store, signer) };
  return { sender, schedule, work: () => workUntil(worker, seconds * 1_000, signal) };
}

/** Logs that contradict what the contracts hold. */
export function countContradiction(metrics: Metrics, error: unknown): void {
  if (isContradiction(error)) metrics.mismatch("logs");
}

/** Whether an endpoint says one thing here and another there. */
export function isContradiction(error: unknown): boolean {
  return error instanceof ChainError && error.code === "inconsistent";
}

function noticeOf(event: WorkerEvent): Notice | undefined {
  if (event.kind === "posted") return postedNotice(event.run);
  if (event.kind !== "failed" || event.again) return undefined;
  const { error } = event;
  const isMismatch = (error instanceof JobError && error.code === "conflict") || isContradiction(error);
  return isMismatch ? { kind: "mismatch", message: describe(error).message } : undefined;
}

function count(metrics: Metrics, event: WorkerEvent): void {
  if (event.kind === "posted") metrics.done("job", 1);
  else if (event.kind === "claimed") metrics.done("claim", event.provers);
  else if (event.kind === "expired") metrics.done("expire", event.requests);
  else if (event.kind === "failed") {
    metrics.failed(event.task);
    if (event.error instanceof JobError && event.error.code === "conflict") metrics.mismatch("root");
    else countContradiction(metrics, event.error);
  }
}

function report(logger: Logger, event: WorkerEvent): void {
  if (event.kind === "posted") {
    const { result, datasetHash, transaction } = event.run;
    const { epoch } = result.input;
    logger.warn({ epoch, root: result.root, datasetHash, transaction }, `posted the root of epoch ${epoch}`);
  } else if (event.kind === "claimed") {
    if (event.provers > 0) logger.warn(`claimed for ${event.provers} provers`);
    for (const { prover, reason } of event.skipped)
      logger.warn({ prover }, `${prover} was not paid: ${reason}`);
  } else if (event.kind === "expired") {
    logger.warn(`ended ${event.requests} requests and bids whose time was over`);
  } else {
    const { task, kind, again } = event;
    const { message, hint } = describe(event.error);
    // Once until it changes: a round comes every few seconds, and what it waits for may take days.
    logger[again ? "info" : kind === "failed" ? "error" : "warn"]({ task, hint }, message);
  }
}

function parseSchedule(text: string) {
  try {
    return scheduleOf(text);
  } catch (cause) {
    throw new UsageError(
      `--cron: ${(cause as Error).message}`,
      'such as "5 0 * * *": five minutes past midnight, every day',
    );
  }
}
