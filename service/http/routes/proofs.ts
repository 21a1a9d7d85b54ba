// SPDX-License-Identifier: AGPL-3.0-only
import type { Post } from "../../chain/distributor.ts";
import type { Hex } from "../../core/types.ts";
import { addressOf } from "../address.ts";
import type { Api, App } from "../app.ts";
import { checksummed } from "../checksum.ts";
import { ApiError } from "../errors.ts";
import type { Posted } from "../posts.ts";
import { proofText } from "../proof-text.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Proof, ProofQuery, ProverParams } from "../schemas/provers.ts";

const JSON_TYPE = "application/json; charset=utf-8";
/** The registry takes no other staking token. */
const DECIMALS = 18;

export function proofRoutes(app: App, api: Api): void {
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
      const posted = await api.posts();
      const post = rootOf(posted, query.root);
      const claim = (await treeOf(api, posted, post)).claimOf(prover);
      if (claim === undefined) {
        throw new ApiError(
          "unknown-prover",
          `${checksummed(prover)} has earned nothing up to epoch ${post.epoch}`,
          "address",
        );
      }
      const { claimed, claimedCommission } = posted.paidTo(prover);
      const left = claim.cumulative - claimed;
      const { system, shown } = api;
      reply
        .header("etag", tagOf(post, claimed, claimedCommission))
        .type(JSON_TYPE)
        .serializer(proofText);
      return {
        prover: checksummed(prover),
        token: { address: shown.token, symbol: system.symbol, decimals: DECIMALS },
        distributor: shown.distributor,
        root: post.root,
        epoch: post.epoch,
        status: post.active ? ("active" as const) : ("pending" as const),
        claimableFrom: String(post.claimableAt),
        attestations: Number(post.attestations),
        quorum: Number(post.quorum),
        cumulative: String(claim.cumulative),
        cumulativeCommission: String(claim.cumulativeCommission),
        claimed: String(claimed),
        claimedCommission: String(claimedCommission),
        // A root that was replaced while claims went on may promise less than was paid since.
        claimable: String(left > 0n ? left : 0n),
        merkleProof: claim.merkleProof as Hex[],
      };
    },
  );
}

/** All that an answer about one prover depends on: hashing the answer would take longer than making it. */
function tagOf(post: Post, claimed: bigint, claimedCommission: bigint): string {
  const { root, postNumber, active, attestations, quorum, claimableAt } = post;
  const state = [postNumber, Number(active), attestations, quorum, claimableAt, claimed, claimedCommission];
  return `"${root.slice(2)}.${state.join(".")}"`;
}

function rootOf({ state: { active, latest } }: Posted, which: "active" | "latest"): Post {
  // A vetoed root pays nobody: the active one is then the latest there is.
  const post = which === "latest" && latest !== undefined && !latest.vetoed ? latest : active;
  if (post !== undefined) return post;
  const pending = latest !== undefined && !latest.vetoed;
  throw new ApiError(
    "no-root",
    pending ? `no root is active yet: epoch ${latest.epoch}'s is pending` : "no root is active yet",
  );
}

async function treeOf({ artifacts }: Api, { epochs }: Posted, { postNumber, root, epoch }: Post) {
  const logged = epochs.find((candidate) => candidate.postNumber === postNumber);
  const tree = logged && (await artifacts.tree(logged.datasetHash));
  // An artifact that does not build the root it was posted with is no use to a claimer.
  if (tree?.head.root === root) return tree;
  throw new ApiError("leaves-missing", `this server has no copy of the leaves of epoch ${epoch}'s root`);
}
