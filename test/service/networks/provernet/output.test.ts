// SPDX-License-Identifier: AGPL-3.0-only
import { decodeAbiParameters, keccak256 } from "viem";
import { expect, test } from "vitest";
import { chunksOf, outputHash, simpleProof } from "../../../../service/networks/provernet/output.ts";

const EPOCH = { epoch: 3, start: 1_800_007_200n, end: 1_800_014_400n };
const address = (n: number) => `0x${n.toString(16).padStart(40, "0")}` as const;

test("bytes are header, then each address with its amount, ascending, without amounts of 0 (trap 4)", () => {
  const rewards = [
    { prover: address(0xb), amount: 2n ** 128n - 1n },
    { prover: address(0xc), amount: 0n },
    { prover: address(0xa), amount: 258n },
  ];
  const header = `${"00000003"}${"000000006b49ee20"}${"000000006b4a0a40"}`;
  const first = `${address(0xa).slice(2)}${"102".padStart(32, "0")}`;
  const second = `${address(0xb).slice(2)}${"f".repeat(32)}`;
  expect(chunksOf(EPOCH, rewards).map(({ output }) => output)).toEqual([`0x${header}${first}${second}`]);
});

test("each chunk has its own header, and addresses ascend across chunks (trap 3)", () => {
  const rewards = Array.from({ length: 7 }, (_, i) => ({ prover: address(7 - i), amount: BigInt(i + 1) }));
  const chunks = chunksOf(EPOCH, rewards, 120_000n + 3n * 32_000n);
  expect(chunks.map(({ rewards: some }) => some.map(({ prover }) => Number(prover)))).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7],
  ]);
  for (const { output } of chunks) expect(output.slice(0, 42)).toBe(chunks[0]?.output.slice(0, 42));
  expect(outputHash(chunks)).toBe(keccak256(`0x${chunks.map(({ output }) => output.slice(2)).join("")}`));
  expect(chunksOf(EPOCH, [{ prover: address(1), amount: 0n }])).toEqual([]);
});

test("an amount above uint128 is refused, and gas for not even one prover", () => {
  expect(() => chunksOf(EPOCH, [{ prover: address(1), amount: 2n ** 128n }])).toThrow(
    /lower the budget|would be set/,
  );
  expect(() => chunksOf(EPOCH, [{ prover: address(1), amount: 1n }], 100_000n)).toThrow(/not enough/);
});

test("the simple proof is the output's hash and the key's", () => {
  const vkHash = `0x${"ab".repeat(32)}` as const;
  const words = decodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], simpleProof("0x01", vkHash));
  expect(words).toEqual([keccak256("0x01"), vkHash]);
});
