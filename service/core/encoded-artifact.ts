// SPDX-License-Identifier: AGPL-3.0-only
import { type ArtifactHead, artifactParts, headOf } from "./artifact.ts";
import type { PackedResult } from "./epoch.ts";
import { hashParts } from "./keccak.ts";
import type { PackedLeaves } from "./packed-leaves.ts";
import type { Hex } from "./types.ts";

/** An epoch as it is published: the artifact's bytes and their hash, and the leaves that claims are served from. */
export interface EncodedArtifact {
  readonly head: ArtifactHead;
  readonly datasetHash: Hex;
  /** How many provers have a row. */
  readonly provers: number;
  readonly leaves: PackedLeaves;
  /** Its bytes, made anew each time. A part holds until the next is asked for: no more of them are in memory. */
  readonly parts: () => Iterable<Uint8Array>;
}

/** An epoch's result with the hash of the bytes that are published: none of them are kept. */
export async function encodeResult(result: PackedResult): Promise<EncodedArtifact> {
  const { rows, leaves } = result;
  const head = headOf(result);
  const parts = () => artifactParts(head, rows);
  return { head, parts, datasetHash: await hashParts(parts()), provers: rows.length, leaves };
}
