// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { concat, type Hex, numberToHex, size, slice } from "viem";
import { describe, expect, test } from "vitest";
import { zkProofOf } from "../../../service/prover/proof-layouts.ts";

const NAMES = ["devzk", "pico-v1.0-fibonacci", "pico-v1.1-dcap", "pico-v1.2.2-provernet", "sp1-v4-vapp"];
const P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
const wordsOf = (name: string): Hex[] =>
  JSON.parse(readFileSync(new URL(`../../fixtures/proofs/${name}.json`, import.meta.url), "utf8")).proof;

/** What the tools make of the same eight words. */
function layouts(words: readonly Hex[]): Record<string, unknown> {
  const plain = concat([...words]);
  const [ax, ay, bxIm, bxRe, byIm, byRe, cx, cy] = words.map((word) => String(BigInt(word))) as string[];
  const snarkjs = {
    ...{
      pi_a: [ax, ay, "1"],
      pi_b: [
        [bxRe, bxIm],
        [byRe, byIm],
        ["1", "0"],
      ],
      pi_c: [cx, cy, "1"],
    },
    ...{ protocol: "groth16", curve: "bn128" },
  };
  const gnark = {
    Ar: { X: ax, Y: ay },
    Krs: { X: cx, Y: cy },
    Bs: { X: { A0: bxRe, A1: bxIm }, Y: { A0: byRe, A1: byIm } },
    Commitments: [],
    CommitmentPok: { X: 0, Y: 0 },
  };
  const flagged = (x: Hex, isLarge: boolean) =>
    numberToHex(BigInt(x) | ((isLarge ? 3n : 2n) << 254n), { size: 32 });
  const isLarge = (y: bigint) => y > (P - 1n) / 2n;
  const [a, , b, bRe, , , c] = words as Hex[];
  const large = BigInt(byIm as string) === 0n ? BigInt(byRe as string) : BigInt(byIm as string);
  const compressed = concat([
    flagged(a as Hex, isLarge(BigInt(ay as string))),
    flagged(b as Hex, isLarge(large)),
    bRe as Hex,
    flagged(c as Hex, isLarge(BigInt(cy as string))),
    numberToHex(0, { size: 4 }),
    numberToHex(1n << 254n, { size: 32 }),
  ]);
  const calldata = [
    [words[0], words[1]],
    [
      [words[2], words[3]],
      [words[4], words[5]],
    ],
    [words[6], words[7]],
    ["0x1", "0x2"],
  ];
  return {
    "bytes alone": plain,
    "SP1's bytes, with the selector of its key": concat(["0x11b6a09d", plain]),
    "SP1's fixture": { vkey: words[0], publicValues: "0x", proof: concat(["0x11b6a09d", plain]) },
    "Pico's inputs.json": { riscvVKey: words[0], publicValues: "0x", proof: words },
    "Pico's proof.data": [...words, words[0]].join(","),
    "snarkjs's proof.json": snarkjs,
    "snarkjs's fullProve": { proof: snarkjs, publicSignals: ["1", "2"] },
    "snarkjs's calldata, parsed": calldata,
    "snarkjs's calldata, as printed": JSON.stringify(calldata).slice(1, -1),
    "gnark's JSON": gnark,
    "gnark's WriteRawTo": concat([plain, numberToHex(0, { size: 4 }), numberToHex(0, { size: 64 })]),
    "gnark's WriteTo": compressed,
  };
}

describe.each(NAMES)("the zk proof of %s", (name) => {
  const words = wordsOf(name);

  test.each(Object.entries(layouts(words)))("is read from %s", (_, layout) => {
    expect(zkProofOf(layout)).toBe(concat(words));
  });
});

const [first = "0x"] = Object.values(layouts(wordsOf("devzk"))) as Hex[];

test.each([
  ["no bytes", "0x", "proof: not bytes in hexadecimal"],
  ["half a byte", "0x123", "proof: not bytes in hexadecimal"],
  ["too few bytes", "0x1234", "proof: 2 bytes, where a zk proof has 256, or 260 with a selector"],
  ["SP1 v6", `0x${"00".repeat(356)}`, "proof: 356 bytes, as SP1 from v6 on writes them"],
  ["seven words", wordsOf("devzk").slice(1), "proof: 7 words, where a zk proof has 8"],
  ["a word that is none", [...wordsOf("devzk").slice(1), "0xg"], "proof[7]: not a number of 32 bytes"],
  ["a word that is too large", [...wordsOf("devzk").slice(1), `1${"0".repeat(77)}${"0"}`], "proof[7]"],
  ["a part of snarkjs's", { pi_a: ["1", "2"], pi_b: [["1"]], pi_c: [] }, "proof.pi_b[0][1]: not a number"],
  ["a part of gnark's", { proof: { Ar: { X: "1" } } }, "proof.proof.Ar.Y: not a number"],
  ["nothing", null, "proof: not a zk proof in any layout"],
  ["text", "hello", "proof: not bytes in hexadecimal"],
  ["broken JSON", "{", "proof: neither JSON nor bytes"],
  [
    "a compressed point off its curve",
    `0x80${"00".repeat(30)}02${"00".repeat(132)}`,
    "is no point of its curve",
  ],
  ["compressed points without flags", `0x${"00".repeat(164)}`, "is no point of its curve"],
])("%s is refused", (_, value, problem) => {
  expect(() => zkProofOf(value)).toThrow(problem);
});

test("a zk proof has 256 bytes", () => {
  expect(size(first)).toBe(256);
  expect(slice(zkProofOf(first), 0, 4)).toBe(slice(first, 0, 4));
});
