// SPDX-License-Identifier: AGPL-3.0-only
import type { Static } from "typebox";
import type { Post } from "../../chain/distributor.ts";
import { entryOf, merkleProofAt } from "../../core/claim-tree.ts";
import type { Address, Hex } from "../../core/types.ts";
import { addressOf } from "../address.ts";
import type { Api } from "../api.ts";
import { checksummed } from "../checksum.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import type { PostedRoots } from "../posts.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Proof, ProofQuery, ProverParams } from "../schemas/provers.ts";

/** The registry takes no other staking token. */
const DECIMALS = 18;

/** `/v1/provers/:address/proof`: the leaf, its merkleProof, and what was claimed, in wei as decimal texts. */
export function proofRoutes(app: App, api: Api): void {
  // By the post as it was read with a state of the chain: each has its own.
  const shared = new WeakMap<Post, Shared>();

  /** What depends on the root alone is put together once for each state of the chain. */
  function sharedOf(posted: PostedRoots, post: Post): Shared {
    const known = shared.get(post);
    if (known !== undefined) return known;
    const made = shareOf(api, posted, post);
    shared.set(post, made);
    return made;
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
    ({ params, query }, reply) => {
      const prover = addressOf(params.address);
      return asKnown(api.posts(), (posted) => {
        const post = rootOf(posted, query.root);
        const { tag, fields, datasetHash } = sharedOf(posted, post);
        return asKnown(datasetHash && api.artifacts.tree(datasetHash), (tree) => {
          // An artifact that does not build the root it was posted with is no use to a claimer.
          if (tree?.root !== post.root) throw leavesMissing(post);
          const entry = entryOf(tree, prover);
          if (entry === undefined) throw unknownProver(prover, post);
          const { cumulative, cumulativeCommission, position } = entry;
          const paid = posted.paidTo(prover);
          const [claimed, claimedCommission] = [String(paid.claimed), String(paid.claimedCommission)];
          // A root that was replaced while claims went on may promise less than was paid since.
          const claimable = cumulative > paid.claimed ? cumulative - paid.claimed : 0n;
          reply.header("etag", `"${tag}.${claimed}.${claimedCommission}"`);
          // Field by field: to spread those of the root takes longer.
          return {
            prover: checksummed(prover),
            token: fields.token,
            distributor: fields.distributor,
            root: fields.root,
            epoch: fields.epoch,
            status: fields.status,
            claimableFrom: fields.claimableFrom,
            attestations: fields.attestations,
            quorum: fields.quorum,
            cumulative: String(cumulative),
            cumulativeCommission: String(cumulativeCommission),
            claimed,
            claimedCommission,
            claimable: String(claimable),
            merkleProof: merkleProofAt(tree, position),
          };
        });
      });
    },
  );
}

/** At once where it is known: a promise would take longer than all else. */
function asKnown<T, R>(known: T | Promise<T>, then: (value: T) => R): R | Promise<Awaited<R>> {
  return known instanceof Promise ? (known.then(then) as Promise<Awaited<R>>) : then(known);
}

interface Shared {
  /** All that an answer depends on beside the prover: hashing the answer would take longer than making it. */
  readonly tag: string;
  /** What the answers about one root have in common. */
  readonly fields: Pick<
    Static<typeof Proof>,
    "token" | "distributor" | "root" | "epoch" | "status" | "claimableFrom" | "attestations" | "quorum"
  >;
  /** Of the leaves; undefined if the post is not among those that were found. */
  readonly datasetHash: Hex | undefined;
}

function shareOf({ system, shown }: Api, { epochs }: PostedRoots, post: Post): Shared {
  const { root, epoch, postNumber, active, attestations, quorum, claimableAt } = post;
  return {
    tag: `${root.slice(2)}.${postNumber}.${Number(active)}.${attestations}.${quorum}.${claimableAt}`,
    fields: {
      token: { address: shown.token, symbol: system.symbol, decimals: DECIMALS },
      distributor: shown.distributor,
      root,
      epoch,
      status: active ? "active" : "pending",
      claimableFrom: String(claimableAt),
      attestations: Number(attestations),
      quorum: Number(quorum),
    },
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

function unknownProver(prover: Address, { epoch }: Post): ApiError {
  return new ApiError(
    "unknown-prover",
    `${checksummed(prover)} has earned nothing up to epoch ${epoch}`,
    "address",
  );
}
