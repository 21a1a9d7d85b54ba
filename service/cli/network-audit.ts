// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import { auditNetworkEpoch, type NetworkReport } from "../audit/provernet/audit.ts";
import { withTokens } from "../audit/words.ts";
import { readBlock } from "../chain/blocks.ts";
import type { Address } from "../core/types.ts";
import { attestationText, signEpoch } from "../networks/provernet/attestation.ts";
import { MOST_IN_A_CHUNK } from "../networks/provernet/output.ts";
import { pinsOf } from "../networks/provernet/pins.ts";
import { writeFileWhole } from "../store/file-store.ts";
import { asEpoch } from "./config.ts";
import { type Context, printJson } from "./context.ts";
import { moment } from "./durations.ts";
import { UsageError } from "./errors.ts";
import { EXIT } from "./exit.ts";
import { amount, time } from "./format.ts";
import { type OpenContracts, openOtherNetwork } from "./network.ts";
import { asBudget, readNetworkPolicy } from "./network-policy.ts";
import { refuseFlags } from "./refuse-flags.ts";
import type { ChainFlags } from "./session.ts";
import { openSigner, type SignerFlags } from "./signing.ts";
import { trustedBlockOf } from "./trusted-block.ts";

export interface OtherAuditFlags extends ChainFlags, SignerFlags {
  readonly epoch?: string;
  readonly policy?: string;
  readonly budget?: string;
  readonly sign?: string;
  readonly trustedBlock?: string;
  /** epoch-rewards, if not given; distributor: one of our own beside the network. */
  readonly output?: string;
}

/** What our own distributor holds itself. */
export const THEIRS = ["policy", "budget"];
/** What an audit of our own contracts takes besides. */
const OURS = [
  "act",
  "artifact",
  "bundle",
  "check",
  "every",
  "fromArtifact",
  "fromBundle",
  "notify",
  "report",
  "watch",
];

/** Audits an epoch of another network, from an endpoint and the configuration alone. */
export async function auditOtherNetwork(context: Context, flags: OtherAuditFlags): Promise<void> {
  const { report, opened } = await audited(context, flags);
  if (flags.json) printJson(context, report);
  else context.out(reportText(report, (await readBlock(opened.chain.client, "finalized")).timestamp));
  context.exit(report.verdict === "differs" || report.verdict === "mismatch" ? EXIT.failed : EXIT.ok);
}

/**
 * Signs what the auditor itself computes of an epoch, for whoever sets its rewards.
 * @throws UsageError without a file to write to
 */
export async function attestOtherNetwork(context: Context, flags: OtherAuditFlags): Promise<void> {
  if (flags.sign === undefined) {
    throw new UsageError(
      "--sign is missing",
      "EpochRewards takes no attestation: name the file to write one to",
    );
  }
  const { report, opened } = await audited(context, { ...flags, policy: flags.policy ?? "" });
  const { recomputed, findings } = report;
  if (recomputed === undefined || findings.length > 0) {
    context.note(`nothing is signed: ${findings.join("; ")}`);
    context.exit(EXIT.failed);
    return;
  }
  const signer = await openSigner(context, opened.chain, flags);
  const { datasetHash, outputHash } = recomputed;
  const { chainId, epochRewards } = opened.contracts;
  const attestation = {
    chainId,
    epochRewards: epochRewards as Address,
    epoch: report.epoch,
    datasetHash,
    outputHash,
  };
  const text = attestationText(await signEpoch(signer, attestation));
  await writeFileWhole(resolve(context.cwd, flags.sign), new TextEncoder().encode(text));
  if (flags.json) printJson(context, { outcome: "signed", datasetHash, outputHash, auditor: signer.address });
  else
    context.out(
      `signed dataset hash ${datasetHash} and output hash ${outputHash} of epoch ${report.epoch}\n`,
    );
}

async function audited(
  context: Context,
  flags: OtherAuditFlags,
): Promise<{ report: NetworkReport; opened: OpenContracts }> {
  refuseFlags(
    flags,
    OURS,
    "Provender's own contracts",
    "leave it out: SPEC.md, section 14, says what is audited",
  );
  if (flags.epoch === undefined) throw new UsageError("--epoch is missing", "name an epoch");
  const epoch = asEpoch(flags.epoch);
  const named =
    flags.policy === undefined
      ? undefined
      : await readNetworkPolicy(context, "--policy", flags.policy || undefined);
  const budget = flags.budget === undefined ? undefined : asBudget(flags.budget);
  const opened = await openOtherNetwork(context, flags);
  const { contracts, chain, settings } = opened;
  const { epochRewards } = contracts;
  if (epochRewards === null) {
    throw new UsageError(
      "network-config.epochRewards is null",
      "name EpochRewards: without it there are no epochs",
    );
  }
  const report = await auditNetworkEpoch({
    client: chain.client,
    places: { ...contracts, epochRewards },
    epoch,
    policy: named && { name: named.name, policy: named.policy, budget },
    chunk: MOST_IN_A_CHUNK,
    trusted: flags.trustedBlock === undefined ? undefined : trustedBlockOf(context, flags.trustedBlock),
    codeHashes: pinsOf(new Map(), settings, contracts),
  });
  return { report, opened };
}

function reportText(report: NetworkReport, now: bigint): string {
  const { epoch, window, says, set, paid, findings, notes, rules, recomputed, notVouched, proofs } = report;
  return [
    `epoch ${epoch}, ${time(window.start)} to ${moment(window.end, now)}: ${withTokens(says)}`,
    `set ${amount(set)} of at most ${amount(window.maximum)}, paid ${amount(paid)}`,
    ...(recomputed === undefined
      ? []
      : [`dataset hash ${recomputed.datasetHash}`, `output hash ${recomputed.outputHash}`]),
    ...findings.map((finding) => `wrong: ${withTokens(finding)}`),
    ...notes.map((note) => `note: ${withTokens(note)}`),
    ...rules.map(({ rule, distance }) => `distance from "${rule}": ${distance}`),
    ...(proofs === undefined
      ? []
      : [
          `proven against block ${proofs.block.number}, ${proofs.block.hash}:`,
          ...proofs.proven.map((line) => `  ${line}`),
          "believed:",
          ...proofs.believed.map((line) => `  ${line}`),
          "UNPROVEN:",
          ...proofs.unproven.map((line) => `  ${line}`),
        ]),
    "nothing vouches for:",
    ...notVouched.map((line) => `  ${line}`),
    "",
  ].join("\n");
}
