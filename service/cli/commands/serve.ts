// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type ChainFlags, chainOptions, openSession } from "../session.ts";
import { type SignerFlags, signerOptions } from "../signing.ts";
import { openWorker, type WorkFlags, workOptions } from "../worker-run.ts";

interface ServeFlags extends ChainFlags, SignerFlags, WorkFlags {
  readonly host: string;
}

const STDERR = 2;
/** Whoever waits for an answer is told at once that an endpoint does not give one. */
const ONCE = { rounds: 1 };

export function register(program: Command, context: Context): void {
  workOptions(signerOptions(chainOptions(program.command("serve"))))
    .description(
      "answer over HTTP: epochs, artifacts, and the Merkle proofs that provers claim with; with --job do the foundation's work too",
    )
    .option("--port <number>", "where to listen (PROVENDER_PORT, 8547)")
    .option("--host <address>", "which of this machine's addresses to listen on", "127.0.0.1")
    .action((flags: ServeFlags) => serve(context, flags));
}

async function serve(context: Context, flags: ServeFlags): Promise<void> {
  const { host } = flags;
  // The server's packages take longer to load than most commands run: no other command waits for them.
  const [{ pino }, { buildApp }, { listen }] = await Promise.all([
    import("pino"),
    import("../../http/app.ts"),
    import("../../http/server.ts"),
  ]);
  const { config, chain, system, store } = await openSession(context, flags, ONCE);
  const logger = pino({ level: context.env.PROVENDER_LOG_LEVEL || "warn" }, pino.destination(STDERR));
  const app = await buildApp({ chain, system, store, version: context.version, logger });
  const worker = await openWorker(context, flags, logger);
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  const onReady = (url: string) => {
    if (flags.json) context.out(`${JSON.stringify({ url })}\n`);
    else context.out(`listening on ${url}: try ${url}/v1/epochs\n`);
  };
  const working = worker?.(ending.signal);
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
