// SPDX-License-Identifier: AGPL-3.0-only
import type { Page, Route } from "playwright-core";
import { type Address, encodeEventTopics } from "viem";
import { iProofMarketAbi } from "../../../service/chain/abi.ts";

interface Log {
  readonly topics: readonly string[];
  readonly data: string;
}
type Answer = { readonly id?: number; readonly result?: unknown };

const [FULFILLED] = encodeEventTopics({ abi: iProofMarketAbi, eventName: "Fulfilled" });

/** Passes a request on, and changes what is answered. */
export function changing(
  change: (answer: Answer) => Answer,
  method = "POST",
): (route: Route) => Promise<void> {
  return async (route) => {
    if (route.request().method() !== method) return route.continue();
    const response = await route.fetch();
    const body = (await response.json()) as Answer | Answer[];
    const json = Array.isArray(body) ? body.map(change) : change(body);
    return route.fulfill({ response, json });
  };
}

/** The last nibble of the fee in the first fulfilment of a prover is another one. */
export function alteringOneNibble(prover: Address): (route: Route) => Promise<void> {
  const isIts = ({ topics }: Log) =>
    topics[0] === FULFILLED && topics[2]?.endsWith(prover.slice(2).toLowerCase());
  return changing((answer) => {
    if (!Array.isArray(answer.result)) return answer;
    const logs = answer.result as Log[];
    const first = logs.findIndex((log) => log.topics !== undefined && isIts(log));
    if (first === -1) return answer;
    return {
      ...answer,
      result: logs.map((log, i) => (i === first ? { ...log, data: nibbled(log.data) } : log)),
    };
  });
}

/** The fourth word: the fee. */
const AT = 2 + 4 * 64 - 1;

function nibbled(data: string): string {
  return `${data.slice(0, AT)}${data[AT] === "1" ? "2" : "1"}${data.slice(AT + 1)}`;
}

const CORS = { "access-control-allow-origin": "*", "access-control-allow-headers": "content-type" };

/** The endpoint allows no page of another origin to read what it answers. */
export async function withoutCors(route: Route): Promise<void> {
  if (route.request().method() === "OPTIONS") return route.fulfill({ status: 204, headers: {} });
  return route.fulfill({ status: 200, contentType: "application/json", headers: {}, body: "[]" });
}

/** Refuses what is above five requests a second: with or without the headers that let a page see that. */
export function limiting(headers: boolean): (route: Route) => Promise<void> {
  let times: number[] = [];
  return async (route) => {
    const now = performance.now();
    times = times.filter((time) => now - time < 1_000);
    if (route.request().method() !== "POST" || times.length < 5) {
      times.push(now);
      return route.continue();
    }
    const told = headers
      ? { ...CORS, "retry-after": "1", "access-control-expose-headers": "retry-after" }
      : {};
    return route.fulfill({ status: 429, headers: told, body: "" });
  };
}

/** Refuses batches of more calls than this, as many hosts do: with an HTTP error and a reason. */
export function batchesOf(most: number, seen: number[]): (route: Route) => Promise<void> {
  return async (route) => {
    const { length } = [(route.request().postDataJSON() ?? []) as unknown].flat();
    if (route.request().method() !== "POST" || length <= most) {
      seen.push(length);
      return route.continue();
    }
    const error = { code: -32_600, message: `Batch of more than ${most} requests are not allowed` };
    return route.fulfill({ status: 400, headers: CORS, json: { jsonrpc: "2.0", id: null, error } });
  };
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly { readonly fromBlock?: string; readonly toBlock?: string }[];
}

const callsOf = (route: Route) => [(route.request().postDataJSON() ?? []) as Call].flat();

/** Answers calls of one method as if there were nothing, while it is told to. */
export function withholding(method: string): {
  isOn: boolean;
  readonly route: (route: Route) => Promise<void>;
} {
  const state = {
    isOn: true,
    async route(route: Route) {
      const held = callsOf(route).filter((call) => call.method === method);
      if (!state.isOn || held.length === 0) return route.continue();
      const isHeld = ({ id }: Answer) => held.some((call) => call.id === id);
      return changing((answer) => (isHeld(answer) ? { ...answer, result: null } : answer))(route);
    },
  };
  return state;
}

/** Gives logs of at most so many blocks at once. */
export function spansOf(most: number): (route: Route) => Promise<void> {
  return async (route) => {
    const calls = callsOf(route);
    const isTooWide = ({ method, params: [filter] = [] }: Call) =>
      method === "eth_getLogs" && Number(filter?.toBlock) - Number(filter?.fromBlock) + 1 > most;
    if (!calls.some(isTooWide)) return route.continue();
    const error = { code: -32_005, message: `query exceeds the limit of ${most} blocks` };
    const answers = calls.map(({ id }) => ({ jsonrpc: "2.0", id, error }));
    const json = Array.isArray(route.request().postDataJSON()) ? answers : answers[0];
    return route.fulfill({ status: 200, headers: CORS, json });
  };
}

const HTML = { contentType: "text/html" };
type Answering = (route: Route) => unknown;

/** What a server does that is there, and of no use. */
export const OUTAGES: readonly (readonly [name: string, answer: Answering, isOther: boolean])[] = [
  ["never answers", () => undefined, false],
  ["fails", (route) => route.fulfill({ status: 500, headers: CORS, body: "Internal Server Error" }), false],
  ["answers with another form", (route) => route.fulfill({ headers: CORS, json: { hello: "world" } }), true],
  [
    "answers with a page",
    (route) => route.fulfill({ headers: CORS, ...HTML, body: "<h1>It works!</h1>" }),
    true,
  ],
  ["refuses for now", (route) => route.fulfill({ status: 429, headers: CORS, body: "slow down" }), false],
  ["is gone", (route) => route.abort(), false],
];

/** How many answers that a page got from now on are such. */
export function counting(page: Page, isSuch: (text: string) => boolean): { count: number } {
  const found = { count: 0 };
  page.on("response", async (response) => {
    if (isSuch(await response.text().catch(() => ""))) found.count++;
  });
  return found;
}
