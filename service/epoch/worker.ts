// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { Cron } from "croner";
import { readDistributor } from "../chain/distributor.ts";
import { ChainError } from "../chain/errors.ts";
import { requestWatch } from "../chain/requests.ts";
import type { Signer } from "../chain/signer.ts";
import { claimAll } from "./claim.ts";
import type { Sources } from "./claims.ts";
import { JobError } from "./errors.ts";
import { expireOverdue } from "./expire.ts";
import { type EpochRun, runEpoch } from "./run.ts";
import { readStatus } from "./status.ts";

/** What the worker has to say, for logs, metrics and whoever watches. */
export type WorkerEvent =
  | { readonly kind: "posted"; readonly run: EpochRun }
  | { readonly kind: "claimed"; readonly provers: number }
  | { readonly kind: "expired"; readonly requests: number }
  | { readonly kind: "failed"; readonly task: Task; readonly error: unknown };

type Task = "job" | "claim" | "expire";

export interface WorkerParams extends Sources {
  readonly signer: Signer;
  readonly version: string;
  /** Which of its tasks it does. */
  readonly tasks: readonly Task[];
  /** When the job looks for an epoch to post; on every round, if not given. */
  readonly cron?: Cron | undefined;
  readonly log: (line: string) => void;
  readonly onEvent: (event: WorkerEvent) => void;
}

export interface Worker {
  /** Does what is due now. A task that fails is reported, hinders no other, and is tried again on the next round. */
  readonly round: () => Promise<void>;
}

/** A schedule in cron's notation, in UTC; throws if it is none. */
export function scheduleOf(expression: string): Cron {
  return new Cron(expression, { timezone: "UTC", paused: true });
}

/**
 * The foundation's daily work without a person: posts each epoch that has ended, pays provers once a root is active,
 * and ends requests whose time is over. What a person must look at, it never repeats: above all a vetoed root.
 */
export function workerOf(params: WorkerParams): Worker {
  const { chain, system, signer, tasks, cron, log, onEvent } = params;
  const watch = requestWatch(chain.client, system);
  let nextRun = cron === undefined ? undefined : cron.nextRun();
  let claimedFor: bigint | undefined;

  async function job(): Promise<void> {
    if (nextRun !== undefined) {
      if (nextRun === null || Date.now() < nextRun.getTime()) return;
      nextRun = cron?.nextRun() ?? null;
    }
    const { due } = await readStatus(chain.client, system);
    if (due.some(({ kind }) => kind === "repost")) throw await vetoed(params);
    const next = due.find(({ kind }) => kind === "post");
    if (next?.kind !== "post") return;
    const run = await runEpoch({ ...params, epoch: next.epoch });
    if (run.status === "posted") onEvent({ kind: "posted", run });
  }

  async function claim(): Promise<void> {
    const { active } = await readDistributor(chain.client, system);
    if (active === undefined || active.postNumber === claimedFor) return;
    const batches = await claimAll(params, signer, log);
    const provers = batches.flatMap(({ paid }) => paid).length;
    if (provers > 0) onEvent({ kind: "claimed", provers });
    claimedFor = active.postNumber;
  }

  async function expire(): Promise<void> {
    const sent = await expireOverdue(params, await watch.overdue());
    if (sent.length > 0) onEvent({ kind: "expired", requests: sent.length });
  }

  const actions: Record<Task, () => Promise<void>> = { job, claim, expire };
  return {
    async round() {
      // One after the other: they share an account, and with it a sequence of nonces.
      for (const task of tasks) {
        try {
          await actions[task]();
        } catch (error) {
          if (isNotReady(error)) log(`${task}: ${error.message}`);
          else onEvent({ kind: "failed", task, error });
        }
      }
    },
  };
}

/** Rounds until the signal fires; the one that runs then is finished. */
export async function workUntil(worker: Worker, every: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await worker.round();
    await setTimeout(every, undefined, { signal }).catch(() => undefined);
  }
}

/** Nothing is wrong then: the next round may find it ready. */
function isNotReady(error: unknown): error is ChainError | JobError {
  return (error instanceof ChainError || error instanceof JobError) && error.code === "not-ready";
}

/** A veto says that somebody found the root wrong: the same root is not posted again without a person. */
async function vetoed({ chain, system }: WorkerParams): Promise<JobError> {
  const { latest } = await readDistributor(chain.client, system);
  return new JobError(
    "vetoed",
    `the root of epoch ${latest?.epoch} (post ${latest?.postNumber}) was vetoed`,
    "ask who vetoed it, and audit the epoch; then post anew with `provender epoch run --post`",
  );
}
