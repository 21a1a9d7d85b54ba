// SPDX-License-Identifier: AGPL-3.0-only
import autocannon from "autocannon";
import type { ServerProcess } from "../server-process.ts";

const CONNECTIONS = 20;

/** As many requests as it takes at a time; gives how many it answers in a second of its CPU's time. */
export async function fullLoad(
  { said: { url }, usage }: ServerProcess,
  path: () => string,
  amount: number,
): Promise<number> {
  const before = usage();
  const setupRequest = (request: autocannon.Request) => ({ ...request, path: path() });
  const { requests, non2xx, errors } = await autocannon({
    ...{ url, amount, connections: CONNECTIONS, requests: [{ setupRequest }] },
  });
  const after = usage();
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} were not answered`);
  return requests.total / (after.cpuSeconds - before.cpuSeconds);
}
