// SPDX-License-Identifier: AGPL-3.0-only
import { createPublicClient, custom, type EIP1193RequestFn, type PublicClient } from "viem";
import { commonChain } from "./endpoints/common-chain.ts";
import { type Endpoint, endpointAt } from "./endpoints/endpoint.ts";
import type { Fault } from "./endpoints/fault.ts";
import { poolOf } from "./endpoints/pool.ts";
import { ChainError } from "./errors.ts";

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
  /** How many endpoints gave each answer alike. */
  readonly agreement: number;
}

/**
 * Endpoints as one client, all of which serve the one chain.
 * @throws ChainError if too few answer, or one serves another chain.
 */
export async function connect(options: ConnectOptions): Promise<Chain> {
  const { rpcUrl, rounds } = options;
  const endpoints = rpcUrl.split(",").map((url) => endpointAt(url.trim(), options));
  const agreement = agreementOf(endpoints, options.agreement);
  const chainId = await commonChain(endpoints, { ...options, agreement });
  const { request } = poolOf(endpoints, { agreement, rounds, chainId });
  const client: PublicClient = createPublicClient({
    transport: custom({ request: request as EIP1193RequestFn }, { retryCount: 0 }),
    // Reads name their block; only the head's number is asked again and again, and must not be a remembered one.
    cacheTime: 0,
  });
  return { client, chainId, rpcUrl, agreement };
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
