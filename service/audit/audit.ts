// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { asChainError, ChainError } from "../chain/errors.ts";
import type { Address } from "../core/types.ts";
import { boundsOf } from "./deployment.ts";
import { type Given, judge } from "./judge.ts";
import { lookAt, type Outlook, readChain } from "./reading.ts";
import type { AuditReport } from "./report.ts";

export interface AuditParams extends Given {
  readonly client: PublicClient;
  readonly distributor: Address;
  readonly epoch: number;
}

/** One epoch, from the chain alone. */
export async function auditEpoch({
  client,
  distributor,
  epoch,
  ...given
}: AuditParams): Promise<AuditReport> {
  try {
    const outlook = await lookAt(client, distributor);
    requireReady(outlook, epoch);
    const reading = await readChain(client, outlook);
    return (await judge(client, reading, epoch, given)).report;
  } catch (error) {
    throw asChainError(error);
  }
}

/** Refuses an epoch that cannot be judged yet. */
function requireReady({ deployment, head, final, posts: { latest } }: Outlook, epoch: number): void {
  const { end } = boundsOf(deployment, epoch);
  const at = new Date(Number(end) * 1000).toISOString();
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
