// SPDX-License-Identifier: AGPL-3.0-only
import { createMPT } from "@ethereumjs/mpt";
import { fromRlp, hexToBytes } from "viem";
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

export const EMPTY_ROOT: Hex = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
export const EMPTY_CODE_HASH = keccakOf(new Uint8Array());
const NO_ACCOUNT: Account = { storageRoot: EMPTY_ROOT, codeHash: EMPTY_CODE_HASH };

/** The account as of the state with this root; an empty one if it is proven to be absent. @throws MissingNode */
export async function accountIn(preimages: Preimages, stateRoot: Hex, address: Address): Promise<Account> {
  const value = await lookUp(preimages, stateRoot, address);
  if (value === undefined) return NO_ACCOUNT;
  const [, , storageRoot, codeHash] = fromRlp(value, "hex") as Hex[];
  return { storageRoot: storageRoot as Hex, codeHash: codeHash as Hex };
}

/** A word of the storage with this root; 0 if it is proven to be absent. @throws MissingNode */
export async function wordIn(preimages: Preimages, storageRoot: Hex, slot: bigint): Promise<bigint> {
  // An account without storage has no trie, and nodes give nothing, or an empty item, as its proof.
  if (storageRoot === EMPTY_ROOT) return 0n;
  const value = await lookUp(preimages, storageRoot, `0x${slot.toString(16).padStart(64, "0")}`);
  return value === undefined ? 0n : BigInt(fromRlp(value, "hex") as Hex);
}

async function lookUp(preimages: Preimages, root: Hex, key: Hex): Promise<Uint8Array | undefined> {
  const trie = await createMPT({
    root: hexToBytes(root),
    useKeyHashing: true,
    valueEncoding: "view",
    db: nodesOf(preimages),
  });
  try {
    return (await trie.get(hexToBytes(key), true)) ?? undefined;
  } catch (cause) {
    throw new MissingNode(`no way from ${root} to ${key}`, { cause });
  }
}

/** What the trie asks for its nodes, by their hashes without prefix. Nothing is ever written. */
function nodesOf(preimages: Preimages) {
  const nodes = {
    get: async (hash: string) => preimages.get(`0x${hash}`),
    put: async () => undefined,
    del: async () => undefined,
    batch: async () => undefined,
    open: async () => undefined,
    shallowCopy: () => nodes,
  };
  return nodes;
}
