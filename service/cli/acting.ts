// SPDX-License-Identifier: AGPL-3.0-only
import { type Action, actOn } from "../audit/act.ts";
import { doubtAbout } from "../audit/confirm.ts";
import type { AuditReport } from "../audit/report.ts";
import type { Source } from "../audit/source.ts";
import { requireSay } from "../chain/attest.ts";
import { type AuditFlags, loadContinuation } from "./audit-run.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { openSigner, type SignerFlags } from "./signing.ts";

export type Act = (report: AuditReport, signal?: AbortSignal) => Promise<Action>;

/**
 * Acts on audits that began with epoch `from`, with the key that was given, which must be one that has a say.
 * @throws UsageError for a bundle, which no chain is behind; ChainError for an account without a say
 */
export async function actorWith(
  context: Context,
  { chain, state, distributor }: Source,
  flags: AuditFlags & SignerFlags & { readonly dryRun?: true },
  from: number,
): Promise<Act> {
  if (chain === undefined) throw new UsageError("--act needs a chain", "leave out --from-bundle");
  const { client, agreement } = chain;
  const signer = await openSigner(context, chain, flags);
  const say = await requireSay(client, distributor, signer.address);
  const artifact = await loadContinuation(context, flags);
  const continued = artifact && { from, artifact };
  const log = context.note;
  const { dryRun } = flags;
  return (report, signal) => {
    const looks = { client, state, distributor, agreed: agreement > 1, continued, signal, log };
    return actOn({ client, signer, say, log, dryRun, doubt: (found) => doubtAbout(looks, found) }, report);
  };
}
