// SPDX-License-Identifier: AGPL-3.0-only
import { expect, test } from "vitest";
import { ballotOf } from "../../../../service/chain/endpoints/ballot.ts";
import { endpointAt } from "../../../../service/chain/endpoints/endpoint.ts";

const CALL = { method: "eth_getLogs", params: [{ fromBlock: "0x5", toBlock: "0x5" }] };
const [one, other] = [endpointAt("http://a"), endpointAt("http://b")];
const log = { address: "0xcd", topics: [], data: "0x", blockNumber: "0x5", logIndex: "0x0" };

/** What two endpoints agree on that give a log's time so. */
function agreed(...times: (string | undefined)[]): unknown {
  const ballot = ballotOf(CALL);
  for (const [i, blockTimestamp] of times.entries()) {
    ballot.add(i === 0 ? one : other, [{ ...log, ...(blockTimestamp && { blockTimestamp }) }]);
  }
  return ballot.winner(2)?.result;
}

test("a log's time, which endpoints may leave out, is theirs only if they give the same", () => {
  expect(agreed("0x65", "0x065")).toEqual([{ ...log, blockTimestamp: "0x65" }]);
  expect(agreed("0x0", "0x65")).toEqual([log]);
  expect(agreed("0x65", undefined)).toEqual([log]);
  expect(agreed(undefined, undefined)).toEqual([log]);
});
