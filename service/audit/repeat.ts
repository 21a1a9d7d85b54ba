// SPDX-License-Identifier: AGPL-3.0-only
import type { PostFacts } from "./facts.ts";
import { type Finding, referTo } from "./finding.ts";
import type { Standing } from "./inputs.ts";
import type { Logged } from "./logged.ts";
import type { Judgement } from "./report.ts";

/** Whether a post adds nothing, and names the same leaves, as after leaves that were withheld (SPEC.md, section 8.1). */
export function repeatsWhatStands(post: PostFacts, { root, total, datasetHash }: Standing): boolean {
  return post.root === root && post.cumulativeTotal === total && post.datasetHash === datasetHash;
}

/** An epoch whose policy nobody can run must repeat what stands before it (SPEC.md, section 8.2). */
export function judgeRepeat(judgement: Judgement, post: Logged<PostFacts>, before: Standing): void {
  const log = referTo(post.at);
  const differs = (topic: Finding["topic"], what: string, posted: unknown, expected: unknown): Finding[] =>
    posted === expected
      ? []
      : [
          {
            topic,
            message: `its policy cannot be run: the ${what} has to be ${expected} again, and is ${posted}`,
            log,
          },
        ];
  judgement.amounts.push(
    ...differs("total", "cumulativeTotal", `${post.cumulativeTotal} wei`, `${before.total} wei`),
    ...differs("artifact", "dataset hash", post.datasetHash, before.datasetHash),
  );
  judgement.root.push(...differs("root", "root", post.root, before.root));
}
