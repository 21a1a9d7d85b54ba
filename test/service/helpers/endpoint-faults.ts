// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, numberToHex } from "viem";
import type { Intercepted, LyingEndpoint, RawCall, RawLog } from "../audit/proxy.ts";

/** What makes an endpoint faulty, by name. `final` is the last final block of the chain behind it. */
export type Fault = (endpoint: LyingEndpoint, chain: { readonly final: bigint }) => void;

const says =
  (method: string, result: unknown): Fault =>
  (endpoint) => {
    endpoint.twist = (call, truth) => (call.method === method ? result : truth);
  };

/** Every request is answered with one HTTP status and one JSON-RPC error. */
const answers =
  (status: number, code: number, message: string): Fault =>
  (endpoint) => {
    endpoint.intercept = ({ calls, isBatch }) => {
      const errors = calls.map(({ id }) => ({ jsonrpc: "2.0", id, error: { code, message } }));
      return { status, body: JSON.stringify(isBatch && status === 200 ? errors : errors[0]) };
    };
  };

const refusesIf =
  (matches: (request: Intercepted) => boolean, instead: ReturnType<LyingEndpoint["intercept"]>): Fault =>
  (endpoint) => {
    endpoint.intercept = (request) => (matches(request) ? instead : undefined);
  };

const errorBody = (code: number, message: string) =>
  JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } });

function spans({ method, params }: RawCall, most: number): boolean {
  const { fromBlock, toBlock } = (params[0] ?? {}) as { fromBlock?: string; toBlock?: string };
  return method === "eth_getLogs" && Number(toBlock) - Number(fromBlock) + 1 > most;
}

const logs =
  (change: (logs: RawLog[]) => unknown): Fault =>
  (endpoint) => {
    endpoint.twist = ({ method }, truth) => (method === "eth_getLogs" ? change(truth as RawLog[]) : truth);
  };

const OTHER_HASH: Hex = `0x${"99".repeat(32)}`;

/** The rows of the table: every kind of fault that endpoints were seen to have. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  "asks for a tip of 20,000,000 gwei": says("eth_maxPriorityFeePerGas", "0x470de4df820000"),
  "counts 65,535 transactions": says("eth_getTransactionCount", "0xffff"),
  "counts no transactions": says("eth_getTransactionCount", "0x0"),
  "estimates 29,000,000 gas": says("eth_estimateGas", numberToHex(29_000_000)),
  "estimates 21,000 gas": says("eth_estimateGas", "0x5208"),
  "refuses every estimate": (endpoint) => {
    endpoint.refuse = ({ method }) => (method === "eth_estimateGas" ? "execution reverted" : undefined);
  },
  "never answers": (endpoint) => {
    endpoint.intercept = () => "hang";
  },
  "is gone": (endpoint) => {
    endpoint.down = true;
  },
  "must be authenticated (401)": answers(401, -32_600, "Must be authenticated!"),
  "has no capacity left (403)": answers(403, -32_600, "Monthly capacity limit exceeded."),
  "limits (429)": answers(429, -32_005, "limit exceeded"),
  "is unavailable (503)": answers(503, -32_000, "service unavailable"),
  "has an internal error (500)": answers(500, -32_603, "Internal error"),
  "has an internal error (200)": answers(200, -32_603, "Internal error"),
  "is syncing (200)": answers(200, -32_000, "node is syncing"),
  "limits (200)": answers(200, -32_005, "limit exceeded"),
  "takes 3 calls in a batch": refusesIf(({ isBatch, calls }) => isBatch && calls.length > 3, {
    body: errorBody(-32_014, "maximum 3 calls in 1 batch"),
  }),
  "takes no batches": refusesIf(({ isBatch }) => isBatch, {
    status: 400,
    body: errorBody(-32_600, "Invalid Request"),
  }),
  "takes 4 kB": refusesIf(({ bytes }) => bytes > 4_000, { status: 413, body: "Request Entity Too Large" }),
  "gives logs of 10 blocks (500)": refusesIf(({ calls }) => calls.some((call) => spans(call, 10)), {
    status: 500,
    body: "Internal Server Error",
  }),
  "gives logs of 10 blocks (closes)": refusesIf(
    ({ calls }) => calls.some((call) => spans(call, 10)),
    "close",
  ),
  "does not know which block is final": (endpoint) => {
    endpoint.twist = ({ params: [which] }, truth) => (which === "finalized" ? null : truth);
  },
  "says that block 0 is final": (endpoint) => {
    endpoint.twist = ({ method, params: [which] }, truth) =>
      method === "eth_getBlockByNumber" && which === "finalized"
        ? { ...(truth as object), number: "0x0" }
        : truth;
  },
  "serves another chain": says("eth_chainId", "0x1"),
  "answers calls with nothing": says("eth_call", "0x"),
  "answers calls with null": says("eth_call", null),
  "answers calls with zero": says("eth_call", `0x${"00".repeat(32)}`),
  "has no logs of blocks by hash": (endpoint) => {
    endpoint.twist = ({ method, params: [filter] }, truth) =>
      method === "eth_getLogs" && "blockHash" in (filter as object) ? [] : truth;
  },
  "keeps a block that was replaced": (endpoint, { final }) => {
    endpoint.twist = ({ method }, truth) => {
      const block = truth as { number?: Hex } | null;
      if (method !== "eth_getBlockByNumber" || block?.number === undefined) return truth;
      // The one before the last final one, which is an epoch's snapshot as likely as any.
      return BigInt(block.number) === final - 1n ? { ...block, hash: OTHER_HASH } : truth;
    };
  },
  "leaves out who made a block": (endpoint) => {
    endpoint.twist = ({ method }, truth) => {
      if (!/^eth_getBlockBy/.test(method) || truth === null) return truth;
      const { miner: _, ...block } = truth as { miner?: string };
      return block;
    };
  },
  "has no logs": logs(() => []),
  "answers null for logs": logs(() => null),
  "leaves out a log": logs((all) => all.slice(1)),
  "gives logs without a block": logs((all) => all.map((log) => ({ ...log, blockNumber: null }))),
  "no longer has the state of 8 blocks ago": (endpoint, { final }) => {
    endpoint.refuse = ({ method, params: [, block] }) =>
      method === "eth_call" && typeof block === "string" && block.startsWith("0x") && BigInt(block) <= final
        ? "missing trie node d74423b54378a6d49546847401bb01798f2ac01f8f0a9ba47ed8a5b26c20ef4c (path )"
        : undefined;
  },
};
