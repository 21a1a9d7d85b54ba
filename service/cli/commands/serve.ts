// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import { readStatus } from "../../epoch/status.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type ChainFlags, chainOptions, openSession } from "../session.ts";
import { type SignerFlags, signerOptions } from "../signing.ts";
import { openWorker, type WorkFlags, workOptions } from "../worker-run.ts";

interface ServeFlags extends ChainFlags, SignerFlags, WorkFlags {
  readonly host: string;
  readonly rateLimit: string;
  readonly trustProxy?: true;
}

const STDERR = 2;
const RATE_LIMIT = 1_200;
const MAX_RATE_LIMIT = 1_000_000;

export function register(program: Command, context: Context): void {
  workOptions(signerOptions(chainOptions(program.command("serve"))))
    .description(
      "answer over HTTP: epochs, artifacts, and the Merkle proofs that provers claim with; with --job do the foundation's work too",
    )
    .option("--port <number>", "where to listen (PROVENDER_PORT, 8547)")
    .option("--host <address>", "which of this machine's addresses to listen on", "127.0.0.1")
    .option(
      "--rate-limit <count>",
      "requests a minute that one address is answered; 0: as many as it sends",
      String(RATE_LIMIT),
    )
    .option("--trust-proxy", "take the address that a proxy in front of this server names")
    .action((flags: ServeFlags) => serve(context, flags));
}

async function serve(context: Context, flags: ServeFlags): Promise<void> {
  const { host, trustProxy } = flags;
  const rateLimit = rateLimitOf(flags);
  // The server's packages take longer to load than most commands run: no other command waits for them.
  const [{ pino }, { buildApp }, { newMetrics }, { listen }] = await Promise.all([
    import("pino"),
    import("../../http/app.ts"),
    import("../../http/metrics.ts"),
    import("../../http/server.ts"),
  ]);
  const metrics = newMetrics();
  const { config, chain, system, store } = await openSession(context, flags, {
    // Whoever waits for an answer is told at once that an endpoint does not give one.
    rounds: 1,
    onRequest: metrics.rpcRequest,
    onFault: metrics.rpcFault,
  });
  const logger = pino({ level: context.env.PROVENDER_LOG_LEVEL || "warn" }, pino.destination(STDERR));
  const worker = await openWorker(context, flags, { logger, metrics });
  const app = await buildApp({
    chain,
    system,
    store,
    version: context.version,
    status: () => readStatus(chain.client, system),
    metrics,
    signer: worker?.signer,
    logger,
    rateLimit,
    trustProxy,
  });
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  const onReady = (url: string) => {
    if (flags.json) context.out(`${JSON.stringify({ url })}\n`);
    else context.out(`listening on ${url}: try ${url}/v1/epochs\n`);
  };
  const working = worker?.work(ending.signal);
  try {
    await listen(app, { host, port: config.port, signal: ending.signal, onReady });
    await working;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall !== "listen") throw cause;
    throw new UsageError(
      `cannot listen on ${host}:${config.port}: ${(cause as NodeJS.ErrnoException).code}`,
      "give another --port or --host",
    );
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

function rateLimitOf({ rateLimit }: ServeFlags): number {
  const count = Number(rateLimit);
  if (/^(0|[1-9][0-9]*)$/.test(rateLimit) && count <= MAX_RATE_LIMIT) return count;
  throw new UsageError(
    `--rate-limit: not a number from 0 to ${MAX_RATE_LIMIT}: ${rateLimit}`,
    "write it in digits",
  );
}
