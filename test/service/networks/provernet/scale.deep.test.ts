// SPDX-License-Identifier: AGPL-3.0-only
import { expect, test } from "vitest";
import { inWorker } from "../../../../script/bench/worker.ts";

test("a million proofs are read in bounded memory, at the pace of a hundred thousand", async () => {
  const { logs, cpuSeconds, megabytes, bytes } = await inWorker("provernet", { proofs: 1_000_000 });
  expect(logs / cpuSeconds).toBeGreaterThan(10_000);
  expect(megabytes).toBeLessThan(350);
  expect(bytes).toBeLessThan(100);
}, 7_200_000);
