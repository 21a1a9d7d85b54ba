// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256, numberToHex, type RpcBlock } from "viem";
import type { Hex, Snapshot } from "../core/types.ts";
import { endpointAt } from "./endpoints/endpoint.ts";
import { headerBytes } from "./header.ts";
import { withTimeout } from "./with-timeout.ts";

/** How long each endpoint has, in milliseconds. */
const PATIENCE = 2_000;

/** What a block's hash is of. */
export interface Sealed {
  /** Who gave it. */
  readonly host: string;
  readonly parentHash: Hex;
  /** In seconds. */
  readonly timestamp: bigint;
}

/**
 * A block as the first of several endpoints, in `rpcUrl` with commas between them, gives it by itself such that it
 * hashes to this hash: nobody can make that up. Undefined if none does within two seconds, or there is but one.
 */
export async function sealedElsewhere(
  rpcUrl: string,
  { number, hash }: Snapshot,
): Promise<Sealed | undefined> {
  const urls = rpcUrl.split(",");
  if (urls.length === 1) return undefined;
  const call = { method: "eth_getBlockByNumber", params: [numberToHex(number), false] };
  const asked = urls.map((url) =>
    withTimeout(PATIENCE, undefined, async (signal): Promise<Sealed> => {
      const { host, ask } = endpointAt(url.trim(), { signal });
      const block = await ask(call);
      if (headerBytes(block, hash, keccak256) === undefined) throw new Error("another header");
      const { parentHash, timestamp } = block as RpcBlock;
      return { host, parentHash, timestamp: BigInt(timestamp) };
    }),
  );
  return Promise.any(asked).catch(() => undefined);
}
