// SPDX-License-Identifier: AGPL-3.0-only
import { hexToBytes } from "viem";
import type { Hex, Policy } from "../core/types.ts";
import { isOfLaterVersion, readPolicy } from "./policy.ts";

/** From an epoch on: what is offered, and by which policy it is divided. */
export interface SegmentFacts {
  readonly fromEpoch: bigint;
  readonly budget: bigint;
  readonly policyHash: Hex;
  readonly policy: Hex;
}

/** An epoch cannot be judged: its policy is none that this release, or any, can run. */
export class UnreadablePolicy extends Error {
  /** Whether nobody can ever run it: the epoch then repeats what stands before it. */
  readonly forGood: boolean;

  constructor(message: string, forGood = false) {
    super(message);
    this.forGood = forGood;
  }
}

/** The last one that covers an epoch. @throws UnreadablePolicy if none does */
export function segmentOf<S extends SegmentFacts>(
  { segments }: { readonly segments: readonly S[] },
  epoch: number,
): S {
  const segment = segments.findLast(({ fromEpoch }) => fromEpoch <= BigInt(epoch));
  if (segment === undefined) throw new UnreadablePolicy(`no budget segment covers epoch ${epoch}`);
  return segment;
}

const read = new WeakMap<SegmentFacts, { readonly policy: Policy | undefined; readonly bytes: Uint8Array }>();

/** @throws UnreadablePolicy if this release, or nobody, can run it */
export function policyOf(segment: SegmentFacts, epoch: number): Policy {
  const known = read.get(segment);
  const bytes = known?.bytes ?? hexToBytes(segment.policy);
  const policy = known === undefined ? readPolicy(bytes) : known.policy;
  if (known === undefined) read.set(segment, { policy, bytes });
  if (policy === undefined) {
    const forGood = !isOfLaterVersion(bytes);
    throw new UnreadablePolicy(
      `the policy in force in epoch ${epoch} is none that this release knows`,
      forGood,
    );
  }
  if (policy.version === 2 && policy.programs !== null) {
    throw new UnreadablePolicy(
      `the policy in force in epoch ${epoch} rates programs, and the market's logs carry multipliers`,
      true,
    );
  }
  return policy;
}
