// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Deployment } from "../../../service/audit/deployment.ts";
import { assetsHash, stakeOver } from "../../../service/audit/derive.ts";
import { addAssets, noAssets, stakeIn } from "../../../service/audit/folds.ts";
import { ZERO_HASH } from "../../../service/audit/hash.ts";

const deployment: Deployment = {
  ...{ chainId: 1n, distributor: "0x", registry: "0x", market: "0x", startBlock: 0n },
  ...{ clockStart: 1_000n, epochLength: 100n },
};
const at = { event: "ActiveAssetsChanged", block: 7n, transaction: ZERO_HASH, index: 0 };

/** Changes as a vault logs them: several in a second, none for epochs, some before the first. */
const steps = fc.array(
  fc.record({ after: fc.constantFrom(0n, 0n, 1n, 30n, 100n, 250n), active: fc.bigInt(0n, 1n << 96n) }),
  { maxLength: 12 },
);

it("a vault's stake by epochs is that over all of its changes", () => {
  fc.assert(
    fc.property(steps, fc.bigInt(850n, 1_250n), (given, first) => {
      const series = noAssets();
      const changes: { active: bigint; timestamp: bigint }[] = [];
      let rollingHash = 0n;
      for (const { after, active } of given) {
        const change = { active, timestamp: (changes.at(-1)?.timestamp ?? first) + after };
        rollingHash = assetsHash(rollingHash, change);
        changes.push(change);
        addAssets(series, { ...change, rollingHash, at }, deployment);
      }
      for (let epoch = 0; epoch < 30; epoch++) {
        const start = 1_000n + BigInt(epoch) * 100n;
        expect(stakeIn(series, deployment, epoch)).toBe(stakeOver(changes, start, start + 100n));
      }
      expect(series.epochs.length).toBeLessThanOrEqual(given.length);
    }),
    { numRuns: 300 },
  );
});

it("a change that does not continue the one before ends the series, and is named", () => {
  const series = noAssets();
  const first = { active: 5n, timestamp: 1_000n };
  addAssets(series, { ...first, rollingHash: assetsHash(0n, first), at }, deployment);
  addAssets(series, { ...first, rollingHash: 1n, at: { ...at, block: 9n } }, deployment);
  addAssets(series, { active: 7n, timestamp: 1_050n, rollingHash: 2n, at }, deployment);
  expect(series.broken).toEqual({ at: { ...at, block: 9n }, before: 7n });
  expect(series.last?.active).toBe(5n);
});
