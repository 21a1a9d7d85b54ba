// SPDX-License-Identifier: AGPL-3.0-only
import type { Post } from "../../chain/distributor.ts";
import { entryOf } from "../../core/claim-tree.ts";
import type { Hex } from "../../core/types.ts";
import { addressOf } from "../address.ts";
import type { Api } from "../api.ts";
import { checksummed } from "../checksum.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import type { PostedRoots } from "../posts.ts";
import { merkleProofJson, proofWriter } from "../proof-text.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Proof, ProofQuery, ProverParams } from "../schemas/provers.ts";

const JSON_TYPE = "application/json; charset=utf-8";
/** The registry takes no other staking token. */
const DECIMALS = 18;

export function proofRoutes(app: App, api: Api): void {
  // By the post as it was read with a state of the chain: each has its own.
  const shared = new WeakMap<Post, Shared>();

  /** What depends on the root alone is put together once for each state of the chain. */
  function sharedOf(posted: PostedRoots, post: Post): Shared {
    const known = shared.get(post) ?? shareOf(api, posted, post);
    shared.set(post, known);
    return known;
  }

  app.get(
    "/v1/provers/:address/proof",
    {
      schema: {
        operationId: "getProof",
        tags: ["provers"],
        summary: "What a prover claims with: its leaf and the merkleProof, and what was claimed already",
        params: ProverParams,
        querystring: ProofQuery,
        response: { 200: refTo(Proof), default: refTo(ErrorBody) },
      },
    },
    async ({ params, query }, reply) => {
      const prover = addressOf(params.address);
      const lately = api.posts();
      const posted = lately instanceof Promise ? await lately : lately;
      const post = rootOf(posted, query.root);
      const { tag, write, datasetHash } = sharedOf(posted, post);
      const kept = datasetHash && api.artifacts.tree(datasetHash);
      const tree = kept instanceof Promise ? await kept : kept;
      // An artifact that does not build the root it was posted with is no use to a claimer.
      if (tree?.root !== post.root) throw leavesMissing(post);
      const claim = entryOf(tree, prover);
      if (claim === undefined) {
        throw new ApiError(
          "unknown-prover",
          `${checksummed(prover)} has earned nothing up to epoch ${post.epoch}`,
          "address",
        );
      }
      const { cumulative, cumulativeCommission, position } = claim;
      const { claimed, claimedCommission } = posted.paidTo(prover);
      // A root that was replaced while claims went on may promise less than was paid since.
      const claimable = cumulative > claimed ? cumulative - claimed : 0n;
      reply.header("etag", `"${tag}.${claimed}.${claimedCommission}"`).type(JSON_TYPE);
      const amounts = { cumulative, cumulativeCommission, claimed, claimedCommission, claimable };
      // A text is sent as it is.
      return write(checksummed(prover), amounts, merkleProofJson(tree, position)) as never;
    },
  );
}

interface Shared {
  /** All that an answer depends on beside the prover: hashing the answer would take longer than making it. */
  readonly tag: string;
  readonly write: ReturnType<typeof proofWriter>;
  /** Of the leaves; undefined if the post is not among those that were found. */
  readonly datasetHash: Hex | undefined;
}

function shareOf({ system, shown }: Api, { epochs }: PostedRoots, post: Post): Shared {
  const { root, epoch, postNumber, active, attestations, quorum, claimableAt } = post;
  return {
    tag: `${root.slice(2)}.${postNumber}.${Number(active)}.${attestations}.${quorum}.${claimableAt}`,
    write: proofWriter({
      token: { address: shown.token, symbol: system.symbol, decimals: DECIMALS },
      distributor: shown.distributor,
      root,
      epoch,
      status: active ? "active" : "pending",
      claimableFrom: String(claimableAt),
      attestations: Number(attestations),
      quorum: Number(quorum),
    }),
    datasetHash: epochs.find((candidate) => candidate.postNumber === postNumber)?.datasetHash,
  };
}

function rootOf({ state: { active, latest } }: PostedRoots, which: "active" | "latest"): Post {
  // A vetoed root pays nobody: the active one is then the latest there is.
  const post = which === "latest" && latest !== undefined && !latest.vetoed ? latest : active;
  if (post !== undefined) return post;
  const pending = latest !== undefined && !latest.vetoed;
  throw new ApiError(
    "no-root",
    pending ? `no root is active yet: epoch ${latest.epoch}'s is pending` : "no root is active yet",
  );
}

function leavesMissing({ epoch }: Post): ApiError {
  return new ApiError("leaves-missing", `this server has no copy of the leaves of epoch ${epoch}'s root`);
}
