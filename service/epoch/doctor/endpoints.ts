// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex } from "viem";
import { type Chain, type ConnectOptions, connect } from "../../chain/client.ts";
import { type Endpoint, endpointAt } from "../../chain/endpoints/endpoint.ts";
import { asChainError, isPruned } from "../../chain/errors.ts";
import type { Address, Hex } from "../../core/types.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** What is asked for at a time, to see how much of it is given. */
const CALLS = 100;
const BLOCKS = 10_000n;
/** With less than this, the first reading of a long chain is slow. */
const FEW_CALLS = 10;
const FEW_BLOCKS = 1_000n;
const FAR_OFF = 3_600;

/** Each endpoint by itself: what it serves, and how much at once; `now` is this machine's time in seconds. */
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
    return [
      ok("endpoint", `${host} serves chain ${chain.chainId}, block ${latest.number}`),
      ok("endpoint", `${host} knows final blocks, up to ${finalized.number}`),
      await checkBatch(url),
      await checkRange(url, distributor, latest.number),
      await checkState(chain, host, distributor, finalized.number, latest.number),
      checkClock(host, Number(latest.timestamp), now),
    ];
  } catch (cause) {
    const { message, hint = "name another endpoint" } = asChainError(cause) as Error & { hint?: string };
    return [problem("endpoint", message.includes(host) ? message : `${host}: ${message}`, hint)];
  }
}

async function checkBatch(url: string): Promise<Finding> {
  const endpoint = endpointAt(url);
  const { host } = endpoint;
  const asked = Array.from({ length: CALLS }, () => endpoint.ask({ method: "eth_chainId" }));
  const failed = (await Promise.allSettled(asked)).filter(({ status }) => status === "rejected").length;
  const { calls } = endpoint.learned();
  if (failed > 0) {
    return warning(
      "endpoint",
      `${host} did not answer ${failed} of ${CALLS} calls that were made at a time`,
      "it limits: what is read from it takes longer; name one that may be asked more often",
    );
  }
  const message = `${host} takes ${calls === 1 ? "no batches" : `${calls} calls in one request`}`;
  return calls >= FEW_CALLS
    ? ok("endpoint", message)
    : warning("endpoint", message, "what is read from it takes as many more requests, and counts as such");
}

async function checkRange(url: string, address: Address, latest: bigint): Promise<Finding> {
  const endpoint = endpointAt(url);
  const first = latest > BLOCKS ? latest - BLOCKS + 1n : 0n;
  const range = { address, fromBlock: numberToHex(first), toBlock: numberToHex(latest) };
  await endpoint.ask({ method: "eth_getLogs", params: [range] });
  const all = latest - first + 1n;
  const { blocks = all } = endpoint.learned();
  const message = `${endpoint.host} gives logs of ${blocks < all ? blocks : all} blocks at a time`;
  return blocks >= FEW_BLOCKS || blocks >= all
    ? ok("endpoint", message)
    : warning("endpoint", message, "the first reading of a long chain takes long: name one that gives more");
}

/** The logs are compared with the contracts' state at the last final block, or at the newest where that is gone. */
async function checkState(
  { client }: Chain,
  host: string,
  address: Address,
  finalized: bigint,
  latest: bigint,
): Promise<Finding> {
  try {
    await client.getBalance({ address, blockNumber: finalized });
    return ok(
      "endpoint",
      `${host} has the state of the last final block, ${latest - finalized} below the latest`,
    );
  } catch (error) {
    if (!isPruned(error)) throw error;
    return warning(
      "endpoint",
      `${host} no longer has the state of the last final block, ${latest - finalized} below the latest`,
      "logs are compared with the newest state instead; a node that keeps the state of more blocks needs no such detour",
    );
  }
}

/** Whether endpoints give the same block under the number of the last one that is final for all who answer. */
export async function checkAgreement(urls: readonly string[], wanted: number): Promise<Finding[]> {
  if (urls.length === 1) return [];
  const endpoints = urls.map((url) => endpointAt(url));
  const finals = await Promise.allSettled(endpoints.map((endpoint) => endpoint.ask(block("finalized"))));
  const known = finals.flatMap((one) =>
    one.status === "fulfilled" ? [BigInt((one.value as Block).number)] : [],
  );
  if (known.length === 0) return [];
  const [number = 0n] = known.sort((a, b) => (a < b ? -1 : 1));
  const asked = await Promise.allSettled(
    endpoints.map((endpoint) => endpoint.ask(block(numberToHex(number)))),
  );
  const camps = new Map<string, string[]>();
  for (const [i, one] of asked.entries()) {
    const hash = one.status === "fulfilled" ? (one.value as Block | null)?.hash : undefined;
    if (hash !== undefined) camps.set(hash, [...(camps.get(hash) ?? []), (endpoints[i] as Endpoint).host]);
  }
  const [most = [], ...others] = [...camps.values()].sort((a, b) => b.length - a.length);
  const agree = `${most.length} of ${urls.length} endpoints agree on block ${number}`;
  if (others.length > 0) {
    return [
      problem(
        "agreement",
        `${agree}; ${others.flat().join(" and ")} give${others.flat().length === 1 ? "s" : ""} another`,
        "name another endpoint in its place: it serves another chain, or keeps a block that was replaced",
      ),
    ];
  }
  return [
    most.length >= wanted
      ? ok("agreement", `${agree}; ${wanted} must`)
      : problem("agreement", `${agree}, and ${wanted} must`, "name more endpoints, or lower --agreement"),
  ];
}

interface Block {
  readonly number: Hex;
  readonly hash: Hex;
}

const block = (which: string) => ({ method: "eth_getBlockByNumber", params: [which, false] });

/** Both in seconds: the latest block's time, and this machine's. */
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
