// SPDX-License-Identifier: AGPL-3.0-only
import { readContract } from "viem/actions";
import { iProverRegistryAbi } from "../../chain/abi.ts";
import { useChain, usePage } from "../context.tsx";

/** Seconds from an exit's request until it is due. */
export function useUnbondingDelay(): number | undefined {
  const { network } = usePage();
  const delay = useChain(
    ["unbonding delay"],
    (client) =>
      readContract(client, {
        address: network.registry,
        abi: iProverRegistryAbi,
        functionName: "unbondingDelay",
      }),
    { every: false },
  );
  return delay.data === undefined ? undefined : Number(delay.data);
}
