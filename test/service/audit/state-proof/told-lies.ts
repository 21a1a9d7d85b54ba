// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type Hex, type RpcLog, toEventSelector } from "viem";
import { expect, it } from "vitest";
import { deriveInput } from "../../../../service/audit/inputs.ts";
import { lookAt, readChain } from "../../../../service/audit/reading.ts";
import { artifactBytes, recompute } from "../../../../service/audit/recompute.ts";
import { iProofMarketAbi } from "../../../../service/chain/abi.ts";
import { decodeArtifact } from "../../../../service/core/artifact.ts";
import type { EpochInput } from "../../../../service/core/types.ts";
import { fakeChain } from "../../helpers/chain.ts";
import { chain, honest, post, postThis, setScene, test, withRow } from "../scene.ts";
import { hearLiars, record, type Scene } from "./liars.ts";

/** The recorded chains: one whose last root is right, one whose last root is wrong, and what each says of itself. */
async function scenes() {
  const { distributor } = test;
  const before = await test.client.snapshot();
  const ask = async () => {
    const { hash } = await test.client.getBlock();
    return { client: chain.client, distributor, trusted: hash, epoch: 1 } as const;
  };
  await post(1);
  const right = await ask();
  const rightly = await record(right);
  await test.client.revert({ id: before });
  const artifact = withRow(1, ({ amount }) => ({ amount: amount + 10n ** 18n }));
  await postThis(artifact);
  const wrong = await ask();
  const wrongly = await record(wrong);
  return { right, rightly, wrong, wrongly };
}

/** As if the last fulfilment of epoch 1 had counted nothing. */
function altering(answer: unknown): unknown {
  const FULFILLED = toEventSelector(getAbiItem({ abi: iProofMarketAbi, name: "Fulfilled" }));
  if (!Array.isArray(answer)) return answer;
  const at = (answer as RpcLog[]).findLastIndex(
    ({ topics }) => topics?.[0] === FULFILLED && BigInt(topics[3] as Hex) === 1n,
  );
  if (at < 0) return answer;
  const log = answer[at] as RpcLog;
  // The seventh word of its data.
  const [start, end] = [2 + 64 * 6, 2 + 64 * 7];
  const word = "0".repeat(64);
  return answer.with(at, { ...log, data: `${log.data.slice(0, start)}${word}${log.data.slice(end)}` });
}

/** Posts the root that the altered logs make, and gives what an honest endpoint and a liar say of that. */
async function collusion() {
  const { distributor } = test;
  const { client } = fakeChain(async (call) => altering(await chain.client.request(call as never)));
  const { trail } = await readChain(client, await lookAt(client, distributor));
  const { input } = deriveInput(trail, 1, honest.input.snapshot);
  const artifact = decodeArtifact(artifactBytes(input as EpochInput, recompute(input as EpochInput)));
  expect(artifact.root).not.toBe(honest.artifact.root);
  await postThis(artifact);
  const { hash } = await test.client.getBlock();
  const ask = { client: chain.client, distributor, trusted: hash, epoch: 1 } as const;
  const told = await record(ask);
  const always = new Map(
    [...told.answers].flatMap(([key, answer]): [string, unknown][] => {
      const lie = altering(answer);
      return lie === answer ? [] : [[key, lie]];
    }),
  );
  return { ask, told, always, artifact };
}

/** The tests of both sizes: as many liars as named, of each of the two chains. */
export function testLiars(liars: number): void {
  setScene();

  it(`${liars} liars who speak of a chain whose root is right get no other result to MATCH`, async () => {
    const { right, rightly, wrongly } = await scenes();
    expect(rightly.audited.report.verdict).toBe("match");
    const scene: Scene = { ...right, own: rightly.answers, others: [wrongly.answers] };
    const tally = await hearLiars(scene, seedsUpTo(liars), ({ report, artifact }) => {
      expect(artifact).toEqual(rightly.audited.artifact);
      expect({ ...report.recomputed }).toEqual({ ...rightly.audited.report.recomputed });
      expect(report.post).toEqual(rightly.audited.report.post);
    });
    // Some lies are of what does not matter, such as a transaction's hash: a test of nothing would have only those.
    expect(tally.refused).toBeGreaterThan(liars / 4);
    expect(tally.refused + tally.other).toBeGreaterThan(liars / 2);
    expect(tally.matches).toBeGreaterThan(0);
  }, 600_000);

  it(`${liars} liars who speak of a chain whose root is wrong never get it to MATCH`, async () => {
    const { wrong, wrongly, rightly } = await scenes();
    expect(wrongly.audited.report.verdict).toBe("mismatch");
    const scene: Scene = { ...wrong, own: wrongly.answers, others: [rightly.answers] };
    const tally = await hearLiars(scene, seedsUpTo(liars), () => {
      throw new Error("its root is wrong");
    });
    expect(tally.refused + tally.other).toBe(liars);
  }, 600_000);

  const some = Math.ceil(liars / 4);
  it(`${some} liars who have posted the root that their lie makes never get it to MATCH`, async () => {
    const { ask, told, always, artifact } = await collusion();
    expect(told.audited.report.verdict).toBe("mismatch");
    expect(told.audited.report.post?.root).toBe(artifact.root);
    expect(always.size).toBe(1);
    const scene: Scene = { ...ask, own: told.answers, always, others: [told.answers] };
    const tally = await hearLiars(scene, seedsUpTo(some), () => {
      throw new Error("its root is wrong");
    });
    expect(tally.refused + tally.other).toBe(some);
  }, 600_000);
}

/** From 0 up to a number, or the one that `SEED` names. */
function seedsUpTo(count: number): Iterable<number> {
  const { SEED } = process.env;
  return SEED === undefined ? Array(count).keys() : [Number(SEED)];
}
