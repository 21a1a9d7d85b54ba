// SPDX-License-Identifier: AGPL-3.0-only
import type { App } from "./instance.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Ends the server when it fires: what was begun is answered first. */
  readonly signal: AbortSignal;
  /** Told the address once connections are taken. */
  readonly onReady: (url: string) => void;
}

/** Milliseconds that answers in progress have when the server ends. */
const PATIENCE = 30_000;
/** Milliseconds until a connection is closed whose last answer went out while the server ends. */
const SWEEP = 50;

/** Serves until the signal fires. */
export async function listen(app: App, { host, port, signal, onReady }: ListenOptions): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  onReady(await app.listen({ host, port }));
  await stopped;
  const overdue = setTimeout(() => app.server.closeAllConnections(), PATIENCE);
  // Clients keep connections for their next request, which would have the server wait for nothing.
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP);
  await app.close();
  clearInterval(sweep);
  clearTimeout(overdue);
}
