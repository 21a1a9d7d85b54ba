// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { asReadError, audit } from "../../../service/audit/audit.ts";
import { ChainError } from "../../../service/chain/errors.ts";
import { type RecordedChain, recordedChains, recordedClient } from "../helpers/recorded-chain.ts";
import {
  type Compute,
  collusiveLies,
  fittingLies,
  type LyingChain,
  singleLies,
} from "../helpers/single-lies.ts";

/** Of the lies of one kind, `npm test` tries every tenth from a place that moves with the seed; the deep run all. */
const EVERY = process.env.FOUNDRY_PROFILE === "deep" ? 1 : 10;
const SEED = Number(process.env.SEED ?? Math.floor(Date.now() / 1_000)) % 1_000;

/** What an audit of every epoch comes to, by epoch: whether it matches, and with what. */
async function resultsOf(chain: RecordedChain): Promise<Map<number, { match: boolean; result: string }>> {
  const results = new Map<number, { match: boolean; result: string }>();
  const first = chain.epochs[0]?.epoch ?? 0;
  const client = recordedClient(chain);
  for await (const { report } of audit({ client, distributor: chain.distributor, from: first })) {
    const { verdict, epoch, post, recomputed } = report;
    results.set(epoch, { match: verdict === "match", result: JSON.stringify([post, recomputed]) });
  }
  return results;
}

describe.each(recordedChains.map((chain) => [chain.name, chain] as const))("%s", (_, honest) => {
  it.each([
    ["one lie at a time", singleLies],
    ["lies that fit each other", fittingLies],
  ])(
    "%s: nothing else than the honest result ends in MATCH, and only what is named as harmless passes",
    async (_, lies) => {
      const right = await resultsOf(honest);
      let told = 0;
      const passed: LyingChain[] = [];
      let index = SEED;
      for (const lie of lies(honest)) {
        if (index++ % EVERY !== 0) continue;
        told++;
        const results = await resultsOf(lie.chain).catch((error: unknown) => {
          // Nothing was judged, for a reason that is said.
          expect(asReadError(error), lie.what).toBeInstanceOf(ChainError);
          return undefined;
        });
        if (results === undefined) continue;
        for (const [epoch, { match, result }] of results) {
          if (match) expect(result, `${lie.what}: epoch ${epoch}`).toBe(right.get(epoch)?.result);
        }
        const isSame = [...right].every(([epoch, { match }]) => results.get(epoch)?.match === match);
        if (isSame) passed.push(lie);
      }
      console.log(`${honest.name}: ${passed.length} of ${told} lies passed (SEED=${SEED})`);
      expect(passed.filter(({ harmless }) => !harmless).map(({ what }) => what)).toEqual([]);
      expect(told).toBeGreaterThan(4);
    },
    300_000,
  );

  it("an endpoint whose owner posts the root that its lie makes gets it to MATCH nowhere", async () => {
    let told = 0;
    const isChosen = (_: string, index: number) => (index + SEED) % (6 * EVERY) === 0 || index === 1;
    for await (const lie of collusiveLies(honest, computed, isChosen)) {
      told++;
      const right = await resultsOf(lie.truth);
      const results = await resultsOf(lie.chain).catch((error: unknown) => {
        expect(asReadError(error), lie.what).toBeInstanceOf(ChainError);
        return new Map<number, never>();
      });
      for (const [epoch, { match, result }] of results) {
        if (match) expect(result, `SEED=${SEED}, ${lie.what}: epoch ${epoch}`).toBe(right.get(epoch)?.result);
      }
    }
    expect(told).toBeGreaterThan(0);
  }, 300_000);
});

it("whoever lies about logs and state alike is believed where no block is trusted: another endpoint tells", async () => {
  const [boundaries] = recordedChains as [RecordedChain];
  const isChosen = (what: string) => what.startsWith("Fulfilled of block 25: another countedWeight");
  let lies = 0;
  for await (const { whole, truth } of collusiveLies(boundaries, computed, isChosen)) {
    lies++;
    const [told, right] = [(await resultsOf(whole)).get(1), (await resultsOf(truth)).get(1)];
    expect([told?.match, right?.match]).toEqual([true, false]);
    expect(told?.result).not.toBe(right?.result);
  }
  expect(lies).toBe(1);
});

/** What an audit computes from a chain, whatever is posted. */
const computed: Compute = async (chain, epoch) => {
  const client = recordedClient(chain);
  for await (const { report } of audit({ client, distributor: chain.distributor, from: epoch, to: epoch })) {
    return report.recomputed;
  }
  return undefined;
};
