// SPDX-License-Identifier: AGPL-3.0-only
import { ChainError } from "../chain/errors.ts";
import { type AuditParams, audit } from "./audit.ts";
import type { Audited } from "./judge.ts";
import type { Source } from "./source.ts";

export interface RunParams extends Omit<AuditParams, "client" | "source" | "distributor"> {
  readonly source: Source;
  /** Called with each epoch's audit, before the next is judged; none is kept here. */
  readonly onAudit: (audited: Audited) => Promise<void> | void;
}

/**
 * Audits epochs as far as they can be judged. Gives why others that were asked for can't be yet, if there are any.
 * @throws ChainError if not even the first can, or the chain cannot be read
 */
export async function runAudits({ source, onAudit, ...params }: RunParams): Promise<ChainError | undefined> {
  const { client, state, distributor } = source;
  let count = 0;
  try {
    for await (const audited of audit({ ...params, client, source: state, distributor })) {
      count++;
      await onAudit(audited);
    }
  } catch (error) {
    const isEarly = error instanceof ChainError && error.code === "not-ready";
    if (!isEarly || count === 0) throw error;
    return error;
  }
  return undefined;
}
