// SPDX-License-Identifier: AGPL-3.0-only
import { createMPT } from "@ethereumjs/mpt";
import { keccak256, toBytes, toHex, toRlp } from "viem";
import { expect, it } from "vitest";
import { accountNodesBytes, accountNodesIn } from "../../../script/bench/audit/state-size.ts";
import { newPreimages } from "../../../service/audit/state-proof/preimages.ts";

const word = (i: number) => keccak256(toHex(i));

/** A state of so many accounts with different storage and code, and the nodes that prove every fifteenth. */
async function provenIn(accounts: number) {
  const trie = await createMPT({ useKeyHashing: true });
  const address = (i: number) => toBytes(word(i)).slice(0, 20);
  for (let i = 0; i < accounts; i++) {
    const account = toRlp(["0x01", "0x", word(i), word(i + 1)], "bytes");
    await trie.put(address(i), account);
  }
  const nodes = newPreimages();
  nodes.add(toBytes("0x1234"));
  let proven = 0;
  for (let i = 0; i < accounts; i += 15, proven++) {
    for (const node of await trie.findPath(toBytes(keccak256(address(i)))).then(({ stack }) => stack)) {
      nodes.add(node.serialize());
    }
  }
  return { nodes, proven, root: toHex(trie.root()) };
}

it.each([300, 1_000])(
  "the model of a state of %i accounts is that state's proofs, a twentieth more or less",
  async (accounts) => {
    const { nodes, proven, root } = await provenIn(accounts);
    const found = accountNodesIn(nodes, root);
    expect(found.accounts).toBe(proven);
    const measured = found.accountNodes.reduce((sum, node) => sum + node.length, 0);
    const ratio = accountNodesBytes({ accounts, proven }) / measured;
    expect(ratio).toBeGreaterThan(0.95);
    expect(ratio).toBeLessThan(1.05);
  },
);

it("a thousand vaults are proven in a state of 350 million accounts by less than 3 MB of its nodes", () => {
  const bytes = accountNodesBytes({ accounts: 350_000_000, proven: 1_005 });
  expect(bytes).toBeGreaterThan(2_000_000);
  expect(bytes).toBeLessThan(3_000_000);
});
