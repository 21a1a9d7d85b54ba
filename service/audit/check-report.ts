// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToString, stringToBytes } from "viem";
import { leavesIn } from "./compare.ts";
import { keccakOf } from "./hash.ts";
import { canonicalText, isList, isObject, type JsonObject, type JsonValue } from "./json.ts";
import { readInput } from "./read-input.ts";
import { artifactBytes, recompute } from "./recompute.ts";
import type { EpochEntry, ReportFile } from "./report-file.ts";
import { overallOf } from "./report-of.ts";
import { domainFor, rootFor } from "./tree.ts";

/** One way in which a report does not hold. */
export interface Objection {
  readonly epoch: number;
  readonly message: string;
}

/**
 * What can be said of a report without any chain: whether its amounts follow from the inputs it names, its root from the
 * amounts, each verdict from both, and each epoch from the one before. Not whether the inputs and posts are the chain's.
 */
export function checkReport({ chainId, distributor, epochs }: ReportFile): Objection[] {
  const domain = domainFor(chainId, distributor);
  return epochs.flatMap((entry, i) => {
    const messages = [
      ...checkEntry(entry, { chainId: String(chainId), distributor }),
      ...checkStart(entry, domain),
      ...checkSequence(entry, epochs[i - 1]),
    ];
    return messages.map((message) => ({ epoch: entry.epoch, message }));
  });
}

function* checkEntry(
  { epoch, report, artifact }: EpochEntry,
  about: { readonly chainId: string; readonly distributor: string },
): Generator<string> {
  const stated = verdictsIn(report);
  const overall = overallOf(stated);
  if (report.verdict !== overall) yield `it says ${text(report.verdict)}, its verdicts come to ${overall}`;
  if (artifact === undefined) {
    // Inputs may match where nothing can be computed from them.
    if (stated.includes("match", 1)) yield "it says match, and holds no artifact to show it";
    return;
  }
  const { chainId, distributor } = artifact;
  if (chainId !== about.chainId || distributor !== about.distributor || artifact.epoch !== epoch) {
    yield "its artifact is of another epoch or distributor";
    return;
  }
  const input = readInput(artifact);
  if (input === undefined) {
    yield "its artifact is malformed";
    return;
  }
  const result = recompute(input);
  const bytes = artifactBytes(input, result);
  if (bytesToString(bytes) !== canonicalText(artifact)) {
    yield "the amounts of its artifact do not follow from the inputs in it";
    return;
  }
  const recomputed = {
    root: result.root,
    cumulativeTotal: String(result.total),
    added: String(result.added),
    datasetHash: keccakOf(bytes),
    snapshot: { number: String(input.snapshot.number), hash: input.snapshot.hash },
    provers: input.provers.length,
    fulfilments: input.fulfilments.count,
    misses: input.misses.length,
  };
  if (canonicalText(report.recomputed ?? null) !== canonicalText(recomputed)) {
    yield "what it says was recomputed is not what its artifact comes to";
  }
  const { post } = report;
  if (!isObject(post)) {
    yield "it names no post, and judges one";
    return;
  }
  const emitted = isObject(post.snapshot) ? post.snapshot : {};
  const postedAs = keccakOf(stringToBytes(canonicalText({ ...artifact, snapshot: emitted })));
  const own = {
    snapshot: canonicalText(emitted) === canonicalText(recomputed.snapshot),
    amounts: post.cumulativeTotal === recomputed.cumulativeTotal && post.datasetHash === postedAs,
    root: post.root === result.root,
  };
  const [inputs, amounts, root] = stated;
  if (inputs === "match" && !own.snapshot) yield "inputs: it says match, and the post names another snapshot";
  if (amounts === "match" && !own.amounts) yield "amounts: it says match, and the post's are others";
  if (amounts === "mismatch" && own.amounts && !speaksOfCopies(report)) {
    yield "amounts: it says mismatch, and the post's are these";
  }
  if ((root === "match") !== own.root) {
    yield `root: it says ${text(root)}, and the post's is ${own.root ? "this one" : "another"}`;
  }
}

/** The leaves that an artifact continues from build its previous root, unless claimed amounts stand in for them. */
function* checkStart({ artifact }: EpochEntry, domain: `0x${string}`): Generator<string> {
  const input = artifact && readInput(artifact);
  if (input === undefined || input.previous.claimedAt !== undefined) return;
  if (rootFor(domain, input.previous.leaves) !== input.previous.root) {
    yield "the leaves that its artifact continues from do not build the previous root";
  }
}

function* checkSequence({ epoch, artifact }: EpochEntry, before: EpochEntry | undefined): Generator<string> {
  const post = before?.report.post;
  if (artifact === undefined || !isObject(post)) return;
  if (artifact.previousRoot !== post.root || artifact.previousTotal !== post.cumulativeTotal) {
    yield `its artifact does not continue from the post that the report names for epoch ${epoch - 1}`;
  }
  const earlier = before?.artifact;
  // An auditor who had only another's leaves for the epoch before continued from those.
  if (earlier === undefined || earlier.root !== post.root || artifact.claimedAt !== null) return;
  const input = readInput(artifact);
  if (input === undefined || readInput(earlier) === undefined) return;
  const leaves = JSON.stringify(input.previous.leaves, asText);
  if (leaves !== JSON.stringify(leavesIn(earlier), asText)) {
    yield `its artifact continues from other leaves than epoch ${epoch - 1}'s`;
  }
}

/** What another audit of the same epoch finds otherwise. */
export function compareEntries(theirs: EpochEntry, ours: EpochEntry): Objection[] {
  const { epoch } = theirs;
  const messages: string[] = [];
  const [theirPost, ourPost] = [theirs, ours].map(({ report }) => withoutStatus(report.post));
  if (canonicalText(theirPost ?? null) !== canonicalText(ourPost ?? null)) {
    messages.push(`its post is not the one that stands: ${text(theirPost)}, on the chain ${text(ourPost)}`);
  }
  const [theirVerdicts, ourVerdicts] = [verdictsIn(theirs.report), verdictsIn(ours.report)];
  for (const [i, name] of VERDICTS.entries()) {
    // A file that they were given, and that nobody posted, is not here to be judged again.
    const isOfCopies = name === "amounts" && speaksOfCopies(theirs.report);
    // Who had no block to prove against, or another one, may say the same with more or less certainty.
    if (isOfCopies || certain(theirVerdicts[i]) === certain(ourVerdicts[i])) continue;
    messages.push(`${name}: it says ${text(theirVerdicts[i])}, recomputed here: ${text(ourVerdicts[i])}`);
  }
  const [theirResult, ourResult] = [theirs.report.recomputed, ours.report.recomputed];
  if (canonicalText(theirResult ?? null) !== canonicalText(ourResult ?? null)) {
    messages.push(`it recomputed ${text(theirResult)}, recomputed here ${text(ourResult)}`);
  }
  return messages.map((message) => ({ epoch, message }));
}

const VERDICTS = ["inputs", "amounts", "root"] as const;

function verdictsIn({ verdicts }: JsonObject): (JsonValue | undefined)[] {
  return VERDICTS.map((name) => {
    const stated = isObject(verdicts) ? verdicts[name] : undefined;
    return isObject(stated) ? stated.verdict : undefined;
  });
}

function certain(verdict: JsonValue | undefined): JsonValue | undefined {
  return verdict === "unproven" ? "match" : verdict;
}

/** Whether all that it holds against the amounts is a file that nobody posted. */
function speaksOfCopies({ verdicts }: JsonObject): boolean {
  const amounts = isObject(verdicts) ? verdicts.amounts : undefined;
  const findings = isObject(amounts) && isList(amounts.findings) ? amounts.findings : [];
  return findings.length > 0 && findings.every((finding) => isObject(finding) && finding.topic === "copy");
}

/** A pending root becomes active without anything being wrong. */
function withoutStatus(post: JsonValue | undefined): JsonValue | undefined {
  if (!isObject(post)) return post;
  const { status: _, ...rest } = post;
  return rest;
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
}

function asText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
