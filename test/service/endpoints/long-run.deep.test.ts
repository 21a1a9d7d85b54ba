// SPDX-License-Identifier: AGPL-3.0-only
import { expect, test } from "vitest";
import { longRun } from "./long-run.ts";

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

test("a hundred epochs over three endpoints of which one is faulty at any time are posted once each, and paid", async () => {
  const { asked, answered, failures, megabytes, epochs } = await longRun(100);
  const most = Math.round(Math.max(...megabytes));
  console.log(
    `${epochs} epochs, ${answered} of ${asked} requests answered, ${most} MB; ${failures.join(", ")}`,
  );
  expect(asked).toBeGreaterThan(1_000);
  expect(answered / asked).toBeGreaterThanOrEqual(0.999);
  // Flat: the last ten hold no more than a fifth more than ten once it was warm.
  expect(median(megabytes.slice(-10))).toBeLessThan(1.2 * median(megabytes.slice(20, 30)));
}, 1_800_000);
