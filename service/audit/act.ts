// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { hasAttested, hasVetoed, standingOf, verdictCall } from "../chain/attest.ts";
import type { DeliverOptions } from "../chain/deliver.ts";
import type { Signer } from "../chain/signer.ts";
import { transact } from "../chain/transact.ts";
import type { Hex, PostContent } from "../core/types.ts";
import { adviceOn } from "./advice.ts";
import type { AuditReport } from "./report.ts";

export type Outcome =
  | "attested"
  | "signed"
  | "vetoed"
  /** What a dry run found would be done. */
  | "would-attest"
  | "would-veto"
  | "already-attested"
  | "already-vetoed"
  | "already-active"
  | "replaced"
  | "no-veto-left"
  | "not-ours-to-attest"
  /** Nothing to veto. */
  | "match"
  /** Found, and left to those who veto. */
  | "mismatch"
  /** Found once, and not by a second look. */
  | "unconfirmed"
  | "nothing";

export interface Action {
  readonly outcome: Outcome;
  readonly transaction?: Hex;
  /** Why nothing was done about what was found. */
  readonly reason?: string;
}

/** Who acts, and where. */
export interface Actor extends DeliverOptions {
  readonly client: PublicClient;
  readonly signer: Signer;
  readonly say: "auditor" | "guardian";
  /** Why a mismatch is not to be acted on yet; undefined if a second, independent look has confirmed it. */
  readonly doubt: (report: AuditReport) => Promise<string | undefined>;
  /** Simulates what it would send, and sends nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Attests a match and vetoes a mismatch that a second look confirms, once: what the chain shows to be done already is
 * not done again. What it is about to do is logged before.
 */
export async function actOn(
  { client, signer, say, doubt, dryRun = false, ...options }: Actor,
  report: AuditReport,
  advice = adviceOn(report),
): Promise<Action> {
  const { distributor, post } = report;
  if (advice === "nothing" || post === undefined) return { outcome: "nothing" };
  // The audited post, whole: one that took its place meanwhile is refused by the contract.
  const content = contentOf(report.epoch, post);
  const { address } = signer;
  const isAuditor = say === "auditor";
  if (advice === "attest" && !isAuditor) return { outcome: "not-ours-to-attest" };
  if (advice === "attest" && (await hasAttested(client, distributor, content, address))) {
    return { outcome: "already-attested" };
  }
  const standing = await standingOf(client, distributor, content);
  if (standing !== "pending") return { outcome: SETTLED[standing] };
  if (advice === "veto" && isAuditor && (await hasVetoed(client, distributor, content, address))) {
    return { outcome: "no-veto-left" };
  }
  const reason = advice === "veto" ? await doubt(report) : undefined;
  if (reason !== undefined) return { outcome: "unconfirmed", reason };
  const { postNumber, root } = content;
  options.log(
    `${dryRun ? "would" : "will"} ${advice} post ${postNumber}, the root ${root} of epoch ${report.epoch}`,
  );
  const call = verdictCall(distributor, advice, content);
  if (dryRun) {
    await client.simulateContract({ ...call, account: signer.account });
    return { outcome: `would-${advice}` };
  }
  const { transactionHash } = await transact(client, signer, call, options);
  return { outcome: advice === "attest" ? "attested" : "vetoed", transaction: transactionHash };
}

/** All of a post as it was audited. */
export function contentOf(epoch: number, post: NonNullable<AuditReport["post"]>): PostContent {
  return {
    epoch: BigInt(epoch),
    postNumber: BigInt(post.postNumber),
    root: post.root,
    cumulativeTotal: BigInt(post.cumulativeTotal),
    datasetHash: post.datasetHash,
    snapshotBlock: BigInt(post.snapshot.number),
    snapshotHash: post.snapshot.hash,
  };
}

const SETTLED = { active: "already-active", vetoed: "already-vetoed", replaced: "replaced" } as const;
