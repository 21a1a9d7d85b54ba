// SPDX-License-Identifier: AGPL-3.0-only
import { hashParts } from "../core/keccak.ts";
import { decodeTreeFile } from "../core/tree-file.ts";

/** What several machines need: what an epoch was, and what an audit read. How far a job is, is its machine's own. */
export const SHARED_FOLDERS = ["artifacts/", "bundles/"] as const;
/** Named by the hash of its bytes. */
const NAMED = /^(?:artifacts\/(0x[0-9a-f]{64})\.json|bundles\/(0x[0-9a-f]{64})\.json\.gz)$/;
/** Named by the hash of the artifact that it is a part of. */
const TREE = /^artifacts\/(0x[0-9a-f]{64})\.tree$/;

/** Whether a key names an artifact, its tree or a bundle by a hash. */
export function isSharedKey(key: string): boolean {
  return NAMED.test(key) || TREE.test(key);
}

/** The hash that a key's bytes have; undefined if its name does not say it. */
export function hashInName(key: string): string | undefined {
  const [, artifact, bundle] = NAMED.exec(key) ?? [];
  return artifact ?? bundle;
}

/** What is wrong with the bytes of a shared key; undefined if nothing is. */
export async function checkContent(
  key: string,
  parts: AsyncIterable<Uint8Array>,
): Promise<string | undefined> {
  const name = hashInName(key);
  if (name !== undefined) {
    const found = await hashParts(parts);
    return found === name ? undefined : `its bytes hash to ${found}`;
  }
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  try {
    const { datasetHash } = decodeTreeFile(Buffer.concat(all)).head;
    return datasetHash === TREE.exec(key)?.[1] ? undefined : `it is the tree of ${datasetHash}`;
  } catch (error) {
    return (error as Error).message;
  }
}
