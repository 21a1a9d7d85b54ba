// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { ChainError } from "../chain/errors.ts";
import type { Address, Hex } from "../core/types.ts";
import { checkLogs } from "./check-logs.ts";
import { boundsOf } from "./deployment.ts";
import { keccakOf } from "./hash.ts";
import { deriveInput, lastRestart, standingPost } from "./inputs.ts";
import { checkClaimsBefore } from "./judge.ts";
import { lookAt, readChain } from "./reading.ts";
import { artifactBytes, recompute } from "./recompute.ts";
import type { StateSource } from "./state-source.ts";

export interface Expected {
  readonly root: Hex;
  readonly total: bigint;
  readonly datasetHash: Hex;
}

export interface ExpectParams {
  readonly client: PublicClient;
  readonly source: StateSource;
  readonly distributor: Address;
  readonly epoch: number;
  /** The block that the computed artifact names as its epoch's last. */
  readonly snapshotBlock: bigint;
}

/**
 * What the root of an epoch that is over has to be, posted or not: for who is about to post it, from logs that fit the
 * source's state.
 * @throws ChainError if the epoch is not over there, if the logs do not fit, or if anything of it is not proven;
 * UnreadablePolicy if this release cannot run a policy on the way.
 */
export async function expectRoot(params: ExpectParams): Promise<Expected> {
  const { client, source, distributor, epoch, snapshotBlock } = params;
  const reading = await readChain(client, await lookAt(client, distributor, source));
  const { deployment, facts, final, trail } = reading;
  if (final.timestamp < boundsOf(deployment, epoch).end) {
    throw notReady(`epoch ${epoch} is not over at the trusted block ${final.number}`);
  }
  const unposted = Array.from({ length: epoch }, (_, k) => k).find((k) => !standingPost(facts, k));
  if (unposted !== undefined) {
    throw notReady(`no root of epoch ${unposted} has been posted by the trusted block ${final.number}`);
  }
  const judgement = { inputs: await checkLogs(client, reading), unproven: [] as string[] };
  if (judgement.inputs.length === 0) {
    const { unproven, ...snapshot } = await source.snapshot(deployment, epoch, snapshotBlock, final);
    if (unproven !== undefined) judgement.unproven.push(unproven);
    const { input, broken } = deriveInput(trail, epoch, snapshot);
    if (input === undefined) {
      throw new ChainError(
        "inconsistent",
        `epoch ${broken?.epoch}: ${broken?.message}`,
        "nothing can be computed on top of a root whose leaves are not known: see `epoch run --repeat`",
      );
    }
    await checkClaimsBefore(judgement, reading, lastRestart(trail, epoch, snapshot));
    if (judgement.inputs.length === 0 && judgement.unproven.length === 0) {
      const result = recompute(input);
      const { root, total } = result;
      return { root, total, datasetHash: keccakOf(artifactBytes(input, result)) };
    }
  }
  const [finding] = judgement.inputs;
  throw new ChainError(
    "inconsistent",
    finding === undefined ? `not proven: ${judgement.unproven.join("; ")}` : finding.message,
    finding === undefined
      ? "give a trusted block nearer to the epoch's end"
      : "the endpoint's logs contradict the trusted block's state: use another endpoint",
  );
}

function notReady(message: string): ChainError {
  return new ChainError("not-ready", message, "give a later trusted block");
}
