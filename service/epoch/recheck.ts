// SPDX-License-Identifier: AGPL-3.0-only
import { iProofMarketAbi } from "../chain/abi.ts";
import { readDistributor } from "../chain/distributor.ts";
import { inconsistent } from "../chain/errors.ts";
import { hasAdapter } from "../chain/system.ts";
import type { PackedInput } from "../core/epoch-input.ts";
import type { SyncSources } from "./sources.ts";

/**
 * Before a root is posted: what it was computed from is what the market still holds.
 * @throws ChainError `inconsistent` otherwise
 */
export async function requireUnchanged(
  { chain, system }: SyncSources,
  { epoch, carry, fulfilments: { count, accumulator } }: PackedInput,
): Promise<void> {
  const state = await readDistributor(chain.client, system);
  // Until the root before is active, the distributor holds what was left over before that.
  if (state.active?.epoch === epoch - 1 && state.carry !== carry) {
    throw inconsistent(
      `epoch ${epoch} has a carry of ${carry} by the logs; the distributor holds ${state.carry}`,
    );
  }
  if (hasAdapter(system)) return;
  const onChain = await chain.client.readContract({
    address: system.market,
    abi: iProofMarketAbi,
    functionName: "fulfilmentAccumulator",
    args: [BigInt(epoch)],
  });
  if (onChain.count === BigInt(count) && onChain.hash === accumulator) return;
  throw inconsistent(
    `epoch ${epoch} was computed from ${count} fulfilments that hash to ${accumulator}; the market now holds ${onChain.count} that hash to ${onChain.hash}`,
  );
}
