// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { requestersOf, type Served } from "../../../service/core/requesters.ts";
import type { Address, Hex } from "../../../service/core/types.ts";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const statement = (byte: string): Hex => `0x${byte.repeat(32)}`;

function served(timestamp: bigint, requester: string, prover: string, fee: bigint, asked = "aa"): Served {
  return {
    ...{ timestamp, requester: address(requester), prover: address(prover), statementId: statement(asked) },
    ...{ fee, protocolFee: fee / 10n, weight: fee * 10_000n, countedWeight: fee * 10_000n },
  };
}

it("fulfilments tell who asked, paid and was served since a time, and what is not new", () => {
  const log = [
    served(5n, "e1", "a1", 1_000n, "11"),
    served(10n, "e1", "a1", 100n, "11"),
    served(11n, "e1", "b2", 200n, "22"),
    served(12n, "e2", "a1", 300n, "11"),
    served(13n, "e3", "c3", 0n, "33"),
  ];
  const { requesters, provers } = requestersOf(log, 10n);
  expect(requesters).toEqual([
    {
      ...{ requester: address("e1"), fulfilments: 2, fees: 300n, protocolFees: 30n, work: 3_000_000n },
      ...{ feeShareBps: 5_000, provers: 2, repeated: 1, firstSeen: 5n },
    },
    {
      ...{ requester: address("e2"), fulfilments: 1, fees: 300n, protocolFees: 30n, work: 3_000_000n },
      // Another's statement is new to it.
      ...{ feeShareBps: 5_000, provers: 1, repeated: 0, firstSeen: 12n },
    },
    {
      ...{ requester: address("e3"), fulfilments: 1, fees: 0n, protocolFees: 0n, work: 0n },
      ...{ feeShareBps: 0, provers: 1, repeated: 0, firstSeen: 13n },
    },
  ]);
  expect(provers).toEqual([
    { prover: address("a1"), requester: address("e2"), workShareBps: 7_500 },
    { prover: address("b2"), requester: address("e1"), workShareBps: 10_000 },
    { prover: address("c3"), requester: address("e3"), workShareBps: 0 },
  ]);
});

it("nobody asked where nothing was served", () => {
  expect(requestersOf([], 0n)).toEqual({ requesters: [], provers: [] });
});
