// SPDX-License-Identifier: AGPL-3.0-only
import type { Route } from "playwright-core";
import { type Address, encodeEventTopics } from "viem";
import { iProofMarketAbi } from "../../../service/chain/abi.ts";

interface Log {
  readonly topics: readonly string[];
  readonly data: string;
}
type Answer = { readonly result?: unknown };

const [FULFILLED] = encodeEventTopics({ abi: iProofMarketAbi, eventName: "Fulfilled" });

/** Passes a request on, and changes what is answered. */
export function changing(change: (answer: Answer) => Answer): (route: Route) => Promise<void> {
  return async (route) => {
    if (route.request().method() !== "POST") return route.continue();
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
