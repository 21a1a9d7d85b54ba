// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Client } from "viem";
import { readContract } from "viem/actions";
import { iProverRegistryAbi } from "../../chain/abi.ts";
import type { Pause } from "./types.ts";

const LEVELS = ["none", "deposits", "deposits and exits"] as const;

/** What the guardian has paused now, and until when. */
export async function readPause(client: Client, registry: Address): Promise<Pause> {
  const read = { address: registry, abi: iProverRegistryAbi } as const;
  const [level, exitsUntil] = await Promise.all([
    readContract(client, { ...read, functionName: "pauseLevel" }),
    readContract(client, { ...read, functionName: "exitPauseEnd" }),
  ]);
  return { level: LEVELS[level] ?? "none", exitsUntil };
}
