// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256, numberToHex } from "viem";
import type { Snapshot } from "../core/types.ts";
import { endpointAt } from "./endpoints/endpoint.ts";
import { headerBytes } from "./header.ts";
import { withTimeout } from "./with-timeout.ts";

/** How long each endpoint has, in milliseconds. */
const PATIENCE = 2_000;

/**
 * The host of one of several endpoints, in `rpcUrl` with commas between them, that by itself gives the block such that
 * it hashes to this hash: nobody can make that up. Undefined if none does within two seconds, or there is but one.
 */
export async function sealingEndpoint(
  rpcUrl: string,
  { number, hash }: Snapshot,
): Promise<string | undefined> {
  const urls = rpcUrl.split(",");
  if (urls.length === 1) return undefined;
  const call = { method: "eth_getBlockByNumber", params: [numberToHex(number), false] };
  const asked = urls.map((url) =>
    withTimeout(PATIENCE, undefined, async (signal) => {
      const endpoint = endpointAt(url.trim(), { signal });
      const block = await endpoint.ask(call);
      return headerBytes(block, hash, keccak256) === undefined ? undefined : endpoint.host;
    }).catch(() => undefined),
  );
  return (await Promise.all(asked)).find((host) => host !== undefined);
}
