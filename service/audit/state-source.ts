// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { inconsistent } from "../chain/errors.ts";
import type { Address, Snapshot } from "../core/types.ts";
import { type Deployment, epochOf, readDeployment } from "./deployment.ts";
import type { Facts, WorkOf } from "./facts.ts";
import { findSnapshot, type Head, readHead } from "./snapshot.ts";
import { type PostState, readPostState, readState, type State } from "./state.ts";

/** What everything but the logs is taken from: what the contracts hold, and blocks. */
export interface StateSource {
  readonly kind: "believed" | "proven";
  readonly deployment: (distributor: Address) => Promise<Deployment>;
  /** The newest block, and the newest that cannot be replaced any more. */
  readonly blocks: () => Promise<{ readonly head: Head; readonly final: Head }>;
  readonly posts: (deployment: Deployment, block: Head) => Promise<PostState>;
  /** Nothing here depends on which epoch is audited, so that who has read once can audit all. */
  readonly state: (deployment: Deployment, facts: Facts, block: Head) => Promise<State>;
  /** The last block of an epoch; `likely` is asked first and is usually it. */
  readonly snapshot: (
    deployment: Deployment,
    epoch: number,
    likely: bigint,
    final: Head,
  ) => Promise<FoundSnapshot>;
  /** Where the distributor stands beside another network: what that one's logs, up to a block, say of any epoch. */
  readonly work?: ((deployment: Deployment, block: Head) => Promise<WorkOf>) | undefined;
  /** What the registry says that every prover had claimed at the end of a block. */
  readonly claims: (
    deployment: Deployment,
    provers: readonly Address[],
    block: bigint,
    final: Head,
  ) => Promise<ClaimsAt>;
}

export interface FoundSnapshot extends Snapshot {
  /** Why its place in the chain is not proven, though a hash was given to prove it with. */
  readonly unproven?: string;
}

export interface Claim {
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
}

/** In the order of the provers; or why they are not known. */
export type ClaimsAt = { readonly claims: readonly Claim[] } | { readonly unproven: string } | "believed";

/** More epochs than any deployment comes to: a century of hours. */
const MOST_EPOCHS = 1_000_000;

/** The epoch of a block that nobody vouches for. @throws ChainError if the block is said to be of no time to come. */
function begunBy(deployment: Deployment, { number, timestamp }: Head): number {
  const epoch = epochOf(deployment, timestamp);
  if (epoch >= 0 && epoch < MOST_EPOCHS) return epoch;
  throw inconsistent(`block ${number} is given with timestamp ${timestamp}, which is of no epoch`);
}

/** Takes an endpoint's word for state and blocks. Logs are compared with it all the same. */
export function believedSource(client: PublicClient): StateSource {
  return {
    kind: "believed",
    deployment: (distributor) => readDeployment(client, distributor),
    async blocks() {
      const [head, final] = await Promise.all([readHead(client, "latest"), readHead(client, "finalized")]);
      return { head, final };
    },
    posts: ({ distributor }, { number }) => readPostState(client, distributor, number),
    state: (deployment, facts, block) =>
      readState(client, deployment, facts, {
        blockNumber: block.number,
        epoch: begunBy(deployment, block),
      }),
    snapshot: (deployment, epoch, likely, final) => findSnapshot(client, deployment, epoch, likely, final),
    // A state of the past would take an archive: the logs' blocks are believed.
    claims: async () => "believed",
  };
}
