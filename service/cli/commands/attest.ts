// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import { hasAttested, type PostId, sendAttestation } from "../../chain/attest.ts";
import type { Hex } from "../../core/types.ts";
import { auditJson, auditText } from "../audit-report.ts";
import { type AuditFlags, auditOptions, runAudit } from "../audit-run.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT } from "../errors.ts";
import { openSigner, type SignerFlags, signerOptions } from "../signing.ts";

export function register(program: Command, context: Context): void {
  signerOptions(auditOptions(program.command("attest")))
    .description("audit a pending root, and attest it if it matches")
    .action((flags: AuditFlags & SignerFlags) => attest(context, flags));
}

type Outcome = "mismatch" | "attested" | "already-attested" | "already-active";

const OUTCOMES: Record<Outcome, string> = {
  mismatch: "not attested: the root does not match",
  attested: "attested",
  "already-attested": "already attested by this account: nothing was sent",
  "already-active": "not attested: the root is active already, and stands without it",
};

async function attest(context: Context, flags: AuditFlags & SignerFlags): Promise<void> {
  const run = await runAudit(context, flags);
  const { post } = run.report;
  let outcome: Outcome = "mismatch";
  let transaction: Hex | undefined;
  if (run.report.verdict === "match" && post !== undefined) {
    const { chain, report } = run;
    const signer = await openSigner(context, chain, flags);
    // The audited post, by number and root: one that took its place meanwhile is refused by the contract.
    const id: PostId = {
      epoch: BigInt(report.epoch),
      postNumber: BigInt(post.postNumber),
      root: post.root,
    };
    if (await hasAttested(chain.client, report.distributor, id, signer.address)) {
      outcome = "already-attested";
    } else if (post.status !== "pending") {
      outcome = "already-active";
    } else {
      const options = { log: context.note };
      const receipt = await sendAttestation(chain.client, report.distributor, signer, id, options);
      transaction = receipt.transactionHash;
      outcome = "attested";
    }
  }
  if (flags.json) {
    printJson(context, { outcome, transaction: transaction ?? null, audit: auditJson(run) });
  } else {
    context.out(auditText(run));
    const where = transaction === undefined ? "" : ` in transaction ${transaction}`;
    context.out(`${OUTCOMES[outcome]}${where}\n`);
  }
  if (outcome === "mismatch" || outcome === "already-active") context.exit(EXIT.failed);
}
