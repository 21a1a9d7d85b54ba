// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import { openDeployment, readPosition } from "../../../service/store/deployment.ts";
import { expectedCounts, expectedEpochs, expectedProvers } from "../../../service/store/expected.ts";
import { ingest } from "../../../service/store/ingest.ts";
import type { Page } from "../../../service/store/pages.ts";
import { onEachDatabase, openApart } from "../helpers/database.ts";
import { dump } from "../helpers/dump.ts";
import { loggedChain, pagesOf } from "../helpers/pages.ts";
import { mulberry32 } from "../helpers/random.ts";
import { recordedChains } from "../helpers/recorded-chain.ts";
import { extend, newSimulatedChain } from "../helpers/simulated-chain.ts";

beforeAll(initKeccak);

onEachDatabase(({ open, openOnce }) => {
  let deployments = 0n;

  describe.each(recordedChains.map((chain) => [chain.name, chain] as const))(
    "the recorded chain %s",
    (_, recorded) => {
      test.each([1, 3, 1_000])("gives what the contracts hold at its end, %i blocks a page", async (step) => {
        const database = await open();
        const chain = loggedChain(recorded);
        const deployment = await openDeployment(database, chain.key);
        const ends = chain.blocks.map((_, i) => i).filter((i) => i % step === step - 1);
        for (const page of pagesOf(chain, ends)) {
          expect(await ingest(database, deployment, page)).toMatchObject({ block: page.lastBlock });
        }
        const position = await readPosition(database, deployment);
        if (position === undefined) throw new Error("nothing was stored");

        const { state } = recorded;
        const provers = await expectedProvers(database, deployment, position, { from: 0, limit: 100 });
        expect(provers).toEqual(
          state.provers.map((prover, number) => ({
            number,
            prover: prover.prover,
            vault: prover.vault,
            registeredAt: BigInt(prover.registeredAt),
            commissionSequence: BigInt(prover.commissionSequence),
            commissionHash: prover.commissionHash,
            claimed: BigInt(prover.claimed),
            claimedCommission: BigInt(prover.claimedCommission),
            stakeState: {
              active: BigInt(prover.stakeState[0]),
              rollingHash: prover.stakeState[1],
            },
            changedIn: expect.any(BigInt),
          })),
        );
        const epochs = await expectedEpochs(database, deployment, position, { from: 0 });
        expect(epochs).toEqual(
          state.fulfilmentAccumulators.map((fulfilments, epoch) => ({
            epoch,
            fulfilments,
            misses: state.missAccumulators[epoch],
          })),
        );
        const { provers: count, posts, segments } = await counted(database, deployment, position);
        expect([count, posts]).toEqual([state.provers.length, state.latestPost.postNumber]);
        expect(segments.map(({ fromEpoch, budget, policyHash }) => [fromEpoch, budget, policyHash])).toEqual(
          state.segments.map((segment) => [
            BigInt(segment.fromEpoch),
            BigInt(segment.budget),
            segment.policyHash,
          ]),
        );
      });
    },
  );

  describe("a page that does not continue what is stored", () => {
    const pages = () =>
      pagesOf(extend(newSimulatedChain(), 30, mulberry32(4)), [9, 19]) as [Page, Page, Page];
    const other = `0x${"99".repeat(32)}` as const;

    test.each<[what: string, stored: number, next: (pages: [Page, Page, Page]) => Page]>([
      ["because nothing is stored before it", 0, ([, second]) => second],
      ["because it begins before the deployment", 0, ([first]) => ({ ...first, firstBlock: 4n })],
      ["because it is stored already", 1, ([first]) => first],
      ["because one is missing before it", 1, ([, , third]) => third],
      [
        "because it begins a block too early",
        1,
        ([, second]) => ({ ...second, firstBlock: second.firstBlock - 1n }),
      ],
      ["because it follows another block", 1, ([, second]) => ({ ...second, parentHash: other })],
      ["because it does not say what it follows", 1, ([, second]) => ({ ...second, parentHash: undefined })],
    ])("is behind and changes nothing, %s", async (_, stored, next) => {
      const database = await openOnce();
      const deployment = await openApart(database, newSimulatedChain().key, deployments++);
      const all = pages();
      for (const page of all.slice(0, stored)) await ingest(database, deployment, page);
      const before = await dump(database, deployment);
      expect(await ingest(database, deployment, next(all))).toBe("behind");
      expect(await dump(database, deployment)).toEqual(before);
      expect(await ingest(database, deployment, all[stored] as Page)).toMatchObject({
        block: all[stored]?.lastBlock,
      });
    });
  });

  test("passes over what other contracts log, as if they were the deployment's", async () => {
    const database = await openOnce();
    const chain = extend(newSimulatedChain(), 30, mulberry32(4));
    const contracts: string[] = [chain.key.registry, chain.key.market, chain.key.distributor];
    const stranger = `0x${"99".repeat(20)}` as const;
    const logs = chain.logs.flatMap((log) => {
      const own = { ...log, logIndex: 2 * log.logIndex };
      const forged = { ...own, logIndex: own.logIndex + 1, address: stranger };
      return contracts.includes(log.address) ? [own, forged] : [own];
    });
    const results = [chain, { ...chain, logs }].map(async (given) => {
      const deployment = await openApart(database, chain.key, deployments++);
      for (const page of pagesOf(given, [14])) await ingest(database, deployment, page);
      // A vote's place among the logs is kept.
      const { pages: _, votes: __, ...rest } = await dump(database, deployment);
      return rest;
    });
    const [expected, found] = await Promise.all(results);
    expect(found).toEqual(expected);
  });
});

async function counted(...args: Parameters<typeof expectedCounts>) {
  const counts = await expectedCounts(...args);
  if (counts === "behind") throw new Error("the position moved");
  return counts;
}
