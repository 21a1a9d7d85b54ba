// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { canonicalText, type JsonObject } from "../../../service/audit/json.ts";
import { lookAt, type Reading, readChain } from "../../../service/audit/reading.ts";
import { type RecordedChain, recordedChains, recordedClient } from "../helpers/recorded-chain.ts";

export const [boundaries, withheld] = recordedChains as [RecordedChain, RecordedChain];

/** Provers of the recorded chains. */
export const [A, B, C, D] = (["a1", "b2", "c3", "d4"] as const).map(
  (last) => `0x${last.padStart(40, "0")}`,
) as [`0x${string}`, `0x${string}`, `0x${string}`, `0x${string}`];

export interface Recorded {
  readonly client: PublicClient;
  readonly reading: Reading;
}

/** All that an auditor reads of a recorded chain. */
export async function readRecorded(
  chain: RecordedChain,
  client: PublicClient = recordedClient(chain),
): Promise<Recorded> {
  return { client, reading: await readChain(client, await lookAt(client, chain.distributor)) };
}

export interface ArtifactJson {
  [field: string]: unknown;
  rows: Record<string, unknown>[];
}

/** The artifact of an epoch, to write into. */
export function artifactOf({ epochs }: RecordedChain, epoch: number): ArtifactJson {
  return JSON.parse(epochs.find((one) => one.epoch === epoch)?.artifact ?? "");
}

export function bytesOf(json: object): Uint8Array {
  return Buffer.from(canonicalText(json as JsonObject));
}
