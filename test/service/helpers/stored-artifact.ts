// SPDX-License-Identifier: AGPL-3.0-only
import { type Artifact, decodeArtifact } from "../../../service/core/artifact.ts";
import type { Hex } from "../../../service/core/types.ts";
import { openArtifact } from "../../../service/store/artifacts.ts";
import type { Store } from "../../../service/store/store.ts";

/** A stored artifact, whole; undefined if it is not there. @throws StoreError if it is damaged. */
export async function storedArtifact(
  store: Store,
  hash: Hex,
): Promise<{ artifact: Artifact; bytes: Buffer } | undefined> {
  const file = await openArtifact(store, hash, new Map());
  if (file === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of file.parts()) parts.push(part);
  await file.close();
  const bytes = Buffer.concat(parts);
  return { artifact: decodeArtifact(bytes), bytes };
}
