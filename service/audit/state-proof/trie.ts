// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToHex, fromRlp, hexToBytes } from "viem";
import type { Address, Hex } from "../../core/types.ts";
import { keccakOf } from "../hash.ts";
import type { Preimages } from "./preimages.ts";

/** What the state holds of an account. */
export interface Account {
  readonly storageRoot: Hex;
  readonly codeHash: Hex;
}

/** A node on the way is not there: nothing is known of what it leads to. */
export class MissingNode extends Error {}

const EMPTY_ROOT: Hex = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
export const EMPTY_CODE_HASH = keccakOf(new Uint8Array());
const NO_ACCOUNT: Account = { storageRoot: EMPTY_ROOT, codeHash: EMPTY_CODE_HASH };

/** The account as of the state with this root; an empty one if it is proven to be absent. @throws MissingNode */
export function accountIn(preimages: Preimages, stateRoot: Hex, address: Address): Account {
  const value = lookUp(preimages, stateRoot, address);
  if (value === undefined) return NO_ACCOUNT;
  const [, , storageRoot, codeHash] = fromRlp(value, "hex") as Hex[];
  return { storageRoot: storageRoot as Hex, codeHash: codeHash as Hex };
}

/** A word of the storage with this root; 0 if it is proven to be absent. @throws MissingNode */
export function wordIn(preimages: Preimages, storageRoot: Hex, slot: bigint): bigint {
  // An account without storage has no trie, and nodes give nothing, or an empty item, as its proof.
  if (storageRoot === EMPTY_ROOT) return 0n;
  const value = lookUp(preimages, storageRoot, `0x${slot.toString(16).padStart(64, "0")}`);
  return value === undefined ? 0n : BigInt(fromRlp(value, "hex") as Hex);
}

type Item = Uint8Array | readonly Item[];

/** What the trie with this root has under a key; undefined if it is proven to be absent. */
function lookUp(preimages: Preimages, root: Hex, key: Hex): Uint8Array | undefined {
  /** Of the key's hash, the digits that are still ahead. */
  let path = keccakOf(hexToBytes(key)).slice(2);
  let next: Item | undefined = hexToBytes(root);
  while (next !== undefined && next.length > 0) {
    const node: Item = next instanceof Uint8Array ? nodeOf(preimages, next, root, key) : next;
    if (node.length === BRANCH) {
      next = node[Number.parseInt(path.charAt(0), 16)] as Item;
      path = path.slice(1);
      continue;
    }
    const [encoded, value] = node as readonly [Uint8Array, Item];
    // The first digit says whether a value follows, and whether the next one is there to fill a byte.
    const digits = bytesToHex(encoded).slice(2);
    const kind = Number.parseInt(digits.charAt(0), 16);
    const part = digits.slice(kind & 1 ? 1 : 2);
    if (!path.startsWith(part)) return undefined;
    path = path.slice(part.length);
    if (kind & LEAF) return path === "" ? (value as Uint8Array) : undefined;
    next = value;
  }
  return undefined;
}

/** Of a node: sixteen that go on, and a value, which no key here ends at, as all are of one length. */
const BRANCH = 17;
const LEAF = 2;

function nodeOf(preimages: Preimages, hash: Uint8Array, root: Hex, key: Hex): readonly Item[] {
  const bytes = preimages.get(bytesToHex(hash));
  if (bytes === undefined) throw new MissingNode(`no way from ${root} to ${key}`);
  return fromRlp(bytes, "bytes") as readonly Item[];
}
