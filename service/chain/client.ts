// SPDX-License-Identifier: AGPL-3.0-only
import type { EIP1193RequestFn, PublicClient } from "viem";
import { publicClientOf } from "#chain/public-client";
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
  /** Ends all that is asked, for good: what it was aborted with is thrown. */
  readonly signal?: AbortSignal | undefined;
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
  const { rpcUrl, rounds, signal } = options;
  const endpoints = rpcUrl.split(",").map((url) => endpointAt(url.trim(), options));
  const agreement = agreementOf(endpoints, options.agreement);
  const chainId = await commonChain(endpoints, { ...options, agreement }).catch((error) => {
    signal?.throwIfAborted();
    throw error;
  });
  const { request } = poolOf(endpoints, { agreement, rounds, chainId, signal });
  const client = publicClientOf(request as EIP1193RequestFn);
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
