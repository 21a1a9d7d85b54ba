// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import type { PublicClient } from "viem";
import { ChainError } from "../chain/errors.ts";
import type { Address } from "../core/types.ts";
import { adviceOn } from "./advice.ts";
import { asReadError, requireReady } from "./audit.ts";
import { trailAfter } from "./continue.ts";
import { judge } from "./judge.ts";
import { breakBetween, unprovenTime } from "./linked-blocks.ts";
import { lookAt, type Reading, readChain } from "./reading.ts";
import type { AuditReport } from "./report.ts";
import { readHead } from "./snapshot.ts";
import type { StateSource } from "./state-source.ts";

export interface ConfirmParams {
  readonly client: PublicClient;
  /** Where state and blocks are taken from. */
  readonly state: StateSource;
  readonly distributor: Address;
  /** Whether each answer of the client is one that several endpoints gave alike. */
  readonly agreed: boolean;
  /** The artifact that the audit continued from, and its first epoch, if that was not epoch 0. */
  readonly continued?: { readonly from: number; readonly artifact: Uint8Array } | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
}

/** Seconds between the two readings, at the most. */
const LONGEST_REST = 180n;
const PART_OF_WINDOW = 4n;
/** Milliseconds between two looks at the chain's clock. */
const LOOK_EVERY = 5_000;

/**
 * Whether a second, later look shows the same mismatch, and the blocks that it is read from are the chain's: each
 * answer was given by several endpoints, or the blocks are linked by their parents' hashes to the final one; where the
 * epoch ends at another block than the post says, the blocks' times are part of what their hashes are of. Gives
 * why not, or undefined. Waits between the looks for the lesser of three minutes and a quarter of the window, and for
 * no more than half of what is left of it: as long by this machine's clock, or by the chain's. A chain that cannot be
 * read is a doubt too.
 */
export async function doubtAbout(params: ConfirmParams, report: AuditReport): Promise<string | undefined> {
  const { client, agreed, signal, log } = params;
  const { timestamp } = await readHead(client, "latest");
  const seconds = restBetween(report, timestamp);
  log(
    `epoch ${report.epoch} does not match: it is read again in ${seconds} s, and vetoed if that shows the same`,
  );
  await pass(client, timestamp + seconds, Number(seconds) * 1_000, signal);
  if (signal?.aborted) return "it was stopped before it had looked twice";
  try {
    const { reading, again } = await lookTwice(params, report.epoch);
    if (!isSame(report, again)) return "a second look does not show the same";
    if (again.state === "proven" || again.recomputed === undefined) return undefined;
    const { hash, ...snapshot } = again.recomputed.snapshot;
    const number = BigInt(snapshot.number);
    const broken = agreed ? undefined : await breakBetween(client, { number, hash }, reading.final);
    if (broken !== undefined || hash === again.post?.snapshot.hash) return broken;
    return await unprovenTime(client, number);
  } catch (error) {
    const cause = asReadError(error);
    if (cause instanceof ChainError) return `a second look failed: ${cause.message}`;
    throw error;
  }
}

/**
 * Seconds to wait before a second look: the least of the longest rest, a part of the challenge window, and half of what
 * is left of it at `now`, each rounded down.
 */
export function restBetween({ window }: AuditReport, now: bigint): bigint {
  if (window === null) return 0n;
  const [seconds, until] = [BigInt(window.seconds), BigInt(window.until)];
  const left = until > now ? (until - now) / 2n : 0n;
  return [LONGEST_REST, seconds / PART_OF_WINDOW, left].reduce((a, b) => (a < b ? a : b));
}

async function pass(
  client: PublicClient,
  until: bigint,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const end = Date.now() + milliseconds;
  const pause = Math.max(20, Math.min(LOOK_EVERY, milliseconds / 10));
  while (Date.now() < end && !signal?.aborted) {
    await setTimeout(Math.min(pause, end - Date.now()), undefined, { signal }).catch(() => undefined);
    const head = await readHead(client, "latest").catch(() => undefined);
    if (head !== undefined && head.timestamp >= until) return;
  }
}

async function lookTwice(
  { client, state, distributor, continued }: ConfirmParams,
  epoch: number,
): Promise<{ readonly reading: Reading; readonly again: AuditReport }> {
  const reading = await readChain(client, await lookAt(client, distributor, state));
  requireReady(reading, epoch);
  const trail = continued && trailAfter(reading, continued.from, continued.artifact);
  const { report } = await judge(client, reading, epoch, { trail });
  return { reading, again: report };
}

/** The same post, recomputed to the same result, with something that speaks against the post and nobody else. */
function isSame(first: AuditReport, second: AuditReport): boolean {
  const parts = ({ post, recomputed }: AuditReport) => JSON.stringify([post, recomputed]);
  return adviceOn(second) === "veto" && parts(first) === parts(second);
}
