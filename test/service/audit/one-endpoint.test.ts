// SPDX-License-Identifier: AGPL-3.0-only
import { encodeEventTopics, type Hex } from "viem";
import { expect, it } from "vitest";
import { adviceOn } from "../../../service/audit/advice.ts";
import { iProofMarketAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { asChainError, ChainError } from "../../../service/chain/errors.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { stored } from "../helpers/stored.ts";
import type { LyingEndpoint, RawLog } from "./proxy.ts";
import { auditThrough, endpoint, setScene, system } from "./scene.ts";

setScene();

type Log = RawLog & Readonly<Record<string, unknown>>;
type Twist = LyingEndpoint["twist"];

const logs =
  (change: (logs: Log[]) => unknown): Twist =>
  ({ method }, result) =>
    method === "eth_getLogs" ? change(result as Log[]) : result;
const eachLog = (change: (log: Log) => unknown): Twist => logs((all) => all.map(change));
const eachBlock =
  (change: object): Twist =>
  ({ method }, result) =>
    method === "eth_getBlockByNumber" ? { ...(result as object), ...change } : result;
const capitals = (hex: string) => `0x${hex.slice(2).toUpperCase()}`;
const OTHER: Hex = `0x${"99".repeat(32)}`;

/** Another word for a topic of each of some logs. */
function topic(emitted: readonly unknown[], n: number, word: Hex): Twist {
  return eachLog((log) =>
    log.topics[0] === emitted[0] ? { ...log, topics: log.topics.with(n, word) } : log,
  );
}

const FULFILLED = encodeEventTopics({ abi: iProofMarketAbi, eventName: "Fulfilled" });
const CLAIMED = encodeEventTopics({ abi: iRewardDistributorAbi, eventName: "Claimed" });
const POSTED = encodeEventTopics({ abi: iRewardDistributorAbi, eventName: "RootPosted" });

/** What comes of it where the other sort of reader sees it too. */
type Judged =
  | "as if nothing were wrong"
  /** Nothing is read, and this is said of the endpoint. */
  | { readonly malformed: RegExp }
  /** Neither stored nor acted on. */
  | "contradicts the contracts, or itself";

const ROWS: readonly [what: string, Twist, Judged][] = [
  ["gives every log twice", logs((all) => all.flatMap((log) => [log, log])), "as if nothing were wrong"],
  ["gives logs in another order", logs((all) => all.toReversed()), "as if nothing were wrong"],
  [
    "writes capitals",
    eachLog((log) => ({
      ...log,
      ...{ address: capitals(log.address), data: capitals(log.data), topics: log.topics.map(capitals) },
    })),
    "as if nothing were wrong",
  ],
  [
    "leaves out what it may",
    eachLog(
      ({ blockHash: _, transactionHash: __, transactionIndex: ___, blockTimestamp: ____, ...log }) => log,
    ),
    "as if nothing were wrong",
  ],
  ["answers null for logs", logs(() => null), { malformed: /eth_getLogs .*with no list of logs$/ }],
  [
    "answers logs with nothing in them",
    eachLog(() => ({})),
    { malformed: /log whose blockNumber is missing$/ },
  ],
  [
    "names no block",
    eachLog((log) => ({ ...log, blockNumber: null })),
    { malformed: /log whose blockNumber is null$/ },
  ],
  [
    "writes numbers for hex",
    eachLog((log) => ({ ...log, logIndex: Number(log.logIndex) })),
    { malformed: /log whose logIndex is \d+$/ },
  ],
  [
    "names a block beyond all",
    eachLog((log) => ({ ...log, blockNumber: OTHER })),
    { malformed: /log whose blockNumber is "0x99/ },
  ],
  [
    "gives half a byte",
    eachLog((log) => ({ ...log, data: `${log.data}0` })),
    { malformed: /log whose data is "0x/ },
  ],
  ["gives no topics", eachLog((log) => ({ ...log, topics: null })), { malformed: /log with broken topics$/ }],
  [
    "gives logs that were taken back",
    eachLog((log) => ({ ...log, removed: true })),
    { malformed: /log that a reorganisation has removed$/ },
  ],
  [
    "gives blocks no time",
    eachBlock({ timestamp: undefined }),
    { malformed: /block whose timestamp is missing$/ },
  ],
  ["gives blocks no hash", eachBlock({ hash: null }), { malformed: /block whose hash is null$/ }],
  [
    "gives all logs one place",
    eachLog((log) => ({ ...log, logIndex: "0x0" })),
    "contradicts the contracts, or itself",
  ],
  [
    "gives data of no event",
    eachLog((log) => ({ ...log, data: "0x" })),
    "contradicts the contracts, or itself",
  ],
  ["alters whose a fulfilment is", topic(FULFILLED, 2, OTHER), "contradicts the contracts, or itself"],
  ["alters a post's epoch", topic(POSTED, 1, OTHER), "contradicts the contracts, or itself"],
  ["alters a claim's epoch", topic(CLAIMED, 2, OTHER), "contradicts the contracts, or itself"],
];

async function syncThrough(): Promise<void> {
  const chain = await connect({ rpcUrl: endpoint.rpcUrl, rounds: 1 });
  const into = { ...(await stored(system)()), chain, system };
  await sync({ ...into, to: "finalized", check: true, log: () => undefined });
}

function codeOf(thrown: unknown) {
  const error = asChainError(thrown);
  return error instanceof ChainError ? { code: error.code, message: error.message } : { error };
}

it.each(ROWS)("one endpoint is judged by sync as by an audit, where it %s", async (_, twist, judged) => {
  endpoint.twist = twist;
  const synced = await syncThrough().then(() => "read", codeOf);
  const audited = await auditThrough((log) => [log], 0).then(
    (report) => (report.verdict === "match" ? "read" : adviceOn(report)),
    codeOf,
  );
  if (judged === "as if nothing were wrong") expect([synced, audited]).toEqual(["read", "read"]);
  else if (typeof judged === "object") {
    const { host } = new URL(endpoint.rpcUrl);
    const said = { code: "unreachable", message: expect.stringMatching(judged.malformed) };
    expect([synced, audited]).toEqual([said, said]);
    for (const { message } of [synced, audited] as { message: string }[]) expect(message).toContain(host);
  } else {
    expect(synced).toMatchObject({ code: "inconsistent" });
    // An audit that cannot judge says that it could not read.
    expect([{ code: "unreachable", message: expect.any(String) }, "nothing"]).toContainEqual(audited);
  }
});
