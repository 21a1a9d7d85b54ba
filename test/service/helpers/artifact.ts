// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Artifact,
  artifactOf,
  datasetHash,
  encodeArtifact,
  headOf,
} from "../../../service/core/artifact.ts";
import type { ArtifactLeaves } from "../../../service/core/artifact-reader.ts";
import type { EncodedArtifact } from "../../../service/core/encoded-artifact.ts";
import { computeEpoch, leavesOf } from "../../../service/core/epoch.ts";
import { EMPTY_ACCUMULATOR } from "../../../service/core/ids.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import type { RewardTree } from "../../../service/core/reward-tree.ts";
import type { Address } from "../../../service/core/types.ts";

/** An artifact as it is stored, and as objects. */
export interface Sample extends EncodedArtifact {
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
  readonly tree: RewardTree;
}

/** What a tree is put from. */
export function leavesOfArtifact({ rows, ...head }: Artifact): ArtifactLeaves {
  return { head, provers: rows.length, leaves: packLeaves(leavesOf(rows)) };
}

/** The artifact of a first epoch in which one prover earned `budget` by `work`. */
export function sampleArtifact(budget = 1000n): Sample {
  const distributor: Address = `0x${"dd".repeat(20)}`;
  const result = computeEpoch({
    chainId: 31_337n,
    distributor,
    epoch: 0,
    start: 100n,
    end: 200n,
    snapshot: { number: 9n, hash: `0x${"09".repeat(32)}` },
    budget,
    carry: 0n,
    policy: {
      version: 1,
      id: "work",
      params: {},
      guards: { exclusions: [], feeMatchBps: null, minStake: 0n },
    },
    previous: { root: domainOf(31_337n, distributor), total: 0n, leaves: [] },
    fulfilments: { count: 1, accumulator: EMPTY_ACCUMULATOR },
    misses: [],
    provers: [
      {
        prover: `0x${"aa".repeat(20)}`,
        vault: `0x${"bb".repeat(20)}`,
        work: 5n,
        stake: 7n,
        fulfilments: 1,
        misses: 0,
        fees: 3n,
        protocolFees: 1n,
        commissionBps: 1000,
      },
    ],
  });
  const artifact = artifactOf(result);
  const bytes = encodeArtifact(artifact);
  return {
    head: headOf(result),
    provers: result.rows.length,
    // Some tests promise more than can be paid.
    leaves: budget < 2n ** 96n ? packLeaves(result.leaves) : packLeaves([]),
    ...{ datasetHash: datasetHash(bytes), parts: () => [bytes], artifact, bytes, tree: result.tree },
  };
}
