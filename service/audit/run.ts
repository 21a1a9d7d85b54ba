// SPDX-License-Identifier: AGPL-3.0-only
import { ChainError } from "../chain/errors.ts";
import { type AuditParams, audit } from "./audit.ts";
import type { Audited } from "./judge.ts";
import type { Source } from "./source.ts";

export interface RunParams extends Omit<AuditParams, "client" | "source" | "distributor"> {
  readonly source: Source;
  /** Called with each epoch's audit, before the next is judged. */
  readonly onAudit?: ((audited: Audited) => Promise<void> | void) | undefined;
}

export interface Run {
  readonly audits: readonly Audited[];
  /** Why epochs that were asked for could not be judged yet, though ones before them were. */
  readonly early: ChainError | undefined;
}

/**
 * Audits epochs as far as they can be judged.
 * @throws ChainError if not even the first can, or the chain cannot be read
 */
export async function runAudits({ source, onAudit, ...params }: RunParams): Promise<Run> {
  const { client, state, distributor } = source;
  const audits: Audited[] = [];
  try {
    for await (const audited of audit({ ...params, client, source: state, distributor })) {
      audits.push(audited);
      await onAudit?.(audited);
    }
  } catch (error) {
    const isEarly = error instanceof ChainError && error.code === "not-ready";
    if (!isEarly || audits.length === 0) throw error;
    return { audits, early: error };
  }
  return { audits, early: undefined };
}
