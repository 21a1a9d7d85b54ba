// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { alloc } from "../../../service/core/alloc.ts";
import { artifactOf, datasetHash, encodeArtifact, headOf } from "../../../service/core/artifact.ts";
import { LONGEST_END, readArtifactHead, readArtifactLeaves } from "../../../service/core/artifact-reader.ts";
import { encodeResult } from "../../../service/core/encoded-artifact.ts";
import { computeEpoch, computePacked } from "../../../service/core/epoch.ts";
import { packInput } from "../../../service/core/epoch-input.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { sortedIndices } from "../../../service/core/order.ts";
import { PAYABLE, packLeaves } from "../../../service/core/packed-leaves.ts";
import { ProverTable } from "../../../service/core/prover-table.ts";
import type { Address, EpochInput, PolicyV1, ProverInput } from "../../../service/core/types.ts";
import { epochInput } from "../audit/random-epochs.ts";
import { refusalOf } from "../helpers/refusal.ts";

beforeAll(initKeccak);

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length);
}

const read = (bytes: Uint8Array, length = 1_000) => readArtifactLeaves(cut(bytes, length));

const bytesOf = (input: EpochInput) => encodeArtifact(artifactOf(computeEpoch(input)));

test("packed or as objects, an epoch has the same bytes, root and leaves, and they are read back from any parts", async () => {
  await fc.assert(
    fc.asyncProperty(epochInput, fc.integer({ min: 1, max: 900 }), async (input, length) => {
      const whole = computeEpoch(input);
      const bytes = encodeArtifact(artifactOf(whole));
      const packed = computePacked(packInput(input));
      const encoded = await encodeResult(packed);
      // Made anew each time.
      for (const parts of [encoded.parts(), encoded.parts()])
        expect(Buffer.compare(Buffer.concat(Array.from(parts, (part) => part.slice())), bytes)).toBe(0);
      expect(encoded.datasetHash).toBe(datasetHash(bytes));
      expect(packed.root).toBe(whole.root);
      expect([...packed.leaves]).toEqual(whole.leaves);
      if (packed.leaves.amountBytes !== PAYABLE) return;
      const { head, provers, leaves } = await read(bytes, length);
      expect(head).toEqual(headOf(packed));
      expect(await readArtifactHead(cut(bytes, length), bytes.slice(-LONGEST_END))).toEqual(head);
      expect(provers).toBe(packed.rows.length);
      expect([...leaves]).toEqual(whole.leaves);
    }),
    { numRuns: 30 },
  );
});

const addressOf = (i: number): Address => `0x${((i * 2_654_435_761) >>> 0).toString(16).padStart(40, "0")}`;

const proverOf = (i: number, work: bigint): ProverInput => ({
  prover: addressOf(i),
  vault: addressOf(i + 1_000_000),
  ...{ work, stake: 10n ** 30n, fulfilments: 1, misses: 0, fees: work, protocolFees: work },
  commissionBps: i % 10_001,
});

const POLICY: PolicyV1 = {
  ...{ version: 1, id: "work", params: {} },
  guards: { exclusions: [], feeMatchBps: null, minStake: 0n },
};

/** More than there are records in one piece of memory. */
const MANY = 5_000;

test("a table keeps thousands of provers apart, and finds each", () => {
  const table = new ProverTable(POLICY);
  const provers = Array.from({ length: MANY }, (_, i) => proverOf(i, 3n ** BigInt(i % 160)));
  for (const prover of provers) table.add(prover);
  const sorted = provers.toSorted((a, b) => (a.prover < b.prover ? -1 : 1));
  expect(Array.from(table, ({ prover, work, commissionBps }) => ({ prover, work, commissionBps }))).toEqual(
    sorted.map(({ prover, work, commissionBps }) => ({ prover, work, commissionBps })),
  );
  sorted.forEach(({ prover }, i) => {
    expect(table.find(prover)).toBe(i);
  });
  expect(table.find(`0x${"ff".repeat(20)}`)).toBe(-1);
  expect(table.wasInOrder).toBe(false);
  table.add({ ...proverOf(MANY, 1n), vault: provers[77]?.vault as Address });
  expect(refusalOf(() => table.sort())).toMatchObject({ field: `provers[${MANY}].vault`, code: "duplicate" });
});

test("largest remainders are found among thousands that hardly differ, in no more time than it takes to sort them", () => {
  const weights = Array.from({ length: 20_000 }, (_, i) => 10n ** 30n + BigInt((i * 7_919) % 20_000));
  const parts = alloc(1_000n, weights);
  const best = weights
    .map((weight, i) => ({ weight, i }))
    .sort((a, b) => Number(b.weight - a.weight) || a.i - b.i)
    .slice(0, 1_000);
  expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(1_000n);
  expect(best.every(({ i }) => parts[i] === 1n)).toBe(true);
});

test("records whose first bits are all alike are put in order, and two that are equal told of", () => {
  const values = Array.from({ length: 3_000 }, (_, i) => (i * 1_999) % 3_000);
  const order = sortedIndices(
    new Uint32Array(values.length),
    (a, b) => (values[a] as number) - (values[b] as number),
    () => new Error("equal"),
  );
  expect(Array.from(order, (i) => values[i])).toEqual(values.toSorted((a, b) => a - b));
  const twice = () =>
    sortedIndices(
      new Uint32Array(values.length),
      (a, b) => ((values[a] as number) % 2_999) - ((values[b] as number) % 2_999),
      () => new Error("equal"),
    );
  expect(twice).toThrow("equal");
});

describe("an artifact that is read in parts is refused", () => {
  const input: EpochInput = {
    ...{ chainId: 1n, distributor: addressOf(9), epoch: 0, start: 1n, end: 9n, budget: 1_000n, carry: 0n },
    ...{ snapshot: { number: 1n, hash: `0x${"01".repeat(32)}` }, policy: POLICY, misses: [] },
    previous: { root: `0x${"00".repeat(32)}`, total: 0n, leaves: [] },
    fulfilments: { count: 3, accumulator: `0x${"02".repeat(32)}` },
    provers: [1, 2, 3].map((i) => proverOf(i, BigInt(i))),
  };
  const good = () => {
    const { leavesRoot } = packInput(input).previous;
    return Buffer.from(bytesOf({ ...input, previous: { ...input.previous, root: leavesRoot } })).toString();
  };
  test.each<[string, (text: string) => string]>([
    ["cut off in its rows", (text) => text.slice(0, text.indexOf('"stake"'))],
    ["cut off after its rows", (text) => text.slice(0, text.indexOf('"schema"'))],
    ["without rows", (text) => text.replace('"rows":[', '"rowz":[')],
    ["with a space between rows", (text) => text.replace("},{", "}, {")],
    ["with a space in a row", (text) => text.replace('"amount":', '"amount": ')],
    ["with a key twice", (text) => text.replace('"misses":0', '"misses":0,"misses":0')],
    ["with a row of another epoch's", (text) => text.replace(/"cumulative":"(\d+)"/, '"cumulative":"1$1"')],
    ["with more after its end", (text) => `${text} `],
    ["with a space in its head", (text) => text.replace('"epoch":', '"epoch": ')],
    ["of another root", (text) => text.replace(/"root":"0x\w{4}/, '"root":"0xabcd')],
    ["with rows out of order", (text) => text.replace(/(\{"amount[^}]*\}),(\{[^}]*\})/, "$2,$1")],
    ["of nothing", () => ""],
  ])("%s", async (_, change) => {
    await expect(read(Buffer.from(good()))).resolves.toMatchObject({ provers: 3 });
    const changed = change(good());
    expect(changed).not.toBe(good());
    await expect(read(Buffer.from(changed))).rejects.toMatchObject({ name: "InputError" });
  });

  test("that is no UTF-8", async () => {
    const bytes = Buffer.from(good());
    bytes[bytes.indexOf("stake")] = 0xff;
    await expect(read(bytes)).rejects.toMatchObject({ name: "InputError", code: "not-canonical" });
  });
});

test("leaves beyond what a distributor can pay are packed only where they are not to be served", () => {
  const leaf = { prover: addressOf(1), cumulative: 2n ** 96n, cumulativeCommission: 0n };
  expect(() => packLeaves([leaf])).toThrow("above the 2^96 - 1 that a distributor can pay");
  const start = { root: `0x${"00".repeat(32)}`, total: 0n } as const;
  const input: EpochInput = {
    ...{
      chainId: 1n,
      distributor: addressOf(9),
      epoch: 0,
      start: 1n,
      end: 9n,
      budget: 2n ** 255n,
      carry: 0n,
    },
    ...{ snapshot: { number: 1n, hash: start.root }, policy: POLICY, misses: [] },
    previous: { ...start, leaves: [] },
    fulfilments: { count: 2, accumulator: start.root },
    provers: [1, 2].map((i) => proverOf(i, BigInt(i))),
  };
  const root = packInput(input).previous.leavesRoot;
  const given = { ...input, previous: { ...input.previous, root } };
  const packed = computePacked(packInput(given));
  expect([...packed.leaves]).toEqual(computeEpoch(given).leaves);
  expect(packed.root).toBe(computeEpoch(given).tree.root);
  expect(packed.total).toBe(2n ** 255n);
});
