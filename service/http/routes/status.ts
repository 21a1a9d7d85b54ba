// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Post } from "../../chain/distributor.ts";
import type { Due } from "../../epoch/status.ts";
import type { Api } from "../api.ts";
import { fundsOf } from "../funds.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Status } from "../schemas/service.ts";

/** `/status`: what `provender epoch status` says, and how far the database is. */
export function statusRoute(app: App, api: Api): void {
  app.get(
    "/status",
    {
      schema: {
        operationId: "getStatus",
        tags: ["service"],
        summary: "Where the epochs are, what is due, and how long the funds last",
        response: { 200: refTo(Status), default: refTo(ErrorBody) },
      },
    },
    async () => {
      const { system, version } = api;
      const [status, position] = await Promise.all([api.status(), api.provers.position()]);
      return {
        version,
        chainId: String(system.chainId),
        distributor: getAddress(system.distributor),
        ...fundsOf(status),
        database: position ? { number: String(position.block), timestamp: String(position.time) } : null,
        currentEpoch: status.currentEpoch,
        nextEpoch: status.nextEpoch,
        latest: status.latest === undefined ? null : postOf(status.latest),
        active: status.active === undefined ? null : postOf(status.active),
        due: status.due.map(dueOf),
        unrunnable: status.unrunnable.map(({ first, last = null, message, hint }) => ({
          ...{ first, last, message, hint },
        })),
      };
    },
  );
}

function postOf({ epoch, postNumber, root, total, claimableAt, attestations, quorum, vetoed, active }: Post) {
  return {
    epoch,
    postNumber: String(postNumber),
    root,
    cumulativeTotal: String(total),
    status: vetoed ? ("vetoed" as const) : active ? ("active" as const) : ("pending" as const),
    claimableAt: String(claimableAt),
    attestations: Number(attestations),
    quorum: Number(quorum),
  };
}

function dueOf(due: Due) {
  const epoch = "epoch" in due ? due.epoch : due.post.epoch;
  return {
    kind: due.kind,
    epoch,
    until: "until" in due ? String(due.until) : null,
    missing: "missing" in due ? Number(due.missing) : null,
  };
}
