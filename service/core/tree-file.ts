// SPDX-License-Identifier: AGPL-3.0-only
import { encodeCanonical, parseCanonical } from "./canonical.ts";
import { buildClaimTree, type ClaimTree, ENTRY } from "./claim-tree.ts";
import { InputError } from "./errors.ts";
import { asHash } from "./guard.ts";
import { hexOf, writeHex } from "./hex.ts";
import { keccak256 } from "./keccak.ts";
import { type PackedLeaves, requireAllPayable } from "./packed-leaves.ts";
import { type Summary, summaryFromJson, summaryToJson } from "./summary.ts";
import type { Hex } from "./types.ts";

// The leaves of a root, to be read faster than from the artifact that they are in:
//
//   head      144 bytes: magic, number of leaves, length of the summary, domain, root, dataset hash, and keccak256 of
//             these and the summary
//   summary   canonical JSON
//   entries   44 bytes a leaf, as packed-leaves.ts has them; the root vouches for them
//
// Numbers are big-endian.

const MAGIC = "pvtree/3";
const FIXED = 112;
const HEAD = FIXED + 32;
/** Far above any summary, and little enough to be read from a damaged file. */
const MAX_SUMMARY = 65_536;
/** How much of a file holds its head and summary. */
export const FRONT = HEAD + MAX_SUMMARY;

export interface TreeHead {
  readonly count: number;
  readonly domain: Hex;
  readonly root: Hex;
  readonly datasetHash: Hex;
  readonly summary: Summary;
}

/**
 * The parts of a file.
 * @throws InputError for an amount that no distributor can pay, and for hashes that are none.
 */
export function encodeTreeFile(leaves: PackedLeaves, head: Omit<TreeHead, "count">): Uint8Array[] {
  requireAllPayable(leaves);
  const text = encodeCanonical(summaryToJson(head.summary));
  const front = new Uint8Array(HEAD + text.length);
  const view = new DataView(front.buffer);
  front.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, leaves.length);
  view.setUint32(12, text.length);
  writeHex(asHash(head.domain, "domain"), front, 16);
  writeHex(asHash(head.root, "root"), front, 48);
  writeHex(asHash(head.datasetHash, "datasetHash"), front, 80);
  front.set(text, HEAD);
  front.set(hashOfFront(front, text.length), FIXED);
  return [front, leaves.entries];
}

/**
 * The first FRONT bytes of a file, or all of it if it is shorter.
 * @throws InputError if they are not what their hash says.
 */
export function decodeTreeHead(front: Uint8Array): TreeHead {
  return frontOf(front).head;
}

/**
 * The tree over a file's leaves, which leads to the root in its head.
 * @throws InputError if it does not, or if the file is cut off or longer than its head says.
 */
export function decodeTreeFile(file: Uint8Array): { head: TreeHead; tree: ClaimTree } {
  const { head, end } = frontOf(file);
  if (file.length !== end + ENTRY * head.count) {
    const expected = end + ENTRY * head.count;
    throw new InputError(
      "mismatch",
      "entries",
      `end at ${file.length}, not ${expected}`,
      "build the file again",
    );
  }
  const tree = buildClaimTree(head.domain, file.subarray(end));
  if (tree.root === head.root) return { head, tree };
  throw new InputError("mismatch", "entries", "do not lead to the root", "build the file again");
}

function frontOf(bytes: Uint8Array): { head: TreeHead; end: number } {
  const broken = () =>
    new InputError("mismatch", "head", "is not what its hash says", "build the file again");
  const isTree = new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) === MAGIC;
  if (!isTree || bytes.length < HEAD) throw broken();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(12);
  const end = HEAD + length;
  if (length > MAX_SUMMARY || end > bytes.length) throw broken();
  if (hexOf(hashOfFront(bytes, length)) !== hexOf(bytes, FIXED, HEAD)) throw broken();
  const head = {
    count: view.getUint32(8),
    domain: hexOf(bytes, 16, 48),
    root: hexOf(bytes, 48, 80),
    datasetHash: hexOf(bytes, 80, FIXED),
    summary: summaryFromJson(parseCanonical(bytes.subarray(HEAD, end))),
  };
  return { head, end };
}

function hashOfFront(bytes: Uint8Array, summary: number): Uint8Array {
  return keccak256(Uint8Array.from([...bytes.subarray(0, FIXED), ...bytes.subarray(HEAD, HEAD + summary)]));
}
