// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";
import { hashOfPost, postedHash, type Vetoed, vetoedHash } from "./derive.ts";
import type { Facts, PostFacts } from "./facts.ts";
import { type Finding, referTo } from "./finding.ts";
import type { Logged, LogPosition } from "./logged.ts";
import type { PostOnChain, PostState } from "./state.ts";

const topic = "posts";

/**
 * Posts and vetoes: each log continues the one before, the last is what the distributor holds. `time` is the state's
 * block's, in seconds.
 */
export function checkPosts(facts: Facts, onChain: PostState, domain: Hex, time: bigint): Finding[] {
  const { posts } = facts;
  const inOrder = posts.every((post, i) => post.postNumber === BigInt(i) + 1n);
  if (!inOrder || BigInt(posts.length) !== onChain.postCount) {
    const message = `the distributor counts ${onChain.postCount} posted roots, the logs hold ${posts.length}${inOrder ? "" : ", not in order"}`;
    return [{ topic, message }];
  }
  const { findings, vetoed } = followHistory(facts, onChain, domain);
  return findings.length > 0 ? findings : checkStanding(posts, vetoed, onChain, time);
}

type Step =
  | { readonly post: Logged<PostFacts>; readonly veto?: never }
  | { readonly veto: Logged<Vetoed>; readonly post?: never };

function followHistory(
  { posts, vetoes }: Facts,
  onChain: PostState,
  domain: Hex,
): { findings: Finding[]; vetoed: ReadonlySet<bigint> } {
  const steps: Step[] = [...posts.map((post) => ({ post })), ...vetoes.map((veto) => ({ veto }))];
  steps.sort((a, b) => byPosition((a.post ?? a.veto).at, (b.post ?? b.veto).at));
  const vetoed = new Set<bigint>();
  let latest: PostFacts | undefined;
  let latestPostHash = domain;
  let rollingHash = domain;
  for (const { post, veto } of steps) {
    let isNext: boolean;
    if (post !== undefined) {
      isNext = post.epoch === nextEpoch(latest, vetoed);
      rollingHash = postedHash(rollingHash, post);
      latestPostHash = hashOfPost(post);
      latest = post;
    } else {
      isNext =
        latest?.postNumber === veto.postNumber &&
        latest.epoch === veto.epoch &&
        latest.root === veto.root &&
        !vetoed.has(veto.postNumber);
      rollingHash = vetoedHash(rollingHash, latestPostHash, veto);
      vetoed.add(veto.postNumber);
    }
    const log = post ?? veto;
    if (isNext && log.rollingHash === rollingHash) continue;
    const what = `${post === undefined ? "the veto of post" : "post"} ${log.postNumber}`;
    const message = `${what} is altered in the logs, or one before it is missing`;
    return { findings: [{ topic, message, log: referTo(log.at) }], vetoed };
  }
  if (rollingHash === onChain.rollingHash && latestPostHash === onChain.latestPostHash) {
    return { findings: [], vetoed };
  }
  const message = `the last post or veto is altered in the logs or missing from them: they fold to ${rollingHash}, the distributor holds ${onChain.rollingHash}`;
  return { findings: [{ topic, message }], vetoed };
}

/** A vetoed post is followed by another of its epoch, any other by one of the next. */
function nextEpoch(latest: PostFacts | undefined, vetoed: ReadonlySet<bigint>): bigint {
  if (latest === undefined) return 0n;
  return vetoed.has(latest.postNumber) ? latest.epoch : latest.epoch + 1n;
}

/** What the distributor says of its two posts is what follows from the logs at the block's time. */
function checkStanding(
  posts: readonly Logged<PostFacts>[],
  vetoed: ReadonlySet<bigint>,
  { latest, active }: PostState,
  time: bigint,
): Finding[] {
  const last = posts.at(-1);
  if (last === undefined) return [];
  const isVetoed = vetoed.has(last.postNumber);
  const isActive = !isVetoed && latest.attestations >= last.quorum && time >= last.claimableAt;
  const before = posts.findLast(({ postNumber, epoch }) => epoch < last.epoch && !vetoed.has(postNumber));
  const stands = isActive ? last : before;
  const findings: Finding[] = [];
  if (!isSamePost(last, latest) || latest.vetoed !== isVetoed || latest.active !== isActive) {
    findings.push({
      topic,
      message: `post ${last.postNumber} is another in the logs than the distributor's latest`,
      log: referTo(last.at),
    });
  }
  const agrees =
    stands === undefined
      ? active.postNumber === 0n
      : isSamePost(stands, active) && active.active && !active.vetoed;
  if (!agrees) {
    const message = `the distributor's active post is ${active.postNumber}, by the logs it is ${stands?.postNumber ?? 0n}`;
    findings.push({ topic, message, log: stands && referTo(stands.at) });
  }
  return findings;
}

const COMPARED = [
  ...(["epoch", "postNumber", "root", "cumulativeTotal", "postedAt", "claimableAt", "quorum"] as const),
] as const;

function isSamePost(log: PostFacts, held: PostOnChain): boolean {
  return COMPARED.every((key) => log[key] === held[key]);
}

function byPosition(a: LogPosition, b: LogPosition): number {
  return a.block < b.block ? -1 : a.block > b.block ? 1 : a.index - b.index;
}
