// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import { type Action, actOn, contentOf, type Outcome } from "../../audit/act.ts";
import type { Audited } from "../../audit/judge.ts";
import { auditJson, auditText } from "../../audit/report-forms.ts";
import { requireAuditor } from "../../chain/attest.ts";
import type { Chain } from "../../chain/client.ts";
import { signAttestation } from "../../chain/signed-attestation.ts";
import { lower } from "../../chain/system.ts";
import { writeFileWhole } from "../../store/file-store.ts";
import { actionText } from "../action-text.ts";
import { attestationJson } from "../attestation-file.ts";
import { type AuditFlags, runAudit } from "../audit-run.ts";
import { openChain } from "../audit-source.ts";
import { asEpoch } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT } from "../exit.ts";
import { isOtherNetwork } from "../network.ts";
import { attestOtherNetwork, type OtherAuditFlags, THEIRS } from "../network-audit.ts";
import { sourceBeside } from "../network-beside.ts";
import { OF_OTHER_NETWORKS, refuseFlags } from "../refuse-flags.ts";
import { openSigner, type SignerFlags } from "../signing.ts";

export interface Flags extends OtherAuditFlags, AuditFlags, SignerFlags {
  readonly epoch: string;
  readonly sign?: string;
  readonly repeat?: true;
  readonly dryRun?: true;
}

/**
 * Says what an audit of a pending root finds, and attests it if it matches. Exit: the verdict's.
 * @throws UsageError for flags that do not go together; ChainError for an account that is no auditor
 */
export async function attest(context: Context, flags: Flags): Promise<void> {
  const isBeside = isOtherNetwork(context, flags) && flags.output === "distributor";
  if (isOtherNetwork(context, flags) && !isBeside) return attestOtherNetwork(context, flags);
  refuseFlags(flags, isBeside ? THEIRS : ["output", ...THEIRS], ...OF_OTHER_NETWORKS);
  const epoch = asEpoch(flags.epoch);
  const source = isBeside ? await sourceBeside(context, flags) : await openChain(context, flags);
  let settled: number | undefined;
  const verdict = await runAudit(
    context,
    source,
    { from: epoch, to: epoch },
    flags,
    async ({ report, now, repeats }) => {
      // What was found is said before anything is done about it.
      if (!flags.json) context.out(auditText(report, source.spent(), source.witnesses(), now));
      const action = await attestMatch(context, source.chain, flags, { report, repeats });
      const { outcome, transaction = null } = action;
      const result = () => auditJson(report, source.spent(), source.witnesses());
      if (flags.json) printJson(context, { outcome, transaction, audit: result() });
      else context.out(actionText(action));
      settled =
        outcome === "already-active" ? EXIT.failed : repeats && isAttested(outcome) ? EXIT.ok : undefined;
    },
  );
  context.exit(settled ?? verdict);
}

function isAttested(outcome: Outcome): boolean {
  return ["attested", "already-attested", "signed", "would-attest"].includes(outcome);
}

async function attestMatch(
  context: Context,
  chain: Chain,
  flags: Flags,
  { report, repeats }: Pick<Audited, "report" | "repeats">,
): Promise<Action> {
  if (report.verdict === "unproven") return { outcome: "nothing" };
  if (report.verdict !== "match" && !(flags.repeat && repeats)) return { outcome: "mismatch" };
  const signer = await openSigner(context, chain, flags);
  const { post } = report;
  if (post?.status === "pending") {
    const number = { postNumber: BigInt(post.postNumber) };
    await requireAuditor(chain.client, lower(report.distributor), number, signer.address);
  }
  if (flags.sign !== undefined && post?.status === "pending") {
    const place = { chainId: chain.chainId, distributor: lower(report.distributor) };
    const content = contentOf(report.epoch, post);
    const text = attestationJson(place, await signAttestation(signer, place.distributor, content));
    await writeFileWhole(resolve(context.cwd, flags.sign), new TextEncoder().encode(text));
    return { outcome: "signed" };
  }
  const doubt = async () => "attesting is all that this command does";
  const actor = { client: chain.client, signer, say: "auditor", log: context.note, doubt } as const;
  return actOn({ ...actor, dryRun: flags.dryRun }, report, "attest");
}
