// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { chain, post, postThis, setScene, test, withRow } from "../scene.ts";
import { hearLiars, record, type Scene } from "./liars.ts";

/** The recorded chains: one whose last root is right, one whose last root is wrong, and what each says of itself. */
export async function scenes() {
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
}

/** From 0 up to a number, or the one that `SEED` names. */
function seedsUpTo(count: number): Iterable<number> {
  const { SEED } = process.env;
  return SEED === undefined ? Array(count).keys() : [Number(SEED)];
}
