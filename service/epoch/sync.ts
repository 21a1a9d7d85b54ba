// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { type BlockPoint, readBlock } from "../chain/blocks.ts";
import type { Chain } from "../chain/client.ts";
import { ChainError, inconsistent, isPruned } from "../chain/errors.ts";
import type { LogPage } from "../chain/pages.ts";
import { InputError } from "../core/errors.ts";
import type { RawLog } from "../core/raw-log.ts";
import type { Hex } from "../core/types.ts";
import type { Network } from "../networks/network.ts";
import { provender } from "../networks/provender/network.ts";
import type { Database } from "../store/database.ts";
import { type Position, readPosition } from "../store/deployment.ts";
import { setChecked } from "../store/expected.ts";
import { InconsistentLogs } from "../store/inconsistent.ts";
import { hashAt, undoReorg } from "./reorg.ts";
import type { OpenDatabase, SyncSources } from "./sources.ts";

interface SyncOptions {
  /** How far: to the last block that is final, or to the latest. */
  readonly to: "finalized" | "latest";
  /** Whether what is stored is checked against the contracts' state at the end. */
  readonly check: boolean;
  readonly log: (line: string) => void;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SyncParams extends SyncSources, SyncOptions {}

export interface SyncNetworkParams<Log extends RawLog> extends OpenDatabase, SyncOptions {
  readonly chain: Chain;
  readonly network: Network<Log>;
}

/** How far a sync has come. */
export interface Progress {
  /** Where it began. */
  readonly first: bigint;
  readonly block: bigint;
  /** Where it will end. */
  readonly last: bigint;
  /** How many logs it has read. */
  readonly logs: number;
}

/** How often the ground may move before it is given up. */
const TURNS = 10;
/** Milliseconds that a head which moves, or an endpoint which lags, is left alone. */
const PAUSE = 500;

/** The last sync of each database in this process: one after the other, so that no block is read twice. */
const turns = new WeakMap<Database, Promise<unknown>>();

/**
 * Brings the database to where the chain is, page by page; each is durable, so that whoever is stopped goes on from
 * there. Blocks that were replaced are rolled back first. Other processes may do the same to the same database.
 * @throws ChainError: "inconsistent" if logs contradict each other or the contracts, "not-ready" if the chain or
 * another process moves faster than it can be followed.
 */
export function sync(params: SyncParams): Promise<Position> {
  return syncNetwork({ ...params, network: provender(params) });
}

/** The same for any network. */
export function syncNetwork<Log extends RawLog>(params: SyncNetworkParams<Log>): Promise<Position> {
  const { database } = params;
  const turn = (turns.get(database) ?? Promise.resolve()).then(() => syncNow(params));
  turns.set(
    database,
    turn.catch(() => undefined),
  );
  return turn;
}

async function syncNow<Log extends RawLog>(params: SyncNetworkParams<Log>): Promise<Position> {
  const { signal } = params;
  for (let turn = 1; ; turn++) {
    const outcome = await attempt(params);
    if (typeof outcome !== "string") return outcome;
    if (turn === TURNS || signal?.aborted) {
      throw new ChainError("not-ready", outcome, "try again later: what was read until then is kept");
    }
    await setTimeout(PAUSE, undefined, { signal }).catch(() => undefined);
  }
}

/** One way from the stored position to the chain's; says why, if it did not get there and another one may. */
async function attempt<Log extends RawLog>(params: SyncNetworkParams<Log>): Promise<Position | string> {
  const { chain, database, deployment, network, to, check, log } = params;
  const [finalized, latest] = await Promise.all([
    readBlock(chain.client, "finalized"),
    readBlock(chain.client, "latest"),
  ]);
  const start = await undoReorg(params, latest, log, network.rollBack);
  if (start !== undefined && start.block > latest.number) {
    return `the database is at block ${start.block}, and the endpoints are at ${latest.number}`;
  }
  const goal = { finalized, latest, last: to === "latest" ? latest : finalized };
  const position = await follow(params, start, goal);
  if (typeof position === "string") return position;
  const isReplaced = async () => (await hashAt(chain.client, position.block)) !== position.hash;
  const replaced = `block ${position.block} was replaced while it was read`;
  const unmoved = start?.block === position.block && start.hash === position.hash;
  if (unmoved && !check) return position;
  let found: Awaited<ReturnType<typeof network.verify>>;
  try {
    if (check) found = await network.verify(position);
  } catch (error) {
    // Nobody knows the state of a block that is gone.
    if (await isReplaced()) return replaced;
    if (to === "latest" || !isPruned(error)) throw error;
    // Nodes without an archive may keep less state than there are blocks above the final one: the newest will do.
    log(`the state of block ${position.block} is gone: reading on to the latest block, and comparing there`);
    return attempt({ ...params, to: "latest" });
  }
  if (await isReplaced()) return replaced;
  const moved = (await readPosition(database, deployment))?.hash !== position.hash;
  if (found === "behind" || moved) return BEHIND;
  if (found !== undefined) throw await forget(params, found);
  if (!check) return position;
  if (position.checked !== position.block) {
    if ((await setChecked(database, deployment, position)) === "behind") return BEHIND;
  }
  await network.forget(finalized.number);
  return { ...position, checked: position.block };
}

const BEHIND = "another process moved the database meanwhile";

interface Goal {
  readonly finalized: BlockPoint;
  readonly latest: BlockPoint;
  /** Where to stop. */
  readonly last: BlockPoint;
}

async function follow<Log extends RawLog>(
  params: SyncNetworkParams<Log>,
  start: Position | undefined,
  goal: Goal,
): Promise<Position | string> {
  const { deployment, network, log, onProgress, signal } = params;
  const { last } = goal;
  let position = start;
  let read = await readerFor(params, goal);
  let ahead: Promise<LogPage<Log> | undefined> | undefined;
  const begin = start === undefined ? deployment.startBlock : start.block + 1n;
  let logs = 0;
  while (position === undefined || position.block < last.number) {
    if (signal?.aborted) return `stopped before block ${last.number}`;
    const first = position === undefined ? deployment.startBlock : position.block + 1n;
    if (first > last.number)
      return `no block from the deployment on is final yet: the last is ${last.number}`;
    const page = await (ahead ?? read(first, position?.hash));
    if (page === undefined) return `blocks from ${first} on were replaced while they were read`;
    // The endpoint works on the next page while the database takes this one.
    ahead = page.lastBlock < last.number ? read(page.lastBlock + 1n, page.lastHash) : undefined;
    ahead?.catch(() => undefined);
    const stored = await store(params, page, position?.hash);
    if (stored === "behind") {
      // Another process was faster: on from where it is.
      position = await undoReorg(params, goal.latest, log, network.rollBack);
      read = await readerFor(params, goal);
      ahead = undefined;
      continue;
    }
    position = stored;
    logs += page.logs.length;
    onProgress?.({ first: begin, block: position.block, last: last.number, logs });
  }
  return position;
}

type Read<Log> = (firstBlock: bigint, parent: Hex | undefined) => Promise<LogPage<Log> | undefined>;

async function readerFor<Log extends RawLog>(
  { network }: Pick<SyncNetworkParams<Log>, "network">,
  { finalized, last }: Goal,
): Promise<Read<Log>> {
  const lastFinal = last.number < finalized.number ? last : finalized;
  const reader = await network.reader();
  return (firstBlock, parent) =>
    firstBlock <= lastFinal.number
      ? reader.final(firstBlock, lastFinal)
      : reader.open(firstBlock, last, parent);
}

async function store<Log extends RawLog>(
  params: SyncNetworkParams<Log>,
  page: LogPage<Log>,
  parentHash: Hex | undefined,
): Promise<Position | "behind"> {
  try {
    return await params.network.store(page, parentHash);
  } catch (cause) {
    if (!(cause instanceof InconsistentLogs || cause instanceof InputError)) throw cause;
    throw await forget(params, inconsistent(cause.message, { cause }));
  }
}

/**
 * Nobody knows which of the logs since the last check are wrong: they are read again by whoever comes next, from
 * another endpoint as it may be.
 */
async function forget<Log extends RawLog>(
  { database, deployment, network }: SyncNetworkParams<Log>,
  contradiction: ChainError,
): Promise<ChainError> {
  const position = await readPosition(database, deployment);
  await network.rollBack(position?.checked ?? deployment.startBlock - 1n);
  return contradiction;
}
