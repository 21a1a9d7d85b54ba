// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { iRewardDistributorAbi } from "../../chain/abi.ts";
import { readMany } from "../../chain/many.ts";
import type { Address } from "../../core/types.ts";
import { epochOf } from "../deployment.ts";
import type { WorkOf } from "../facts.ts";
import { ZERO_HASH } from "../hash.ts";
import { atMost } from "../state.ts";
import { believedSource, type StateSource } from "../state-source.ts";
import { askers } from "./audit.ts";
import { derive, epochFacts } from "./derive.ts";
import { type Places, readHistory } from "./history.ts";

/**
 * SPEC 14.7: takes an endpoint's word for a distributor whose registry and market are an adapter, which holds nothing that
 * the logs could be compared with but posts and segments; its provers' work is what the other network's logs say.
 */
export function besideSource(
  client: PublicClient,
  places: Omit<Places, "epochRewards"> & { readonly epochRewards: Address | null },
): StateSource {
  return {
    ...believedSource(client),
    async state({ distributor }, facts, { number: blockNumber }) {
      const at = { abi: iRewardDistributorAbi, blockNumber } as const;
      const count = await client.readContract({ ...at, address: distributor, functionName: "segmentCount" });
      const known = Number(atMost(count, facts.segments.length));
      const segments = await readMany(client, {
        ...{ ...at, functionName: "segment" },
        calls: Array.from({ length: known }, (_, i) => ({
          address: distributor,
          args: [BigInt(i)] as const,
        })),
      });
      return {
        registrations: { count: 0n, rollingHash: 0n },
        registered: undefined,
        provers: new Map(),
        ...{ fulfilments: [], misses: [] },
        segments: segments.map((held) => held ?? { fromEpoch: -1n, budget: 0n, policyHash: "0x" }),
      };
    },
    async work(deployment, { number }): Promise<WorkOf> {
      const { distributor } = deployment;
      // Without EpochRewards there are none of its logs: the distributor has no event of those names.
      const where = { ...places, epochRewards: places.epochRewards ?? distributor };
      const history = await readHistory(client, where, number);
      const derived = derive(history, where, await askers(client, where, history));
      return ({ epoch, start, end, policy, snapshot }) => {
        const window = { start, end, maximum: 0n, provisional: false };
        // Rates are by source: whoever pays is the distributor.
        const facts = epochFacts(derived, { ...where, epochRewards: distributor }, { epoch, window, policy });
        const last = history.hashes.findLast(({ block }) => block <= snapshot.number);
        return {
          provers: facts.provers,
          misses: derived.misses
            .filter(({ time }) => time >= start && time < end)
            .map(({ prover, id: requestId, deadline }) => {
              const at = deadline < deployment.clockStart ? 0 : epochOf(deployment, deadline);
              return { prover, requestId, deadlineEpoch: Math.min(at, epoch) };
            }),
          fulfilments: { count: facts.fulfilments.count, accumulator: last?.hash ?? ZERO_HASH },
        };
      };
    },
  };
}
