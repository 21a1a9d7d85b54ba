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

/** The log of an event of an auction, as viem writes it; of what is not kept there is anything. */
export function auctionLog(place: Place, event: AuctionEvent, inputUri = "https://x/y"): RawLog {
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
    ...{ slashed: 3n, status: 4, lockAmount: 5n, params: { ...PARAMS, inputUri, ...event } },
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

const PARAMS = {
  ...{ programKey: zeroHash, publicValuesDigest: zeroHash, verifierVersion: 1n, maxFee: 2n, minStake: 3n },
  ...{ deadline: 4n },
};

export const requestId = (number: number): Hex => `0x${number.toString(16).padStart(64, "0")}`;
export const bidder = (number: number): Address => `0x${number.toString(16).padStart(40, "0")}`;
