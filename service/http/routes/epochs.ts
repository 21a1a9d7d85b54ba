// SPDX-License-Identifier: AGPL-3.0-only
import { Readable } from "node:stream";
import { epochBounds } from "../../chain/system.ts";
import type { PostLog } from "../../core/distributor-history.ts";
import { summaryToJson } from "../../core/summary.ts";
import type { Api } from "../api.ts";
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

const IMMUTABLE = "public, max-age=31536000, immutable";

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
      const older = posted.epochs.filter(({ epoch }) => before === undefined || epoch < before).reverse();
      const page = older.slice(0, limit);
      const epochs = page.map((post) => summary(api, posted, post));
      return { epochs, next: older.length > limit ? (page.at(-1)?.epoch ?? null) : null };
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
      const shown = summary(api, posted, post);
      // Nothing about it changes any more.
      const finished = shown.status === "superseded" && result !== undefined;
      reply.header("cache-control", finished ? IMMUTABLE : "no-cache");
      return {
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
