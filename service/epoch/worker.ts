// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { type BlockPoint, readBlock } from "../chain/blocks.ts";
import { readDistributor } from "../chain/distributor.ts";
import { ChainError } from "../chain/errors.ts";
import type { Signer } from "../chain/signer.ts";
import { epochAt } from "../chain/system.ts";
import type { Snapshot } from "../core/types.ts";
import type { Sources } from "./claims.ts";
import { JobError } from "./errors.ts";
import { expireOverdue } from "./expire.ts";
import { overdueWatch } from "./overdue.ts";
import { type ClaimedBatch, claimAll } from "./pay-claims.ts";
import { hashAt } from "./reorg.ts";
import { type EpochRun, runEpoch } from "./run.ts";
import type { Schedule } from "./schedule.ts";
import { readStatus } from "./status.ts";
import { sync } from "./sync.ts";

/** What the worker has to say, for logs, metrics and whoever watches. */
export type WorkerEvent =
  | { readonly kind: "posted"; readonly run: EpochRun }
  | { readonly kind: "claimed"; readonly provers: number; readonly skipped: ClaimedBatch["skipped"] }
  | { readonly kind: "expired"; readonly requests: number }
  /** Nothing is wrong: the next round may find it ready. */
  | {
      readonly kind: "waiting";
      readonly task: Task;
      readonly error: ChainError | JobError;
      readonly again: boolean;
    }
  /** `again`: the round before said the same. */
  | { readonly kind: "failed"; readonly task: Task; readonly error: unknown; readonly again: boolean };

type Task = "job" | "claim" | "expire";

export interface WorkerParams extends Sources {
  readonly signer: Signer;
  readonly version: string;
  /** Which of its tasks it does. */
  readonly tasks: readonly Task[];
  /** From which moments on the job posts all that has ended by then; as soon as it has ended, if not given. */
  readonly schedule?: Schedule | undefined;
  readonly log: (line: string) => void;
  readonly onEvent: (event: WorkerEvent) => void;
}

export interface Worker {
  /** Does what is due now. A task that fails is reported, hinders no other, and is tried again on the next round. */
  readonly round: () => Promise<void>;
}

/**
 * The foundation's daily work without a person: posts each epoch that has ended, pays provers once a root is active,
 * and ends requests whose time is over. What a person must look at, it never repeats: above all a vetoed root. A
 * round throws nothing: what fails is told by `onEvent`.
 */
export function workerOf(params: WorkerParams): Worker {
  const { chain, system, signer, tasks, log, onEvent } = params;
  let watch: ReturnType<typeof overdueWatch> | undefined;
  const released = releasedBy(params);
  const said = new Map<Task, string>();
  let claimed: { readonly postNumber: bigint; readonly block: BlockPoint } | undefined;

  async function job(): Promise<void> {
    const { due, currentEpoch } = await readStatus(chain.client, system, await params.open());
    const next = due.find(({ kind }) => kind === "post" || kind === "repost");
    if (next === undefined || !("epoch" in next) || next.epoch >= released(currentEpoch)) return;
    if (next.kind === "repost") throw await vetoed(params);
    const run = await runEpoch({ ...params, epoch: next.epoch });
    if (run.status === "posted") onEvent({ kind: "posted", run });
  }

  async function claim(): Promise<void> {
    const { active } = await readDistributor(chain.client, system);
    if (active === undefined) return;
    // Claims are repeated where the block that showed them to be paid is gone.
    if (active.postNumber === claimed?.postNumber && (await stands(claimed.block))) return;
    const batches = await claimAll(params, signer, log);
    const block = await readBlock(chain.client, "latest");
    // Looked for after that block was read: where they are in its past, they are gone only if it is.
    const mined = await Promise.all(batches.map((batch) => stands(batch.block)));
    const provers = batches.flatMap(({ paid }) => paid).length;
    const skipped = batches.flatMap((batch) => batch.skipped);
    if (provers + skipped.length > 0) onEvent({ kind: "claimed", provers, skipped });
    claimed = mined.every(Boolean) ? { postNumber: active.postNumber, block } : undefined;
  }

  async function stands({ number, hash }: Snapshot): Promise<boolean> {
    return (await hashAt(chain.client, number)) === hash;
  }

  async function expire(): Promise<void> {
    const sources = { chain, system, ...(await params.open()) };
    const position = await sync({ ...sources, to: "finalized", check: false, log });
    watch ??= overdueWatch(sources);
    const sent = await expireOverdue(params, await watch(position));
    if (sent.length > 0) onEvent({ kind: "expired", requests: sent.length });
  }

  const actions: Record<Task, () => Promise<void>> = { job, claim, expire };
  return {
    async round() {
      // One after the other: they share an account, and with it a sequence of nonces.
      for (const task of tasks) {
        try {
          await actions[task]();
          said.delete(task);
        } catch (error) {
          const text = sayingOf(error);
          const again = said.get(task) === text;
          said.set(task, text);
          if (isNotReady(error)) onEvent({ kind: "waiting", task, error, again });
          else onEvent({ kind: "failed", task, error, again });
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

/**
 * The epochs that a schedule has released, up to but without the given one: all that had ended at its last firing. One
 * that came while nobody was here counts too. The chain's clock may be ahead of this machine's: what had ended by it
 * when a firing was first seen is released as well.
 */
function releasedBy({ schedule, system }: WorkerParams): (currentEpoch: number) => number {
  if (schedule === undefined) return (currentEpoch) => currentEpoch;
  const endedAt = (firing: Date | undefined) =>
    firing === undefined ? 0 : epochAt(system, BigInt(Math.floor(firing.getTime() / 1_000)));
  let firing = schedule.lastFiring();
  let released = endedAt(firing);
  return (currentEpoch) => {
    const last = schedule.lastFiring();
    if (last?.getTime() === firing?.getTime()) return released;
    firing = last;
    released = Math.max(released, currentEpoch, endedAt(last));
    return released;
  };
}

/** What an error says, whatever the numbers in it: they change from one round to the next. */
function sayingOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/0x[0-9a-f]+|\d+/g, "#");
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
