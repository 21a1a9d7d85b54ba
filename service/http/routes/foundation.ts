// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { SegmentLog } from "../../core/distributor-history.ts";
import { readHistory } from "../../store/distributor-history.ts";
import { readAuditors } from "../../store/votes.ts";
import type { Api } from "../api.ts";
import { fundsOf } from "../funds.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Foundation } from "../schemas/network.ts";
import { pointOf, synced } from "../synced.ts";
import { textOf } from "../text.ts";

/** `/v1/foundation`: funds and promises, budgets and policies, who posts and who attests. */
export function foundationRoute(app: App, api: Api): void {
  app.get(
    "/v1/foundation",
    {
      schema: {
        operationId: "getFoundation",
        tags: ["network"],
        summary: "Funds, promises and runway; budgets and policies; who posts and who attests",
        response: { 200: refTo(Foundation), default: refTo(ErrorBody) },
      },
    },
    async () => {
      const { database, deployment } = api;
      const { position } = await synced(api);
      const [status, network, { segments }, auditors] = await Promise.all([
        api.status(),
        api.network(),
        readHistory(database, deployment),
        readAuditors(database, deployment),
      ]);
      return {
        synced: pointOf(position),
        ...fundsOf(status),
        publisher: getAddress(status.publisher),
        challengeWindow: String(network.challengeWindow),
        quorum: Number(network.quorum),
        auditors: auditors.map(({ auditor, block, time }) => ({
          auditor: getAddress(auditor),
          block: String(block),
          time: textOf(time),
        })),
        segments: segments.map((segment, number) =>
          segmentOf(segments, segment, number, status.currentEpoch),
        ),
      };
    },
  );
}

/** Of several from one epoch on the last governs it; each ends where a later one begins. */
function segmentOf(all: readonly SegmentLog[], segment: SegmentLog, number: number, currentEpoch: number) {
  const { fromEpoch, budget, policyHash, policy } = segment;
  const later = all.slice(number + 1).map((other) => other.fromEpoch);
  const next = later.reduce<bigint | undefined>(
    (least, epoch) => (least === undefined || epoch < least ? epoch : least),
    undefined,
  );
  const current = BigInt(currentEpoch);
  const replaced = next !== undefined && next <= fromEpoch;
  const state = replaced
    ? ("replaced" as const)
    : fromEpoch > current
      ? ("next" as const)
      : next === undefined || next > current
        ? ("running" as const)
        : ("past" as const);
  return {
    number,
    fromEpoch: String(fromEpoch),
    toEpoch: replaced || next === undefined ? null : String(next - 1n),
    state,
    budget: String(budget),
    policyHash,
    policy: policyOf(policy),
  };
}

function policyOf(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const policy = JSON.parse(new TextDecoder().decode(bytes));
    return typeof policy === "object" && policy !== null && !Array.isArray(policy) ? policy : null;
  } catch {
    return null;
  }
}
