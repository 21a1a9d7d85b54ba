// SPDX-License-Identifier: AGPL-3.0-only
import type { LeafEntry } from "../core/types.ts";
import { leavesIn, readArtifact } from "./compare.ts";
import { AuditError } from "./errors.ts";
import { keccakOf } from "./hash.ts";
import { continuedFrom, standingPost, type Trail } from "./inputs.ts";
import type { Reading } from "./reading.ts";
import { domainFor, rootFor } from "./tree.ts";

/**
 * A trail on which `epoch` continues from the artifact of the epoch before.
 * @throws AuditError if it is not the one whose dataset hash was posted, or does not build the root that stands
 */
export function trailAfter(reading: Reading, epoch: number, artifact: Uint8Array): Trail {
  return continuedFrom(reading.trail, epoch, leavesBefore(reading, epoch, artifact));
}

/** The leaves of the epoch before, from its artifact: it must be the one posted, and build the root posted with it. */
function leavesBefore({ deployment, facts }: Reading, epoch: number, bytes: Uint8Array): LeafEntry[] {
  const before = standingPost(facts, epoch - 1);
  if (before === undefined) throw new AuditError("epoch 0 continues from nothing: leave out --from-artifact");
  const artifact = readArtifact(bytes, { ...deployment, epoch: epoch - 1 });
  const hash = keccakOf(bytes);
  if (hash !== before.datasetHash) {
    throw new AuditError(
      `the artifact of epoch ${epoch - 1} hashes to ${hash}, its root was posted with dataset hash ${before.datasetHash}`,
    );
  }
  const leaves = leavesIn(artifact);
  const promised = leaves.reduce((sum, { cumulative }) => sum + cumulative, 0n);
  if (promised > before.cumulativeTotal) {
    throw new AuditError(
      `the leaves of epoch ${epoch - 1} promise ${promised} wei, above the posted total ${before.cumulativeTotal} wei: they can only be continued from claimed amounts`,
    );
  }
  const root = rootFor(domainFor(deployment.chainId, deployment.distributor), leaves);
  if (root !== before.root) {
    throw new AuditError(
      `the artifact of epoch ${epoch - 1} is the one posted, but its rows build ${root}, not the posted root ${before.root}: the leaves were withheld`,
    );
  }
  return leaves;
}
