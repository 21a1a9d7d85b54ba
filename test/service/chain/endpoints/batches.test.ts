// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { learnedBatches, type Send } from "../../../../service/chain/endpoints/batches.ts";

it("a limit that was learnt from one refusal without a reason is tried again, even one of single calls", async () => {
  const sizes: number[] = [];
  const send: Send = async (calls) => {
    sizes.push(calls.length);
    const isRefused = sizes.length === 1;
    return calls.map(() => (isRefused ? { refusal: { status: 500, words: "oops" } } : { result: "0x1" }));
  };
  const { ask } = learnedBatches(send);
  const wave = (count: number) =>
    Promise.all(Array.from({ length: count }, () => ask({ method: "eth_chainId" })));
  await wave(2);
  expect(sizes).toEqual([2, 1, 1]);
  await wave(60);
  expect(sizes.slice(3)).toEqual(Array(60).fill(1));
  await wave(60);
  expect(sizes.slice(63)).toEqual([60]);
});
