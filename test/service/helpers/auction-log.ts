// SPDX-License-Identifier: AGPL-3.0-only
import {
  type AbiEvent,
  encodeAbiParameters,
  encodeEventTopics,
  getAbiItem,
  zeroAddress,
  zeroHash,
} from "viem";
import { iProofMarketAbi } from "../../../service/chain/abi.ts";
import type { AuctionEvent } from "../../../service/core/chain-event.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Address, Hex } from "../../../service/core/types.ts";

type Place = Pick<RawLog, "address" | "blockNumber" | "logIndex">;

type Named<Event> = Event extends AuctionEvent
  ? Pick<Event, "name" | "id" | Extract<keyof Event, "prover">> & Partial<Event>
  : never;
/** An event of an auction, of which the rest is anything. */
export type GivenAuction = Named<AuctionEvent>;

/** The log of an event of an auction, as viem writes it. */
export function auctionLog(place: Place, event: GivenAuction): RawLog {
  const item = getAbiItem({ abi: iProofMarketAbi as readonly AbiEvent[], name: event.name }) as AbiEvent;
  const args: Record<string, unknown> = {
    ...{
      requester: zeroAddress,
      programKey: zeroHash,
      commitment: zeroHash,
      order: 1n,
      fee: 2n,
      leads: true,
    },
    ...{ slashed: 3n, status: 4, lockAmount: 5n, bond: 0n, params: { ...PARAMS, ...event, ...uriOf(event) } },
    ...event,
  };
  const inData = item.inputs.filter(({ indexed }) => !indexed);
  return {
    ...place,
    topics: encodeEventTopics({ abi: [item], eventName: event.name, args: args as never }) as Hex[],
    data: encodeAbiParameters(
      inData,
      inData.map(({ name }) => args[name ?? ""]),
    ),
  };
}

function uriOf(event: GivenAuction): { inputUri?: string } {
  return event.name === "Requested" && event.inputUri !== undefined
    ? { inputUri: new TextDecoder().decode(event.inputUri) }
    : {};
}

const PARAMS = {
  ...{ programKey: zeroHash, publicValuesDigest: zeroHash, verifierVersion: 1n, maxFee: 2n, minStake: 3n },
  ...{ deadline: 4n, commitDuration: 0n, revealDuration: 0n, inputUri: "https://x/y" },
};

export const requestId = (number: number): Hex => `0x${number.toString(16).padStart(64, "0")}`;
export const bidder = (number: number): Address => `0x${number.toString(16).padStart(40, "0")}`;
