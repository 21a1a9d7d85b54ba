// SPDX-License-Identifier: AGPL-3.0-only
import { createPublicClient, http, type PublicClient } from "viem";
import { ChainError, isUnreachable } from "./errors.ts";

export interface ConnectOptions {
  readonly rpcUrl: string;
  /** Refuses an endpoint of any other chain. */
  readonly chainId?: bigint | undefined;
  /** Called once for every HTTP request; many calls travel in one. */
  readonly onRequest?: () => void;
}

export interface Chain {
  readonly client: PublicClient;
  readonly chainId: bigint;
  readonly rpcUrl: string;
}

const BATCH = { batchSize: 100, wait: 0 };

export async function connect(options: ConnectOptions): Promise<Chain> {
  const { rpcUrl, chainId: expected, onRequest } = options;
  const client: PublicClient = createPublicClient({
    transport: http(rpcUrl, {
      batch: BATCH,
      timeout: 20_000,
      retryCount: 2,
      onFetchRequest: () => onRequest?.(),
    }),
    // Reads name their block; only the head's number is asked again and again, and must not be a remembered one.
    cacheTime: 0,
  });
  const chainId = BigInt(await client.getChainId().catch((cause) => refuse(rpcUrl, cause)));
  if (expected !== undefined && chainId !== expected) {
    throw new ChainError(
      "wrong-chain",
      `the RPC endpoint serves chain ${chainId}, not ${expected}`,
      "give the endpoint of the chain that the distributor is on",
    );
  }
  return { client, chainId, rpcUrl };
}

function refuse(rpcUrl: string, cause: unknown): never {
  const why = isUnreachable(cause) ? "does not answer" : "does not speak Ethereum's JSON-RPC";
  throw new ChainError(
    "unreachable",
    `the RPC endpoint ${hostOf(rpcUrl)} ${why}`,
    "check the URL and that the node runs, then try again",
    { cause },
  );
}

/** Providers put keys in paths and queries: neither is ever shown. */
function hostOf(rpcUrl: string): string {
  return URL.canParse(rpcUrl) ? new URL(rpcUrl).host : "given";
}
