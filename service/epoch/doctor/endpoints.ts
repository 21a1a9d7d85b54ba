// SPDX-License-Identifier: AGPL-3.0-only
import { type ConnectOptions, connect } from "../../chain/client.ts";
import { asChainError } from "../../chain/errors.ts";
import type { Address } from "../../core/types.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Smaller ranges make the first reading of a long chain slow. */
const RANGE = 1_000n;
const FAR_OFF = 3_600;

/** Each endpoint by itself; `now` is this machine's time in seconds. */
export async function checkEndpoint(
  url: string,
  distributor: Address,
  { chainId }: Pick<ConnectOptions, "chainId">,
  now: number,
): Promise<Finding[]> {
  // Neither path nor query: providers put keys there.
  const { host } = new URL(url);
  try {
    const chain = await connect({ rpcUrl: url, chainId, rounds: 1 });
    const [latest, finalized] = await Promise.all([
      chain.client.getBlock(),
      chain.client.getBlock({ blockTag: "finalized" }),
    ]);
    const found = [ok("endpoint", `${host} serves chain ${chain.chainId}, block ${latest.number}`)];
    found.push(ok("endpoint", `${host} knows final blocks, up to ${finalized.number}`));
    const fromBlock = latest.number > RANGE ? latest.number - RANGE : 0n;
    await chain.client.getLogs({ address: distributor, fromBlock, toBlock: latest.number });
    found.push(ok("endpoint", `${host} gives logs of ${latest.number - fromBlock} blocks`));
    return [...found, checkClock(host, Number(latest.timestamp), now)];
  } catch (cause) {
    const { message, hint = "name another endpoint" } = asChainError(cause) as Error & { hint?: string };
    return [problem("endpoint", message.includes(host) ? message : `${host}: ${message}`, hint)];
  }
}

export function checkClock(host: string, latest: number, now: number): Finding {
  const apart = now - latest;
  if (Math.abs(apart) <= FAR_OFF)
    return ok("clock", `this machine's is ${apart} s ahead of ${host}'s latest block`);
  const hours = Math.round(Math.abs(apart) / 3_600);
  return apart > 0
    ? warning(
        "clock",
        `the latest block of ${host} is ${hours} hours old by this machine's clock`,
        "the endpoint lags, the chain stands still, or the clock is wrong: compare another clock",
      )
    : problem(
        "clock",
        `this machine's clock is ${hours} hours behind the latest block of ${host}`,
        "set the clock: epochs go by the chain's time, schedules and logs by this one",
      );
}
