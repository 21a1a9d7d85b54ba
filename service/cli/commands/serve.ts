// SPDX-License-Identifier: AGPL-3.0-only
import type { Logger } from "pino";
import { formatEther } from "viem";
import { ChainError } from "../../chain/errors.ts";
import type { System } from "../../chain/system.ts";
import { catchUpOf, type FollowParams, follow } from "../../epoch/follow.ts";
import { artifactRestorer } from "../../epoch/restore.ts";
import type { OpenDatabase } from "../../epoch/sources.ts";
import { readStatus, type Status } from "../../epoch/status.ts";
import { type Troubles, troubleWatch } from "../../epoch/troubles.ts";
import type { Metrics } from "../../http/metrics.ts";
import { tokens } from "../amounts.ts";
import type { Context } from "../context.ts";
import { openDatabaseOf, outlivingDatabase } from "../database.ts";
import { describe, UsageError } from "../errors.ts";
import { loggerOf } from "../log.ts";
import { isOtherNetwork } from "../network.ts";
import { aboutOf, type Notice, type Notifier, type NotifyFlags, openNotifier } from "../notify.ts";
import { whenReachable } from "../patient.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";
import type { SignerFlags } from "../signing.ts";
import { troubleTeller } from "../troubles.ts";
import { countContradiction, isContradiction, openWorker, type WorkFlags } from "../worker-run.ts";

export interface ServeFlags extends ChainFlags, SignerFlags, WorkFlags, NotifyFlags {
  readonly host: string;
  readonly rateLimit: string;
  readonly trustProxy?: true | string;
  readonly publicRpc?: string;
}

/** Milliseconds between two looks at the chain's head. */
const SYNC_EVERY = 10_000;
/** Milliseconds in which what runs may be finished when it is told to end. */
const GRACE = 5_000;
const MAX_RATE_LIMIT = 1_000_000;

/**
 * Answers over HTTP until a signal ends it, and begins anew where its database is gone.
 * @throws UsageError for flags that are none; ChainError for another chain; StoreError if the database does not open
 */
export async function serve(context: Context, flags: ServeFlags): Promise<void> {
  const trustProxy = proxiesIn(flags);
  const rateLimit = rateLimitOf(flags);
  const rpc = publicRpcOf(flags);
  if (isOtherNetwork(context, flags)) {
    if (flags.job || flags.claim) {
      throw new UsageError(
        "--job and --claim are for our own contracts",
        "run `provender epoch run --post` there",
      );
    }
    const { serveOtherNetwork } = await import("../network-serve.ts");
    return outlivingDatabase(() => serveOtherNetwork(context, flags, rateLimit), context.note);
  }
  // The server's packages take longer to load than most commands run: no other command waits for them.
  const [{ pino }, { newMetrics }] = await Promise.all([import("pino"), import("../../http/metrics.ts")]);
  const [logger, metrics] = [loggerOf(context, pino), newMetrics()];
  await outlivingDatabase(
    () => serveFrom(context, flags, { logger, metrics, rateLimit, trustProxy, rpc }),
    (line) => logger.error({ task: "sync" }, line),
  );
}

interface Settings {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly rateLimit: number;
  readonly trustProxy: number | undefined;
  readonly rpc: string | undefined;
}

async function serveFrom(
  context: Context,
  flags: ServeFlags,
  { logger, metrics, rateLimit, trustProxy, rpc }: Settings,
): Promise<void> {
  const { host } = flags;
  const [{ buildApp }, { listen }] = await Promise.all([
    import("../../http/app.ts"),
    import("../../http/server.ts"),
  ]);
  const leaving = new AbortController();
  const observers = { onRequest: metrics.rpcRequest, onFault: metrics.rpcFault, signal: leaving.signal };
  // Whoever waits for an answer is told soon that no endpoint gives one; another round outlives a fault that moves on.
  const { config, chain, system, store } = await whenReachable(context, () =>
    openSession(context, flags, { ...observers, rounds: 2 }),
  );
  metrics.endpoints(config.rpcUrl.split(",").map((url) => new URL(url).host));
  // What goes on in the background may wait for an endpoint that is down.
  const session = await whenReachable(context, () => openSession(context, flags, observers));
  const stored = await openDatabaseOf(session);
  const ending = new AbortController();
  const { signal } = ending;
  let grace: NodeJS.Timeout | undefined;
  const end = () => {
    ending.abort();
    grace ??= setTimeout(() => leaving.abort(unanswered()), GRACE);
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  let running: readonly (Promise<void> | undefined)[] = [];
  try {
    const warn = (line: string) => logger.warn(line);
    const notifier = openNotifier(context, flags, { about: aboutOf(system), warn, signal });
    const worker = await openWorker(context, flags, {
      session,
      logger,
      metrics,
      notifier,
      signal,
      open: async () => stored,
    });
    const { database } = stored;
    const status = () => readStatus(chain.client, system, stored);
    const { sender, schedule } = worker ?? {};
    const troubles = troubleWatch({ system, status, posts: flags.job, schedule, sender });
    const following = followParams(session, stored, {
      ...{ logger, metrics, troubles, notifier },
      notices: noticesOf(troubles, system, status, async () => {
        return sender && chain.client.getBalance({ address: sender.address });
      }),
    });
    const app = await buildApp({
      catchUp: catchUpOf({ ...following, signal }),
      views: { rpc, lens: config.lens, router: config.router },
      ...{ chain, system, store, database, metrics, logger, rateLimit, trustProxy },
      version: context.version,
      ...{ status, troubles },
      signer: sender?.address,
    });
    const onReady = (url: string) => {
      if (flags.json) context.out(`${JSON.stringify({ url })}\n`);
      else context.out(`listening on ${url}: try ${url}/v1/epochs\n`);
    };
    running = [
      follow(following, signal).finally(end),
      worker?.work(),
      listen(app, { host, port: config.port, signal, onReady }),
    ];
    await Promise.all(running);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall !== "listen") throw cause;
    throw new UsageError(
      `cannot listen on ${host}:${config.port}: ${(cause as NodeJS.ErrnoException).code}`,
      "give another --port or --host",
    );
  } finally {
    end();
    process.off("SIGINT", end).off("SIGTERM", end);
    await Promise.allSettled(running);
    clearTimeout(grace);
    await stored.database.close();
  }
}

function unanswered(): ChainError {
  return new ChainError(
    "not-ready",
    "told to stop, and the RPC endpoints do not answer",
    "what was begun is gone on with when it is started again",
  );
}

interface Observers {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly troubles: () => Promise<Troubles>;
  readonly notifier: Notifier | undefined;
  /** What is the matter now. */
  readonly notices: () => Promise<Notice[]>;
}

/** In wei: it pays for a few posts. */
const LOW_BALANCE = 50_000_000_000_000_000n;

function noticesOf(
  troubles: () => Promise<Troubles>,
  { symbol }: System,
  status: () => Promise<Status>,
  balanceOf: () => Promise<bigint | undefined>,
): () => Promise<Notice[]> {
  return async () => {
    const [{ found }, { shortfall }, balance] = await Promise.all([troubles(), status(), balanceOf()]);
    const notices = found.flatMap(({ kind, message }): Notice[] => {
      if (kind !== "vetoed" && kind !== "overdue") return [];
      return [{ kind: kind === "vetoed" ? "vetoed" : "late", message }];
    });
    if (shortfall > 0n) {
      const message = `the distributor's promises exceed its funds by ${tokens(shortfall, symbol)}`;
      notices.push({ kind: "underfunded", message, details: { shortfall: String(shortfall) } });
    }
    if (balance !== undefined && balance < LOW_BALANCE) {
      const message = `the key that posts has ${formatEther(balance)} of the chain's own currency left for gas`;
      notices.push({ kind: "low-balance", message, details: { balance: String(balance) } });
    }
    return notices;
  };
}

function followParams(
  { chain, system, store }: Session,
  stored: OpenDatabase,
  { logger, metrics, troubles, notifier, notices }: Observers,
): FollowParams {
  let said: string | undefined;
  const tell = troubleTeller(logger, troubles);
  const restore = artifactRestorer({
    ...{ chain, system, ...stored, store },
    log: (line) => logger.info(line),
    onConflict({ message, hint }) {
      metrics.mismatch("root");
      logger.error({ task: "artifacts", hint }, message);
      void notifier?.send({ kind: "mismatch", message });
    },
  });
  return {
    ...{ chain, system, ...stored },
    every: SYNC_EVERY,
    async onSynced() {
      await restore();
      await tell();
      // A receiver that is slow or gone holds nothing up.
      if (notifier !== undefined) void notices().then(notifier.watch, () => undefined);
    },
    log: (line) => logger.warn(line),
    onProgress: ({ block, last, logs }) =>
      logger.info({ block: Number(block), last: Number(last), logs }, "reading the chain"),
    onEvent(event) {
      if (event.kind === "synced") {
        said = undefined;
        return;
      }
      countContradiction(metrics, event.error);
      const { message, hint } = describe(event.error);
      // Once until it changes.
      logger[message === said ? "info" : "error"]({ task: "sync", hint }, message);
      if (message !== said && isContradiction(event.error))
        void notifier?.send({ kind: "mismatch", message });
      said = message;
    },
  };
}

function rateLimitOf({ rateLimit }: ServeFlags): number {
  const count = Number(rateLimit);
  if (/^(0|[1-9][0-9]*)$/.test(rateLimit) && count <= MAX_RATE_LIMIT) return count;
  throw new UsageError(
    `--rate-limit: not a number from 0 to ${MAX_RATE_LIMIT}: ${rateLimit}`,
    "write it in digits",
  );
}

/** Named to everybody, so with nothing in it that is for somebody: a browser must be able to ask it. */
function publicRpcOf({ publicRpc }: ServeFlags): string | undefined {
  if (publicRpc === undefined) return undefined;
  const url = URL.canParse(publicRpc) ? new URL(publicRpc) : undefined;
  const isLocal = url?.hostname === "127.0.0.1" || url?.hostname === "localhost";
  if (url === undefined || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    throw new UsageError(
      `--public-rpc: not a URL that a page may ask: ${publicRpc}`,
      "it begins with https://, or is one of this machine",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      "--public-rpc: it has a user's name or password in it, and everybody would see them",
      "give one that needs none",
    );
  }
  return publicRpc;
}

/** How many proxies stand in front: what each of them adds to the right is believed, and nothing that was there before. */
function proxiesIn({ trustProxy }: ServeFlags): number | undefined {
  if (trustProxy === undefined) return undefined;
  if (trustProxy === true) return 1;
  if (/^[1-9]$/.test(trustProxy)) return Number(trustProxy);
  throw new UsageError(
    `--trust-proxy: not a number of proxies from 1 to 9: ${trustProxy}`,
    "give how many stand in front of this server, or leave the number out for one",
  );
}
