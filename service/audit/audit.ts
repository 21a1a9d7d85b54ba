// SPDX-License-Identifier: AGPL-3.0-only

import type { PublicClient } from "viem";
import { asChainError, ChainError } from "../chain/errors.ts";
import { moment } from "../chain/moments.ts";
import type { Address } from "../core/types.ts";
import { trailAfter } from "./continue.ts";
import { boundsOf } from "./deployment.ts";
import { type Audited, judge } from "./judge.ts";
import { type Progress, progressOf } from "./progress.ts";
import { lookAt, type Outlook, readChain } from "./reading.ts";
import type { StateSource } from "./state-source.ts";

export interface AuditParams {
  readonly client: PublicClient;
  /** Where all but the logs is taken from: the client's word, if not given. */
  readonly source?: StateSource | undefined;
  readonly distributor: Address;
  readonly from: number;
  /** The last epoch; if not given, the latest that can be judged. */
  readonly to?: number | undefined;
  /** The published artifact of an epoch, to name the first prover that differs. */
  readonly artifactOf?: ((epoch: number) => Promise<Uint8Array | undefined>) | undefined;
  /** The artifact of the epoch before the first: continues from its leaves. */
  readonly continueFrom?: Uint8Array | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Ends the audit: what it was aborted with is thrown. What is being asked ends by the client's own signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Audits epochs, in ascending order, from one reading of the chain, until one cannot be judged yet.
 * @throws ChainError `not-ready` for the first that cannot, `unreachable` and others where the chain cannot be read;
 * what the signal was aborted with
 */
export async function* audit(params: AuditParams): AsyncGenerator<Audited> {
  const { client, source, distributor, from, to, artifactOf, continueFrom, signal } = params;
  const tell = progressOf(params.onProgress);
  try {
    signal?.throwIfAborted();
    const outlook = await lookAt(client, distributor, source);
    requireReady(outlook, from);
    tell({ phase: "looked", head: outlook.head.number, final: outlook.final.number });
    const reading = await readChain(client, outlook, { tell, signal });
    const trail = continueFrom && trailAfter(reading, from, continueFrom);
    const last = to ?? lastReady(reading, from);
    for (let epoch = from; epoch <= last; epoch++) {
      requireReady(reading, epoch);
      const audited = await judge(client, reading, epoch, { artifact: await artifactOf?.(epoch), trail });
      signal?.throwIfAborted();
      tell({ phase: "epoch", epoch, from, to: last });
      yield audited;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw asReadError(error);
  }
}

/** Nothing is sent here: whatever an endpoint refuses, or answers otherwise than another, leaves nothing to judge. */
export function asReadError(thrown: unknown): unknown {
  const error = asChainError(thrown);
  if (!(error instanceof ChainError) || !["refused", "inconsistent"].includes(error.code)) return error;
  return new ChainError("unreachable", error.message, "nothing was judged: try another endpoint", {
    cause: error,
  });
}

function lastReady(outlook: Outlook, from: number): number {
  const { latest } = outlook.posts;
  const last = Number(latest.epoch);
  return latest.vetoed && last > from ? last - 1 : last;
}

/** @throws ChainError `not-ready` for an epoch that cannot be judged yet, with when it can. */
export function requireReady({ deployment, head, final, posts: { latest } }: Outlook, epoch: number): void {
  const { end } = boundsOf(deployment, epoch);
  const at = moment(end, head.timestamp);
  if (head.timestamp < end)
    throw notReady(`epoch ${epoch} has not ended: it ends at ${at}`, "try again after it");
  const posted = latest.postNumber > 0n && latest.epoch >= BigInt(epoch);
  if (!posted) throw notReady(`no root has been posted for epoch ${epoch}`, "try again when one has");
  if (latest.epoch === BigInt(epoch) && latest.vetoed) {
    throw notReady(
      `the root of epoch ${epoch} was vetoed, and no other has been posted`,
      "try again when one has",
    );
  }
  if (final.timestamp < end) {
    throw notReady(
      `epoch ${epoch} ended at ${at}, but its last block is not final yet`,
      "try again when a block past the end is finalized",
    );
  }
}

function notReady(message: string, hint: string): ChainError {
  return new ChainError("not-ready", message, hint);
}
