// SPDX-License-Identifier: AGPL-3.0-only
import { createPublicClient, custom, type EIP1193RequestFn, type PublicClient } from "viem";
import { type Endpoint, endpointAt } from "./endpoints/endpoint.ts";
import type { Fault } from "./endpoints/fault.ts";
import { poolOf } from "./endpoints/pool.ts";
import { ChainError, isUnreachable } from "./errors.ts";

export interface ConnectOptions {
  /** One URL, or several with commas between them. */
  readonly rpcUrl: string;
  /** How many of several endpoints must give the same answer; more than half of them, if not given. */
  readonly agreement?: number | undefined;
  /** How often a call that fails is tried, with rests between; 5 times, if not given. */
  readonly rounds?: number | undefined;
  /** Refuses an endpoint of any other chain. */
  readonly chainId?: bigint | undefined;
  /** Called once for every HTTP request; many calls travel in one. */
  readonly onRequest?: (() => void) | undefined;
  /** Called once for every call that is sent to an endpoint. */
  readonly onCall?: (() => void) | undefined;
  /** Called when an endpoint fails, limits, lags or contradicts the others. */
  readonly onFault?: ((fault: Fault) => void) | undefined;
}

export interface Chain {
  readonly client: PublicClient;
  readonly chainId: bigint;
  readonly rpcUrl: string;
}

export async function connect(options: ConnectOptions): Promise<Chain> {
  const { rpcUrl, rounds } = options;
  const endpoints = rpcUrl.split(",").map((url) => endpointAt(url.trim(), options));
  const agreement = agreementOf(endpoints, options.agreement);
  const { request } = poolOf(endpoints, { agreement, rounds });
  const client: PublicClient = createPublicClient({
    transport: custom({ request: request as EIP1193RequestFn }, { retryCount: 0 }),
    // Reads name their block; only the head's number is asked again and again, and must not be a remembered one.
    cacheTime: 0,
  });
  const chainId = await commonChain(endpoints, agreement, options);
  return { client, chainId, rpcUrl };
}

function agreementOf(endpoints: readonly Endpoint[], given: number | undefined): number {
  const agreement = given ?? Math.floor(endpoints.length / 2) + 1;
  if (Number.isInteger(agreement) && agreement >= 1 && agreement <= endpoints.length) return agreement;
  throw new ChainError(
    "unreachable",
    `agreement of ${agreement} endpoints is required, and ${endpoints.length} are given`,
    `ask for an agreement from 1 to ${endpoints.length}, or name more endpoints`,
  );
}

/** Every endpoint that answers must serve the one chain, and enough of them must answer. */
async function commonChain(
  endpoints: readonly Endpoint[],
  agreement: number,
  { chainId: expected, rounds }: ConnectOptions,
): Promise<bigint> {
  const ask = async (endpoint: Endpoint) =>
    BigInt((await poolOf([endpoint], { agreement: 1, rounds }).request({ method: "eth_chainId" })) as string);
  const outcomes = await Promise.allSettled(endpoints.map(ask));
  const found: bigint[] = [];
  let silent: ChainError | undefined;
  for (const [i, { host }] of endpoints.entries()) {
    const outcome = outcomes[i] as PromiseSettledResult<bigint>;
    if (outcome.status === "rejected") {
      silent ??= refusal(host, outcome.reason);
      continue;
    }
    const wanted = expected ?? found[0] ?? outcome.value;
    if (outcome.value !== wanted) throw wrongChain(host, outcome.value, wanted);
    found.push(outcome.value);
  }
  if (silent !== undefined && found.length < agreement) throw silent;
  return found[0] as bigint;
}

function wrongChain(host: string, served: bigint, wanted: bigint): ChainError {
  return new ChainError(
    "wrong-chain",
    `the RPC endpoint ${host} serves chain ${served}, not ${wanted}`,
    "give endpoints of the chain that the distributor is on",
  );
}

function refusal(host: string, cause: unknown): ChainError {
  const why = isUnreachable(cause) ? "does not answer" : "does not speak Ethereum's JSON-RPC";
  return new ChainError(
    "unreachable",
    `the RPC endpoint ${host} ${why}`,
    "check the URL and that the node runs, then try again",
    { cause },
  );
}
