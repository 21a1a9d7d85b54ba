// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Hex } from "../../core/types.ts";
import { endOf } from "../../store/request-texts.ts";
import { findRequest, listRequests, priceOf, type RequestRecord } from "../../store/requests.ts";
import { addressOf } from "../address.ts";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import {
  MarketRequest,
  MarketRequests,
  RequestParams,
  RequestsQuery,
  type STATES,
} from "../schemas/market.ts";
import { pointOf, synced } from "../synced.ts";
import { textOf } from "../text.ts";

/** `/v1/requests`, and each request. */
export function marketRoutes(app: App, api: Api): void {
  app.get(
    "/v1/requests",
    {
      schema: {
        operationId: "listRequests",
        tags: ["market"],
        summary: "Requests with their bids and what became of them, the newest first",
        querystring: RequestsQuery,
        response: { 200: refTo(MarketRequests), default: refTo(ErrorBody) },
      },
    },
    async ({ query: { limit, before, which, requester, prover } }) => {
      const wanted = {
        ...{ limit, which, before: before?.toLowerCase() as Hex | undefined },
        requester: requester === undefined ? undefined : addressOf(requester, "requester"),
        prover: prover === undefined ? undefined : addressOf(prover, "prover"),
      };
      const { position } = await synced(api);
      const found = await listRequests(api.database, api.deployment, wanted);
      const at = found.synced ?? position;
      return {
        synced: pointOf(at),
        requests: found.requests.map((request) => requestOf(request, at.time)),
        next: found.next ?? null,
      };
    },
  );

  app.get(
    "/v1/requests/:id",
    {
      schema: {
        operationId: "getRequest",
        tags: ["market"],
        summary: "One request",
        params: RequestParams,
        response: { 200: refTo(MarketRequest), default: refTo(ErrorBody) },
      },
    },
    async ({ params: { id } }) => {
      const { position } = await synced(api);
      const request = await findRequest(api.database, api.deployment, id.toLowerCase() as Hex);
      if (request === undefined) throw new ApiError("unknown-request", `there is no request ${id}`, "id");
      return { synced: pointOf(position), ...requestOf(request, position.time) };
    },
  );
}

function requestOf(request: RequestRecord, now: bigint) {
  const { openedAt, commitDuration, revealDuration, happened, prover } = request;
  const commitEnd = openedAt === undefined ? null : openedAt + commitDuration;
  const end = endOf(happened);
  const price = priceOf(request);
  const time = end !== undefined && "time" in end ? end.time : undefined;
  return {
    id: request.id,
    requester: getAddress(request.requester),
    programKey: request.programKey,
    publicValuesDigest: request.publicValuesDigest,
    verifierVersion: String(request.verifierVersion),
    inputUri: request.inputUri,
    maxFee: String(request.maxFee),
    minStake: String(request.minStake),
    lock: String(request.lockAmount),
    bond: String(request.bond),
    block: String(request.block),
    createdAt: textOf(openedAt),
    commitEnd: textOf(commitEnd),
    revealEnd: commitEnd === null ? null : String(commitEnd + revealDuration),
    deadline: String(request.deadline),
    state: stateOf(request, now),
    prover: prover === undefined ? null : getAddress(prover),
    price: textOf(price),
    protocolFee: end?.kind === "fulfilled" ? String(end.protocolFee) : null,
    slashed: end?.kind === "missed" ? String(end.slashed) : null,
    ended: end === undefined ? null : { block: String(end.block), time: textOf(time) },
    bids: bidsOf(request),
  };
}

/** The market's status of a request whose verifier was withdrawn. */
const WITHDRAWN = 6n;

type State = (typeof STATES)[number];

/** As of a time. Where nobody knows when it was made, its auction is over: blocks that came one by one say it. */
function stateOf(
  { happened, openedAt, commitDuration, revealDuration, prover, deadline }: RequestRecord,
  now: bigint,
): State {
  const end = endOf(happened);
  if (end?.kind === "fulfilled" || end?.kind === "missed" || end?.kind === "cancelled") return end.kind;
  if (end?.kind === "closed") return end.status === WITHDRAWN ? "withdrawn" : "closed";
  if (openedAt !== undefined && now <= openedAt + commitDuration) return "committing";
  if (openedAt !== undefined && now <= openedAt + commitDuration + revealDuration) return "revealing";
  if (prover === undefined) return "unassigned";
  return now <= deadline ? "assigned" : "overdue";
}

/** The last bid of each prover, in their order. */
function bidsOf({ happened }: RequestRecord) {
  const bids = new Map<string, Bid>();
  for (const one of happened) {
    if (one.kind === "committed") {
      bids.set(one.prover, { order: one.order, state: "sealed", fee: null, slashed: null });
    } else if (one.kind === "revealed" || one.kind === "forfeited") {
      const { order = 0n } = bids.get(one.prover) ?? {};
      const [fee, slashed] = one.kind === "revealed" ? [one.fee, null] : [null, one.slashed];
      bids.set(one.prover, { order, state: one.kind, fee: textOf(fee), slashed: textOf(slashed) });
    }
  }
  return [...bids]
    .sort(([, a], [, b]) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    .map(([prover, { order, ...bid }]) => ({ prover: getAddress(prover), order: String(order), ...bid }));
}

interface Bid {
  readonly order: bigint;
  readonly state: "sealed" | "revealed" | "forfeited";
  readonly fee: string | null;
  readonly slashed: string | null;
}
