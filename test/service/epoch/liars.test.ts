// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { audit } from "../../../service/audit/audit.ts";
import { asChainError, ChainError } from "../../../service/chain/errors.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { encodeResult } from "../../../service/core/encoded-artifact.ts";
import { computePacked } from "../../../service/core/epoch.ts";
import { InputError } from "../../../service/core/errors.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { NOTHING_STORED } from "../../../service/epoch/claims.ts";
import { basisOf, continuationOf, inputOf } from "../../../service/epoch/continuation.ts";
import { JobError } from "../../../service/epoch/errors.ts";
import { withArgument } from "../helpers/fold-chain.ts";
import { type RecordedChain, recordedChains, recordedClient } from "../helpers/recorded-chain.ts";
import { type Compute, collusiveLies, fittingLies, singleLies } from "../helpers/single-lies.ts";
import { stored } from "../helpers/stored.ts";

await initKeccak();

/** Of the lies of one kind, `npm test` tries a few from a place that moves with the seed; the deep run many more. */
const EVERY = process.env.FOUNDRY_PROFILE === "deep" ? 4 : 200;
const SEED = Number(process.env.SEED ?? Math.floor(Date.now() / 1_000)) % 1_000;
const isChosen = (_: string, index: number) => (index + SEED) % EVERY === 0;

/** What the job computes for epochs of a chain, from a database of its own; an error where it stops. */
async function computedBy(chain: RecordedChain, epochs: readonly number[]) {
  const { chainId, distributor } = chain;
  const reached = {
    client: recordedClient(chain),
    chainId: BigInt(chainId),
    rpcUrl: "recorded",
    agreement: 1,
  };
  const system = await readSystem(reached, distributor);
  const database = await stored(system)();
  const basis = await basisOf({ chain: reached, system, ...database, log: () => undefined });
  const results = new Map<number, { root: string; cumulativeTotal: string; datasetHash: string } | Error>();
  for (const epoch of epochs) {
    try {
      const input = await inputOf(basis, epoch, await continuationOf(basis, NOTHING_STORED, epoch));
      const { head, datasetHash } = await encodeResult(computePacked(input));
      results.set(epoch, { root: head.root, cumulativeTotal: String(head.total), datasetHash });
    } catch (error) {
      results.set(epoch, asError(error));
    }
  }
  return results;
}

function asError(thrown: unknown): Error {
  const error = asChainError(thrown);
  // A rate of more than all, say, is no input.
  const stops = [ChainError, JobError, InputError].some((kind) => error instanceof kind);
  if (stops) return error as Error;
  throw error;
}

type Results = Awaited<ReturnType<typeof computedBy>>;
const epochsOf = (chain: RecordedChain) => chain.epochs.map(({ epoch }) => epoch);

/** Nothing is computed from a lie but what is true without it. */
async function expectHarmless(what: string, chain: RecordedChain, right: Results): Promise<void> {
  let results: Results;
  try {
    results = await computedBy(chain, epochsOf(chain));
  } catch (error) {
    expect(asError(error).message, what).not.toBe("");
    return;
  }
  for (const [epoch, result] of results) {
    if (result instanceof Error) continue;
    const expected = right.get(epoch) as Exclude<typeof result, Error>;
    // No contract holds the time and the hash of a block: two endpoints, or a trusted block, are for that.
    const { datasetHash } = what.startsWith("block ") ? expected : result;
    expect({ ...result, datasetHash }, `SEED=${SEED}, ${what}: epoch ${epoch}`).toEqual(expected);
  }
}

it.each(recordedChains.map((chain) => [chain.name, chain] as const))(
  "no lie of one endpoint about %s makes the job compute another root",
  async (_, honest) => {
    const right = await computedBy(honest, epochsOf(honest));
    for (const { epoch, root, datasetHash } of honest.epochs) {
      expect(right.get(epoch)).toMatchObject({ root, datasetHash });
    }
    let index = 0;
    let told = 0;
    for (const lies of [singleLies, fittingLies]) {
      for (const lie of lies(honest)) {
        if (!isChosen(lie.what, index++)) continue;
        told++;
        await expectHarmless(lie.what, lie.chain, right);
      }
    }
    expect(told).toBeGreaterThan(0);
  },
  600_000,
);

it.each(recordedChains.map((chain) => [chain.name, chain] as const))(
  "nor where the roots of %s that the lie makes are posted",
  async (_, honest) => {
    const compute: Compute = async (chain, epoch) => {
      const results = await computedBy(chain, [epoch]).catch(asError);
      const result = results instanceof Error ? results : results.get(epoch);
      return result instanceof Error ? undefined : (result as Awaited<ReturnType<Compute>>);
    };
    let told = 0;
    const one = (_what: string, index: number) => (EVERY < 100 ? isChosen("", index) : index === SEED % 12);
    for await (const { what, chain, truth } of collusiveLies(honest, compute, one)) {
      told++;
      await expectHarmless(what, chain, await computedBy(truth, epochsOf(truth)));
    }
    expect(told).toBeGreaterThan(0);
  },
  600_000,
);

it("a root whose total is not that of its leaves is built on by nobody", async () => {
  const [boundaries] = recordedChains as [RecordedChain];
  const at = boundaries.logs.findLastIndex(({ event, args }) => event === "RootPosted" && args.epoch === "1");
  const chain = withArgument(boundaries, at, { cumulativeTotal: "285" });
  const results = await computedBy(chain, [1, 2]);
  expect(results.get(1)).toMatchObject({ root: boundaries.epochs[1]?.root });
  expect(results.get(2)).toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/^epoch 1 stands with total 285; its inputs up to block \d+ give 284$/),
  });
});

it("posts that leave an epoch out, or go back, are not the chain's, whatever the distributor holds", async () => {
  const [boundaries] = recordedChains as [RecordedChain];
  const last = boundaries.logs.findLastIndex(({ event }) => event === "RootPosted");
  for (const [epoch, at] of [
    ["4", last],
    ["2", last],
  ] as const) {
    const chain = withArgument(boundaries, at, { epoch });
    chain.state.latestPost.epoch = Number(epoch);
    await expect(computedBy(chain, [0])).rejects.toMatchObject({
      code: "inconsistent",
      message: `block 39: posted root 5 is of epoch ${epoch}, after the logs before it one of epoch 3 comes`,
    });
    const client = recordedClient(chain);
    for await (const { report } of audit({ client, distributor: chain.distributor, from: 0, to: 0 })) {
      expect(report.verdicts.inputs.findings).toMatchObject([
        { topic: "posts", message: "post 5 is altered in the logs, or one before it is missing" },
      ]);
    }
  }
});
