// SPDX-License-Identifier: AGPL-3.0-only
import { type PublicClient, stringToBytes } from "viem";
import type { Hex, Snapshot } from "../core/types.ts";
import { checkLogs } from "./check-logs.ts";
import { explainWork } from "./explain.ts";
import type { PostFacts } from "./facts.ts";
import { type Finding, referTo } from "./finding.ts";
import { keccakOf } from "./hash.ts";
import {
  claimedBy,
  type Derived,
  deriveInput,
  lastRestart,
  standingBefore,
  standingPost,
  type Trail,
} from "./inputs.ts";
import { canonicalText, type JsonObject } from "./json.ts";
import { judgeArtifact } from "./judge-artifact.ts";
import type { Logged } from "./logged.ts";
import type { Reading } from "./reading.ts";
import { artifactJson, carryAfter, type Recomputed, recompute } from "./recompute.ts";
import { judgeRepeat, repeatsWhatStands } from "./repeat.ts";
import type { AuditReport, Judgement } from "./report.ts";
import { reportOf } from "./report-of.ts";
import { UnreadablePolicy } from "./segments.ts";
import type { PostState } from "./state.ts";

export interface JudgeOptions {
  /** The published artifact, to name the first prover that differs. */
  readonly artifact?: Uint8Array | undefined;
  /** Where cumulative amounts come from, if not from epoch 0. */
  readonly trail?: Trail | undefined;
}

export interface Audited {
  readonly report: AuditReport;
  /** The artifact as it should have been; undefined if the amounts could not be judged. */
  readonly artifact: JsonObject | undefined;
  /** The time of the final block up to which was read. */
  readonly now: bigint;
  /**
   * Whether nothing else is known of the post than that nobody can judge its amounts, as the leaves before it are not known,
   * and that it posts what stands before it again (SPEC.md, section 8.1).
   */
  readonly repeats: boolean;
}

/**
 * Recomputes the latest root posted for an epoch from what the chain holds, and says in which of three ways it is
 * wrong. Whether the epoch can be judged is for `requireReady` to say, before.
 * @throws ChainError if the chain cannot be read; AuditError for an artifact that is none of this epoch
 */
export async function judge(
  client: PublicClient,
  reading: Reading,
  epoch: number,
  options: JudgeOptions = {},
): Promise<Audited> {
  const { source, deployment, facts, posts, final } = reading;
  const judgement: Judgement = {
    inputs: await checkLogs(client, reading),
    unproven: [],
    amounts: [],
    root: [],
  };
  if (judgement.inputs.some(({ topic }) => topic === "fulfilments" || topic === "misses")) {
    judgement.inputs.push(...(await explainWork(client, reading, epoch)));
  }
  const post = standingPost(facts, epoch);
  const about = { reading, epoch, post };
  if (judgement.inputs.length > 0 || post === undefined) {
    return unjudged(about, judgement, "its logs are not the chain's");
  }
  const now = final.timestamp;

  const emitted = { number: post.snapshotBlock, hash: post.snapshotHash };
  const { unproven, ...snapshot } = await source.snapshot(deployment, epoch, emitted.number, final);
  if (unproven !== undefined) judgement.unproven.push(unproven);
  checkSnapshot(judgement.inputs, post, snapshot);

  const trail = options.trail ?? reading.trail;
  let derived: Derived;
  try {
    derived = deriveInput(trail, epoch, snapshot);
  } catch (error) {
    if (!(error instanceof UnreadablePolicy)) throw error;
    if (error.forGood) {
      judgeRepeat(judgement, post, standingBefore(trail, epoch));
      return { report: reportOf(about, judgement), artifact: undefined, now, repeats: false };
    }
    judgement.inputs.push({ topic: "unknown-policy", message: error.message });
    return unjudged(about, judgement, error.message);
  }
  checkCarry(judgement.inputs, derived, posts, post);
  const { input, broken } = derived;
  if (input === undefined) {
    const message = `epoch ${broken?.epoch}: ${broken?.message}`;
    judgement.amounts.push({ topic: "earlier-epoch", message });
    const hint = `give --from-artifact with the artifact of epoch ${epoch - 1} to judge epoch ${epoch} from there`;
    const audited = unjudged(about, judgement, `epoch ${broken?.epoch} stands with another root: ${hint}`);
    const isAllElseRight = judgement.inputs.length === 0 && judgement.unproven.length === 0;
    return { ...audited, repeats: isAllElseRight && repeatsWhatStands(post, standingBefore(trail, epoch)) };
  }

  await checkClaimsBefore(judgement, reading, lastRestart(trail, epoch, snapshot));
  if (judgement.inputs.some(({ topic }) => topic === "claims")) {
    return unjudged(about, judgement, "its logs are not the chain's");
  }
  const result = recompute(input);
  const artifact = artifactJson(input, result);
  const datasetHash = hashOf(artifact);
  judgeAmounts(judgement.amounts, { result, artifact, datasetHash }, post);
  if (options.artifact !== undefined) {
    judgement.amounts.unshift(
      ...(await judgeArtifact(client, { reading, post, input, artifact }, options.artifact, judgement)),
    );
  }
  if (result.root !== post.root) {
    const message = `posted ${post.root}, recomputed ${result.root}`;
    judgement.root.push({ topic: "root", message, log: referTo(post.at) });
  }
  const outcome = { input, result, datasetHash };
  return { report: reportOf(about, judgement, undefined, outcome), artifact, now, repeats: false };
}

function unjudged(about: Parameters<typeof reportOf>[0], judgement: Judgement, reason: string): Audited {
  const { timestamp: now } = about.reading.final;
  return { report: reportOf(about, judgement, reason), artifact: undefined, now, repeats: false };
}

function checkSnapshot(findings: Finding[], post: Logged<PostFacts>, { number, hash }: Snapshot): void {
  const { snapshotBlock, snapshotHash, at } = post;
  if (snapshotBlock === number && snapshotHash === hash) return;
  const message = `the post names block ${snapshotBlock} ${snapshotHash} as its snapshot; the epoch's last block is ${number} ${hash}`;
  findings.push({ topic: "snapshot", message, log: referTo(at) });
}

/** Claims count up to a block, and no log says by itself which block it is in. */
export async function checkClaimsBefore(
  { inputs, unproven }: Pick<Judgement, "inputs" | "unproven">,
  { source, deployment, facts, final }: Reading,
  block: bigint | undefined,
): Promise<void> {
  if (block === undefined) return;
  const provers = [...facts.provers.keys()];
  const held = await source.claims(deployment, provers, block, final);
  if (held === "believed") return;
  if ("unproven" in held) {
    unproven.push(held.unproven);
    return;
  }
  const claimed = claimedBy(facts, block);
  for (const [i, prover] of provers.entries()) {
    const onChain = held.claims[i];
    const { cumulative = 0n, cumulativeCommission = 0n } = claimed.get(prover) ?? {};
    if (onChain?.claimed === cumulative && onChain.claimedCommission === cumulativeCommission) continue;
    const message = `its claims up to block ${block} are ${cumulative} wei with a commission of ${cumulativeCommission} wei in the logs, ${onChain?.claimed ?? 0n} wei with ${onChain?.claimedCommission ?? 0n} wei in the registry`;
    inputs.push({ topic: "claims", prover, message });
  }
}

/** The distributor's own carry, where it still shows: for the latest post only. */
function checkCarry(findings: Finding[], derived: Derived, state: PostState, post: PostFacts): void {
  if (state.latest.postNumber !== post.postNumber) return;
  const { segment, carry, previousTotal } = derived;
  const expected = state.latest.active
    ? carryAfter(segment.budget, carry, post.cumulativeTotal - previousTotal)
    : carry;
  if (expected === state.carry) return;
  const message = `the distributor carries ${state.carry} wei, its posts and budgets give ${expected} wei`;
  findings.push({ topic: "carry", message });
}

interface Own {
  readonly result: Recomputed;
  readonly artifact: JsonObject;
  readonly datasetHash: Hex;
}

function judgeAmounts(
  findings: Finding[],
  { result, artifact, datasetHash: own }: Own,
  { cumulativeTotal, datasetHash, snapshotBlock, snapshotHash, at }: Logged<PostFacts>,
): void {
  const log = referTo(at);
  if (result.total !== cumulativeTotal) {
    const message = `the post's cumulativeTotal is ${cumulativeTotal} wei, recomputed ${result.total} wei, of which ${result.added} wei in this epoch`;
    findings.push({ topic: "total", message, log });
  }
  // A wrong snapshot is a wrong input; it makes no amount wrong.
  const snapshot = { number: String(snapshotBlock), hash: snapshotHash };
  const isOwn = canonicalText(snapshot) === canonicalText(artifact.snapshot ?? null);
  const hash = isOwn ? own : hashOf({ ...artifact, snapshot });
  if (hash !== datasetHash) {
    const message = `the posted dataset hash is ${datasetHash}, the recomputed artifact hashes to ${hash}`;
    findings.push({ topic: "artifact", message, log });
  }
}

function hashOf(artifact: JsonObject): Hex {
  return keccakOf(stringToBytes(canonicalText(artifact)));
}
