// SPDX-License-Identifier: AGPL-3.0-only
import { Readable } from "node:stream";
import { getAddress } from "viem";
import { epochBounds } from "../../chain/system.ts";
import { campaignBudget } from "../../core/campaigns.ts";
import { type PostLog, type SegmentLog, segmentFor } from "../../core/distributor-history.ts";
import { InputError } from "../../core/errors.ts";
import { parsePolicy } from "../../core/policy.ts";
import { summaryToJson } from "../../core/summary.ts";
import type { Hex, Policy } from "../../core/types.ts";
import { readHistory } from "../../store/distributor-history.ts";
import { readVotes, type Vote } from "../../store/votes.ts";
import type { Api } from "../api.ts";
import { NOTHING_PAID } from "../artifacts.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import { type PostedRoots, statusOf } from "../posts.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import {
  ArtifactBody,
  EpochDetail,
  EpochList,
  EpochParams,
  EpochsQuery,
  Unchanged,
} from "../schemas/epochs.ts";
import { pointOf, synced } from "../synced.ts";
import { textOf } from "../text.ts";

const IMMUTABLE = "public, max-age=31536000, immutable";

/** `/v1/epochs`, and of each epoch its record and its artifact. */
export function epochRoutes(app: App, api: Api): void {
  app.get(
    "/v1/epochs",
    {
      schema: {
        operationId: "listEpochs",
        tags: ["epochs"],
        summary: "Epochs with a posted root, the newest first",
        querystring: EpochsQuery,
        response: { 200: refTo(EpochList), default: refTo(ErrorBody) },
      },
    },
    async ({ query: { limit, before } }) => {
      const posted = await api.posts();
      const { position } = await synced(api);
      const older = posted.epochs.filter(({ epoch }) => before === undefined || epoch < before).reverse();
      const page = older.slice(0, limit);
      const epochs = await summaries(api, posted, page);
      return {
        synced: pointOf(position),
        epochs,
        next: older.length > limit ? (page.at(-1)?.epoch ?? null) : null,
      };
    },
  );

  app.get(
    "/v1/epochs/:epoch",
    {
      schema: {
        operationId: "getEpoch",
        tags: ["epochs"],
        summary: "An epoch's last root, and what the epoch paid",
        params: EpochParams,
        response: { 200: refTo(EpochDetail), default: refTo(ErrorBody) },
      },
    },
    async ({ params }, reply) => {
      const posted = await api.posts();
      const post = postOf(posted, params.epoch);
      const { latest, active } = posted.state;
      const counted = [latest, active].find((held) => held?.postNumber === post.postNumber);
      const result = await api.artifacts.summary(post.datasetHash);
      const [shown] = await summaries(api, posted, [post]);
      if (shown === undefined) throw new Error("no summary of one post");
      const { position } = await synced(api);
      // Nothing about it changes any more.
      const finished = shown.status === "superseded" && result !== undefined;
      reply.header("cache-control", finished ? IMMUTABLE : "no-cache");
      return {
        synced: pointOf(position),
        ...shown,
        attestations: counted === undefined ? null : Number(counted.attestations),
        result: result === undefined ? null : summaryToJson(result),
      };
    },
  );

  const artifactSchema = {
    operationId: "getArtifact",
    tags: ["epochs"],
    summary: "The artifact: all inputs and results of the epoch, as bytes that hash to the dataset hash",
    params: EpochParams,
    response: { 200: ArtifactBody, 304: Unchanged, default: refTo(ErrorBody) },
  };
  app.get("/v1/epochs/:epoch/artifact", { schema: artifactSchema }, async (request, reply) => {
    const posted = await api.posts();
    const post = postOf(posted, request.params.epoch);
    const file = await api.artifacts.file(post.datasetHash);
    if (file === undefined) {
      throw new ApiError(
        "no-artifact",
        `this server has no copy of epoch ${post.epoch}'s artifact, whose dataset hash is ${post.datasetHash}`,
      );
    }
    const status = statusOf(posted.state, post);
    const etag = `"${post.datasetHash}"`;
    // A pending or vetoed root may still be followed by another for the same epoch.
    const stands = status === "active" || status === "superseded";
    reply.header("etag", etag).header("cache-control", stands ? IMMUTABLE : "no-cache");
    if (holds(request.headers["if-none-match"], etag)) {
      await file.close();
      return reply.status(304).send(null);
    }
    reply.type("application/json; charset=utf-8").header("content-length", file.size);
    if (request.method === "HEAD") {
      await file.close();
      return reply.send(Readable.from([]));
    }
    const body = Readable.from(file.parts(), { objectMode: false });
    // Also when whoever asked has gone before the first part.
    body.once("close", () => void file.close());
    return reply.send(body);
  });
}

function holds(header: string | undefined, etag: string): boolean {
  const tags = (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}

function postOf({ epochs }: PostedRoots, epoch: string): PostLog {
  const post = epochs.find((candidate) => candidate.epoch === Number(epoch));
  if (post === undefined) {
    throw new ApiError("unknown-epoch", `no root has been posted for epoch ${epoch}`, "epoch");
  }
  return post;
}

/** Of posts whose epochs follow each other. */
async function summaries(api: Api, posted: PostedRoots, posts: readonly PostLog[]) {
  const { database, deployment } = api;
  const epochs = posts.map(({ epoch }) => epoch);
  const range = { first: Math.min(...epochs), last: Math.max(...epochs) };
  const history = await readHistory(database, deployment);
  const votes = posts.length === 0 ? [] : await readVotes(database, deployment, range);
  return Promise.all(
    posts.map(async (post) => {
      const segment = segmentFor(history, post.epoch);
      return {
        ...summary(api, posted, post),
        budget: String(segment?.budget ?? 0n),
        policyHash: segment?.policyHash ?? NO_HASH,
        campaigns: await campaignsOf(api, post, segment),
        votes: votes.filter(({ epoch }) => epoch === post.epoch).map(voteOf),
      };
    }),
  );
}

const NO_HASH: Hex = `0x${"0".repeat(64)}`;

function voteOf({ postNumber, kind, by, block, time, transaction }: Vote) {
  return {
    postNumber: String(postNumber),
    kind,
    by: getAddress(by),
    block: String(block),
    time: textOf(time),
    transaction,
  };
}

async function campaignsOf(api: Api, post: PostLog, segment: SegmentLog | undefined) {
  const policy = segment && policyIn(segment);
  if (segment === undefined || policy?.version !== 2) return null;
  const results = await api.artifacts.campaigns(post.datasetHash);
  return policy.campaigns.map((campaign, i) => {
    const result = results && (results[i] ?? NOTHING_PAID);
    return {
      budget: String(campaignBudget(campaign, segment.budget)),
      requesters: campaign.requesters?.map(({ requester }) => getAddress(requester)) ?? null,
      result:
        result === undefined
          ? null
          : {
              fulfilments: result.fulfilments,
              work: String(result.work),
              fees: String(result.fees),
              dealt: String(result.dealt),
            },
    };
  });
}

function policyIn({ policy }: SegmentLog): Policy | undefined {
  try {
    return parsePolicy(policy);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

function summary({ system }: Api, { state }: PostedRoots, post: PostLog) {
  const { start, end } = epochBounds(system, post.epoch);
  return {
    epoch: post.epoch,
    window: { start: String(start), end: String(end) },
    status: statusOf(state, post),
    postNumber: String(post.postNumber),
    root: post.root,
    cumulativeTotal: String(post.total),
    datasetHash: post.datasetHash,
    snapshot: { number: String(post.snapshotBlock), hash: post.snapshotHash },
    claimableAt: String(post.claimableAt),
    quorum: post.quorum,
  };
}
