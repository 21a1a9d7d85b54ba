// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import { remembered } from "../../../service/http/remembered.ts";

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("what was read from the chain", () => {
  test("is read once for all who ask at a time, and given again while it is young", async () => {
    let reads = 0;
    const give = remembered(async () => ++reads, 60_000);
    expect(give.age()).toBeUndefined();
    expect(await Promise.all([give(), give(), give()])).toEqual([1, 1, 1]);
    expect(give()).toBe(1);
    expect(give.age()).toBeLessThan(60_000);
  });

  test("is given after a second at most where a newer reading takes longer, however old it is", async () => {
    let reads = 0;
    const never = new Promise<number>(() => undefined);
    const give = remembered(() => (++reads === 1 ? Promise.resolve(1) : never), 1);
    await give();
    await sleep(30);
    expect(await give()).toBe(1);
    // Whoever asks while that reading still lasts does not wait for it anew, nor for anything.
    expect(give()).toBe(1);
    expect(reads).toBe(2);
    expect(give.age()).toBeGreaterThan(1_000);
  });

  test("is given where a newer reading fails; what fails before anything is known is told, and not again", async () => {
    const outcomes = ["fails", 1, "fails", 2];
    const give = remembered(async () => {
      const outcome = outcomes.shift();
      if (typeof outcome !== "number") throw new Error(outcome);
      return outcome;
    }, 1);
    await expect(give()).rejects.toThrow("fails");
    expect(await give()).toBe(1);
    await sleep(30);
    expect(await give()).toBe(1);
    await sleep(30);
    expect(await give()).toBe(2);
  });
});
