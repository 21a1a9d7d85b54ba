// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import { openDeployment, readPosition } from "../../../service/store/deployment.ts";
import { expectedCounts, expectedEpochs, expectedProvers } from "../../../service/store/expected.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { onEachDatabase } from "../helpers/database.ts";
import { loggedChain, pagesOf } from "../helpers/pages.ts";
import { recordedChains } from "../helpers/recorded-chain.ts";

beforeAll(initKeccak);

onEachDatabase(({ open }) => {
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
              activeSeconds: BigInt(prover.stakeState[1]),
              time: BigInt(prover.stakeState[2]),
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
});

async function counted(...args: Parameters<typeof expectedCounts>) {
  const counts = await expectedCounts(...args);
  if (counts === "behind") throw new Error("the position moved");
  return counts;
}
