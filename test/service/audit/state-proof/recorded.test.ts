// SPDX-License-Identifier: AGPL-3.0-only
// Answers of public nodes, as they were recorded: Ethereum's mainnet (fork Cancun), OP Mainnet (forks Isthmus, Jovian).
import { readFileSync } from "node:fs";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { formatBlock } from "viem";
import { describe, expect, it } from "vitest";
import { keccakOf } from "../../../../service/audit/hash.ts";
import { readHeader } from "../../../../service/audit/state-proof/header.ts";
import {
  decodePreimages,
  newPreimages,
  type Preimages,
} from "../../../../service/audit/state-proof/preimages.ts";
import { accountIn, MissingNode, wordIn } from "../../../../service/audit/state-proof/trie.ts";
import { headerBytes, isSealed } from "../../../../service/chain/header.ts";
import type { Address, Hex } from "../../../../service/core/types.ts";

interface RecordedProof {
  readonly address: Address;
  readonly accountProof: readonly Hex[];
  readonly codeHash: Hex;
  readonly storageHash: Hex;
  readonly storageProof: readonly {
    readonly key: Hex;
    readonly value: Hex;
    readonly proof: readonly Hex[];
  }[];
}

interface Recorded {
  readonly block: Readonly<Record<string, unknown>> & { readonly hash: Hex };
  readonly proofs: readonly [RecordedProof, RecordedProof];
}

const read = (name: string): Recorded =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/state-proofs/${name}.json`, import.meta.url), "utf8"));
const mainnet = read("mainnet");
const optimism = read("optimism");
const [contract, plain] = mainnet.proofs;
const stateRoot = mainnet.block.stateRoot as Hex;

const nodesOf = ({ accountProof, storageProof }: RecordedProof) => [
  ...accountProof,
  ...storageProof.flatMap(({ proof }) => proof),
];

function given(nodes: readonly Hex[]): Preimages {
  const preimages = newPreimages();
  for (const node of nodes) preimages.add(Buffer.from(node.slice(2), "hex"));
  return preimages;
}

describe("a recorded block", () => {
  it.each([
    ["of mainnet", mainnet.block, 21_925_176n],
    ["of a rollup of the OP stack", optimism.block, 151_534_212n],
  ])("%s has the header that hashes to its hash", (_, block, number) => {
    const bytes = headerBytes(block, block.hash, keccakOf) as Uint8Array;
    expect(readHeader(bytes)).toEqual({
      hash: block.hash,
      parentHash: block.parentHash,
      stateRoot: block.stateRoot,
      receiptsRoot: block.receiptsRoot,
      logsBloom: block.logsBloom,
      number,
      timestamp: BigInt(block.timestamp as Hex),
    });
    // As a client gives it, with numbers in the place of texts.
    const given = formatBlock(block as never) as { readonly hash: Hex };
    expect(isSealed(given, keccakOf)).toBe(true);
    expect(
      isSealed({ ...given, timestamp: BigInt(block.timestamp as Hex) + 1n } as typeof given, keccakOf),
    ).toBe(false);
  });

  it("may be shown with fields of forks to come, absent or null ones, or quantities with zeros ahead", () => {
    const { hash } = mainnet.block;
    const empty = `0x${"0".repeat(64)}`;
    for (const change of [
      { requestsHash: empty, blockAccessListHash: empty },
      { requestsHash: null },
      { number: "0x00014e8d38", difficulty: "0x" },
      { miner: (mainnet.block.miner as string).replace("b", "B") },
      { totalDifficulty: "0xc70d815d562d3cfa955" },
    ]) {
      expect(
        headerBytes({ ...mainnet.block, ...change }, hash, keccakOf),
        JSON.stringify(change),
      ).toBeDefined();
    }
  });

  it("has no other header, whichever field is altered, missing or malformed", () => {
    const { size: _, ...block } = mainnet.block;
    const { hash, ...fields } = block;
    for (const [name, value] of Object.entries(fields)) {
      const digit = (value as string).endsWith("1") ? "2" : "1";
      const altered = `${(value as string).slice(0, -1)}${digit}`;
      for (const other of [altered, undefined, null, 7, "0xzz", "", [], {}, `${value}1`]) {
        expect(
          headerBytes({ ...fields, [name]: other }, hash, keccakOf),
          `${name}: ${String(other)}`,
        ).toBeUndefined();
      }
    }
    for (const nothing of [null, undefined, "0x", 1, []])
      expect(headerBytes(nothing, hash, keccakOf)).toBeUndefined();
  });

  it("is not read from what is no header", () => {
    for (const bytes of [[], [0x80], [0xc0], [0xc2, 0x80, 0x80], [0xff], Array(15).fill(0xc0)]) {
      expect(() => readHeader(Uint8Array.from(bytes))).toThrow();
    }
  });
});

describe("a recorded proof", () => {
  it("gives an account, its storage and what is absent from both", async () => {
    const preimages = given(nodesOf(contract));
    const { codeHash, storageHash: storageRoot } = contract;
    expect(await accountIn(preimages, stateRoot, contract.address)).toEqual({ codeHash, storageRoot });
    for (const { key, value } of contract.storageProof) {
      expect(await wordIn(preimages, storageRoot, BigInt(key))).toBe(BigInt(value));
    }
  });

  it("gives 0 for every word of an account without storage, whose proof is no trie", async () => {
    const preimages = given([...nodesOf(plain), "0x80"]);
    const { codeHash, storageHash: storageRoot } = plain;
    expect(await accountIn(preimages, stateRoot, plain.address)).toEqual({ codeHash, storageRoot });
    expect(await wordIn(preimages, storageRoot, 5n)).toBe(0n);
  });

  it("says nothing of other accounts and words", async () => {
    const preimages = given(nodesOf(contract));
    await expect(accountIn(preimages, stateRoot, plain.address)).rejects.toThrow(MissingNode);
    await expect(wordIn(preimages, contract.storageHash, 1n << 200n)).rejects.toThrow(MissingNode);
  });

  it("says nothing once any of its nodes is missing or altered", async () => {
    const nodes = nodesOf(contract);
    const reading = async (changed: readonly Hex[]) => {
      const preimages = given(changed);
      const { storageRoot } = await accountIn(preimages, stateRoot, contract.address);
      for (const { key } of contract.storageProof) await wordIn(preimages, storageRoot, BigInt(key));
    };
    await reading(nodes);
    await reading([...nodes].reverse());
    for (const [i, node] of nodes.entries()) {
      await expect(reading(nodes.filter((_, j) => j !== i))).rejects.toThrow(MissingNode);
      const digit = node.at(-3) === "0" ? "1" : "0";
      const altered: Hex = `${node.slice(0, -3)}${digit}${node.slice(-2)}` as Hex;
      await expect(reading(nodes.map((one, j) => (j === i ? altered : one)))).rejects.toThrow(MissingNode);
    }
  });
});

describe("preimages", () => {
  it("are kept once each, only those that were used, and come back as they were", async () => {
    const nodes = nodesOf(contract);
    const preimages = given([...nodes, ...nodes, ...nodesOf(plain)]);
    await accountIn(preimages, stateRoot, contract.address);
    const encoded = await preimages.encodeUsed();
    const size = contract.accountProof.reduce((sum, node) => sum + 3 + node.length / 2 - 1, 0);
    expect(inflateRawSync(encoded).length).toBe(size);
    const again = await decodePreimages(encoded);
    expect(await accountIn(again, stateRoot, contract.address)).toMatchObject({
      codeHash: contract.codeHash,
    });
    expect(await again.encodeUsed()).toEqual(encoded);
  });

  it("are refused where they end in the middle of one, or are not packed", async () => {
    const preimages = given(nodesOf(contract));
    preimages.get(stateRoot);
    const encoded = await preimages.encodeUsed();
    for (const length of [1, 2, 40]) {
      const part = deflateRawSync(inflateRawSync(encoded).subarray(0, length));
      await expect(decodePreimages(part)).rejects.toThrow(RangeError);
      await expect(decodePreimages(encoded.subarray(0, length))).rejects.toThrow(RangeError);
    }
    await expect(decodePreimages(Buffer.from("no proofs"))).rejects.toThrow(RangeError);
    const none = await newPreimages().encodeUsed();
    expect(await (await decodePreimages(none)).encodeUsed()).toEqual(none);
  });
});
