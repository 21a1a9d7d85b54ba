// SPDX-License-Identifier: AGPL-3.0-only
// How large a bundle's proofs are where the chain's state has many more accounts than a local one. Contracts' storage and
// code are the same there; what grows is the way from the state's root to each proven account.
import { fromRlp, type Hex, toHex } from "viem";
import { decodePreimages, type Preimages } from "../../../service/audit/state-proof/preimages.ts";

/** What RLP has in front of a list's items, which are more than 55 bytes, and at most 64 kB. */
const listOf = (bytes: number) => (bytes > 255 ? 3 : 2) + bytes;
/** A child that is there takes its hash and the byte in front of it; one that is not, and no value, take a byte each. */
const [CHILD, NOTHING] = [33, 1];
/** A contract's nonce, no balance, storage root and code hash, each with what RLP has in front. */
const ACCOUNT = 1 + 1 + 33 + 33;
const NIBBLES = 64;

/**
 * The expected bytes of all trie nodes, each once, that lead to `proven` of `accounts` whose keys are hashes, and so
 * spread evenly. By level L, from 0 at the root: of the 16^L prefixes of that length, a prefix is on the way if a proven
 * account has it, 1 − (1 − 16^−L)^proven, and its node is a branch if another account has it too, 1 − (1 − 16^−L)^(accounts − 1).
 * A branch has a child for each of its 16 continuations that an account has: that of the proven account, and each other
 * with probability 1 − (1 − 16^−(L+1))^(accounts − 1). Below its last branch each proven account has a leaf, with the rest of its key.
 */
export function accountNodesBytes({ accounts, proven }: { accounts: number; proven: number }): number {
  let bytes = 0;
  /** The levels above the leaves, summed over the proven accounts. */
  let depths = 0;
  for (let level = 0; level < NIBBLES; level++) {
    const prefixes = 16 ** level;
    const alone = emptied(prefixes, accounts - 1);
    const branches = prefixes * (1 - emptied(prefixes, proven)) * (1 - alone);
    if (branches < 1e-3) break;
    const children = (1 + 15 * (1 - emptied(16 * prefixes, accounts - 1)) - alone) / (1 - alone);
    bytes += branches * listOf(children * CHILD + (17 - children) * NOTHING);
    depths += proven * (1 - alone);
  }
  // Half a byte a nibble, and a flag of one nibble or two.
  const path = (NIBBLES - depths / proven) / 2 + 0.75;
  return bytes + proven * listOf(1 + path + 2 + listOf(ACCOUNT));
}

/** How likely it is that none of `count` is in one of so many places. */
function emptied(places: number, count: number): number {
  return places === 1 ? Number(count === 0) : Math.exp(count * Math.log1p(-1 / places));
}

/** The nodes that lead from a state's root to accounts, of all that a bundle holds. */
export function accountNodesIn({ get }: Pick<Preimages, "get">, stateRoot: Hex) {
  const accountNodes: Uint8Array[] = [];
  let accounts = 0;
  const open = [stateRoot];
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    const node = get(hash);
    if (node === undefined) continue;
    accountNodes.push(node);
    const items = fromRlp(node, "bytes") as Uint8Array[];
    const [path = new Uint8Array(1), next = path] = items;
    if (items.length === 17)
      open.push(...items.filter((item) => item.length === 32).map((item) => toHex(item)));
    else if (((path[0] ?? 0) & 0x20) !== 0) accounts++;
    else open.push(toHex(next));
  }
  return { accountNodes, accounts };
}

/**
 * A bundle's proofs' bytes, deflated, as one that was recorded somewhere would have them in a state of so many accounts.
 * Hashes do not deflate.
 */
export async function modelledBytes(proofs: Uint8Array, stateRoot: Hex, accounts: number): Promise<number> {
  const nodes = await decodePreimages(proofs);
  const { accounts: proven } = accountNodesIn(nodes, stateRoot);
  const here = (await nodes.encodeUsed()).length;
  return proofs.length - here + accountNodesBytes({ accounts, proven });
}
