// SPDX-License-Identifier: AGPL-3.0-only
import autocannon from "autocannon";
import type { ServerProcess } from "./process.ts";

const CONNECTIONS = 20;
/** Enough that what runs hot is compiled. */
const REQUESTS = 10_000;
const SECONDS = 5;

export interface Load {
  readonly perCpuSecond: number;
  readonly perSecond: number;
}

/** As many requests as it takes at a time. */
export async function fullLoad(server: ServerProcess, path: () => string, amount = REQUESTS): Promise<Load> {
  const before = await server.usage();
  const result = await ask(server, path, { amount });
  const after = await server.usage();
  return {
    perCpuSecond: result.requests.total / (after.cpuSeconds - before.cpuSeconds),
    perSecond: result.requests.average,
  };
}

/** Milliseconds in which 99 of 100 answers come, at a rate of requests a second. */
export async function latencyAt(server: ServerProcess, path: () => string, rate: number): Promise<number> {
  return (await ask(server, path, { overallRate: Math.floor(rate), duration: SECONDS })).latency.p99;
}

async function ask(
  server: ServerProcess,
  path: () => string,
  much: { amount: number } | { overallRate: number; duration: number },
) {
  const setupRequest = (request: { path: string }) => {
    request.path = path();
    return request;
  };
  const result = await autocannon({
    ...{ url: server.url, connections: CONNECTIONS, requests: [{ setupRequest }] },
    ...much,
  });
  if (result.non2xx + result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} were not answered`);
  return result;
}
