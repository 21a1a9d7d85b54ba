// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, it } from "vitest";
import { computeEpoch } from "../../../service/core/epoch.ts";
import type { InputError } from "../../../service/core/errors.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { EpochInput, ProverInput } from "../../../service/core/types.ts";
import { refusalOf } from "../helpers/refusal.ts";
import { epochVector, epochVectors } from "./vectors.ts";

beforeAll(initKeccak);

describe("an epoch comes to what was worked by hand:", () => {
  it.each(epochVectors.map((vector) => [vector.name, vector] as const))("%s", (_, { input, expected }) => {
    const result = computeEpoch(input);
    const rows = result.rows.map((row) => ({
      prover: row.prover,
      amount: String(row.amount),
      commission: String(row.commission),
      limitedBy: row.limitedBy,
      cumulative: String(row.cumulative),
      cumulativeCommission: String(row.cumulativeCommission),
    }));
    expect(rows).toEqual(expected.rows);
    expect({
      added: String(result.added),
      total: String(result.total),
      carry: String(result.carry),
      dropped: String(result.dropped),
      root: result.root,
    }).toEqual({
      added: expected.added,
      total: expected.total,
      carry: expected.carry,
      dropped: expected.dropped,
      root: expected.root,
    });
  });
});

describe("what an epoch refuses", () => {
  const { input } = epochVector(
    "a second epoch continues cumulative amounts, and a prover who earns nothing keeps its leaf",
  );
  const [first, ...others] = input.provers as [ProverInput, ...ProverInput[]];
  const withFirst = (change: Partial<ProverInput>): EpochInput => ({
    ...input,
    provers: [{ ...first, ...change }, ...others],
  });
  const cases: [string, EpochInput, string, InputError["code"]][] = [
    [
      "leaves that do not build the previous root",
      { ...input, previous: { ...input.previous, leaves: [] } },
      "previous.leaves",
      "mismatch",
    ],
    [
      "leaves that promise more than the previous total",
      { ...input, previous: { ...input.previous, total: 749n } },
      "previous.total",
      "mismatch",
    ],
    ["a leaf whose prover is not given", { ...input, provers: others }, "misses[0].prover", "unknown-prover"],
    [
      "a leaf whose prover is not given, without misses",
      { ...input, provers: others, misses: [] },
      "previous.leaves",
      "unknown-prover",
    ],
    [
      "a history before epoch 0",
      { ...input, epoch: 0, misses: [{ ...(input.misses[0] as EpochInput["misses"][0]), deadlineEpoch: 0 }] },
      "previous",
      "invalid",
    ],
    [
      "a prover given twice",
      { ...input, provers: [...input.provers, { ...first, vault: input.distributor }] },
      "provers",
      "duplicate",
    ],
    [
      "a vault given twice",
      withFirst({ vault: (others[0] as ProverInput).vault }),
      "provers[1].vault",
      "duplicate",
    ],
    ["a malformed address", withFirst({ prover: "0x12" }), "provers[0].prover", "invalid"],
    ["negative work", withFirst({ work: -1n }), "provers[0].work", "out-of-range"],
    ["stake above 256 bits", withFirst({ stake: 1n << 256n }), "provers[0].stake", "out-of-range"],
    ["money as a number", withFirst({ fees: 5 as unknown as bigint }), "provers[0].fees", "invalid"],
    [
      "a commission above the whole",
      withFirst({ commissionBps: 10_001 }),
      "provers[0].commissionBps",
      "out-of-range",
    ],
    ["half a fulfilment", withFirst({ fulfilments: 0.5 }), "provers[0].fulfilments", "invalid"],
    [
      "a fulfilment that no prover has",
      { ...input, fulfilments: { ...input.fulfilments, count: 3 } },
      "fulfilments.count",
      "mismatch",
    ],
    ["a miss that its prover's count lacks", withFirst({ misses: 0 }), "misses", "mismatch"],
    [
      "a miss listed twice",
      { ...input, misses: [...input.misses, ...input.misses] },
      "misses[1].requestId",
      "duplicate",
    ],
    [
      "a miss of a later epoch",
      { ...input, misses: input.misses.map((miss) => ({ ...miss, deadlineEpoch: 2 })) },
      "misses[0].deadlineEpoch",
      "out-of-range",
    ],
    ["a window that ends where it starts", { ...input, end: input.start }, "end", "out-of-range"],
    [
      "claimed amounts without a continuation in the policy",
      { ...input, previous: { ...input.previous, claimedAt: 900n } },
      "previous.claimedAt",
      "mismatch",
    ],
    [
      "a total beyond 256 bits",
      { ...input, previous: { ...input.previous, total: (1n << 256n) - 1n } },
      "previous.total",
      "out-of-range",
    ],
  ];
  it.each(cases)("%s", (_, bad, field, code) => {
    expect(refusalOf(() => computeEpoch(bad))).toMatchObject({ field, code });
  });

  const nonsense = "nonsense" as never;
  const [miss] = input.misses as [EpochInput["misses"][0]];
  it.each<[string, EpochInput]>([
    ["chainId", { ...input, chainId: nonsense }],
    ["distributor", { ...input, distributor: nonsense }],
    ["epoch", { ...input, epoch: nonsense }],
    ["start", { ...input, start: nonsense }],
    ["end", { ...input, end: nonsense }],
    ["budget", { ...input, budget: nonsense }],
    ["carry", { ...input, carry: nonsense }],
    ["snapshot.number", { ...input, snapshot: { ...input.snapshot, number: nonsense } }],
    ["snapshot.hash", { ...input, snapshot: { ...input.snapshot, hash: nonsense } }],
    ["fulfilments.count", { ...input, fulfilments: { ...input.fulfilments, count: nonsense } }],
    ["fulfilments.accumulator", { ...input, fulfilments: { ...input.fulfilments, accumulator: nonsense } }],
    ["previous.root", { ...input, previous: { ...input.previous, root: nonsense } }],
    ["previous.total", { ...input, previous: { ...input.previous, total: nonsense } }],
    ["misses[0].prover", { ...input, misses: [{ ...miss, prover: nonsense }] }],
    ["misses[0].requestId", { ...input, misses: [{ ...miss, requestId: nonsense }] }],
    ["provers[0].vault", withFirst({ vault: nonsense })],
    ["provers[0].misses", withFirst({ misses: nonsense })],
    ["provers[0].protocolFees", withFirst({ protocolFees: nonsense })],
  ])("nonsense in place of %s", (field, bad) => {
    expect(refusalOf(() => computeEpoch(bad))).toMatchObject({ field, code: "invalid" });
  });

  it("leaves or a total before epoch 0, each by itself", () => {
    const { input: start } = epochVector("capped: one prover takes the whole budget");
    const total = { ...start, previous: { ...start.previous, total: 1n } };
    expect(refusalOf(() => computeEpoch(total))).toMatchObject({ field: "previous", code: "invalid" });
    const leaves = start.provers.map(({ prover }) => ({ prover, cumulative: 1n, cumulativeCommission: 0n }));
    const early = { ...start, previous: { ...start.previous, leaves } };
    expect(refusalOf(() => computeEpoch(early))).toMatchObject({ field: "previous", code: "invalid" });
  });

  it("claimed amounts at another block than the policy's", () => {
    const continued = epochVector(
      "withheld leaves: cumulative amounts continue from the claimed ones, the total from the root's",
    ).input;
    const previous = { ...continued.previous, claimedAt: 901n };
    expect(() => computeEpoch({ ...continued, previous })).toThrow(/no continuation at block 901/);
  });
});

it("misses stand by the epoch of their deadline, then by request, however they were read", () => {
  const { input } = epochVector(
    "a second epoch continues cumulative amounts, and a prover who earns nothing keeps its leaf",
  );
  const [miss] = input.misses as [EpochInput["misses"][0]];
  const at = (deadlineEpoch: number, digit: string) => ({
    ...miss,
    deadlineEpoch,
    requestId: `0x${digit.repeat(64)}` as const,
  });
  const inOrder = [at(0, "9"), at(1, "2"), at(1, "3")];
  const provers = input.provers.map((prover) => ({
    ...prover,
    misses: prover.prover === miss.prover ? 3 : 0,
  }));
  for (const misses of [inOrder, inOrder.toReversed(), [inOrder[2], inOrder[0], inOrder[1]]]) {
    const { input: used } = computeEpoch({ ...input, provers, misses: misses as typeof inOrder });
    expect(used.misses).toEqual(inOrder);
  }
});

it("upper-case addresses give the same result as lower-case ones", () => {
  const { input, expected } = epochVector("capped: the stake cap binds one prover and the rest is carried");
  const upper = (address: string) => `0x${address.slice(2).toUpperCase()}` as const;
  const provers = input.provers.map((prover) => ({
    ...prover,
    prover: upper(prover.prover),
    vault: upper(prover.vault),
  }));
  expect(computeEpoch({ ...input, provers, distributor: upper(input.distributor) }).root).toBe(expected.root);
});
