// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { type FollowParams, follow } from "../../epoch/follow.ts";
import { artifactRestorer } from "../../epoch/restore.ts";
import { sync } from "../../epoch/sync.ts";
import { epochRewardsCandidates } from "../../networks/provernet/candidates.ts";
import type { Position } from "../../store/deployment.ts";
import { asSeconds } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { openDatabaseOf, outlivingDatabase } from "../database.ts";
import { moment } from "../durations.ts";
import { describe, UsageError } from "../errors.ts";
import { isOtherNetwork, openNetwork } from "../network.ts";
import { whenReachable } from "../patient.ts";
import { type Reporter, reporterOf } from "../progress.ts";
import { refuseWithout } from "../refuse-flags.ts";
import { type ChainFlags, openSession } from "../session.ts";
import { SYNC_EVERY } from "../usage/options.ts";

export interface SyncFlags extends ChainFlags {
  readonly watch?: true;
  readonly every?: string;
}

/**
 * Reads the chain into the database and makes missing artifacts, once, or with --watch until a signal ends it.
 * @throws UsageError for flags that are none; ChainError if the chain contradicts itself; StoreError for the database
 */
export async function run(context: Context, flags: SyncFlags): Promise<void> {
  refuseWithout(flags, "watch", ["every"]);
  const every = everyOf(flags);
  if (isOtherNetwork(context, flags)) return runOtherNetwork(context, flags);
  const read = () => readChain(context, flags, every);
  await (flags.watch ? outlivingDatabase(read, context.note) : read());
}

async function readChain(context: Context, flags: SyncFlags, every: number): Promise<void> {
  const ending = new AbortController();
  const { signal } = ending;
  const session = await (flags.watch
    ? whenReachable(context, () => openSession(context, flags, { signal }))
    : openSession(context, flags));
  const { chain, system, store } = session;
  const stored = await openDatabaseOf(session);
  const reporter = await reporterOf(context);
  const end = () => ending.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  const params = { chain, system, ...stored, log: reporter.say, onProgress: reporter.show };
  const restore = artifactRestorer({
    ...params,
    store,
    onConflict: ({ message, hint }) => reporter.say(`warning: ${message}; ${hint}`),
  });
  const tell = (position: Position) => report(context, flags, position, stored.database.where);
  try {
    if (flags.watch) {
      await watch({ ...params, every, onSynced: restore }, signal, reporter, tell);
    } else {
      const position = await sync({ ...params, to: "latest", check: true, signal });
      await restore();
      reporter.end();
      tell(position);
    }
  } finally {
    reporter.end();
    process.off("SIGINT", end).off("SIGTERM", end);
    await stored.database.close();
  }
}

/** Another network is read up to the last final block, and once. */
async function runOtherNetwork(context: Context, flags: SyncFlags): Promise<void> {
  if (flags.watch) {
    throw new UsageError("--watch is for Provender's own contracts", "run sync again, or `provender serve`");
  }
  const session = await openNetwork(context, flags);
  try {
    const position = await session.sync();
    report(context, flags, position, session.database.where);
    if (session.contracts.epochRewards !== null) return;
    const candidates = await epochRewardsCandidates(session.chain.client, session.contracts, position.block);
    const named = candidates.map((address) => getAddress(address)).join(", ") || "none";
    context.note(
      `epochRewards is null; contracts that may be it, which anybody can deploy: ${named}. Name one to read epochs`,
    );
  } finally {
    await session.database.close();
  }
}

function everyOf({ every }: SyncFlags): number {
  if (every === undefined) return SYNC_EVERY * 1_000;
  return 1_000 * asSeconds({ text: every, source: "--every" });
}

/** Tells each new position, and each failure once until it is over. */
async function watch(
  params: Omit<FollowParams, "onEvent">,
  signal: AbortSignal,
  { say, end }: Reporter,
  tell: (position: Position) => void,
): Promise<void> {
  let told: string | undefined;
  await follow(
    {
      ...params,
      onEvent(event) {
        const news = event.kind === "synced" ? event.position.hash : describe(event.error).message;
        if (news === told) return;
        told = news;
        end();
        if (event.kind === "synced") {
          tell(event.position);
          return;
        }
        const { message, hint } = describe(event.error);
        say(hint === undefined ? `error: ${message}` : `error: ${message}; ${hint}`);
      },
    },
    signal,
  );
}

function report(context: Context, { json, watch }: SyncFlags, position: Position, where: string): void {
  const { block, hash, time: timestamp, checked } = position;
  if (json && !watch) {
    printJson(context, { block, hash, timestamp, checked: checked ?? null, database: where });
  } else if (json) {
    const numbers = {
      block: String(block),
      timestamp: String(timestamp),
      checked: checked?.toString() ?? null,
    };
    context.out(`${JSON.stringify({ ...numbers, hash })}\n`);
  } else {
    const check =
      checked === undefined ? "not checked yet" : `checked against the contracts at block ${checked}`;
    const now = BigInt(Math.floor(Date.now() / 1_000));
    context.out(`block ${block} of ${moment(timestamp, now)} is read, ${check}; database ${where}\n`);
  }
}
