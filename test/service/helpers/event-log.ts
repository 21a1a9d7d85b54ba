// SPDX-License-Identifier: AGPL-3.0-only
import { type Abi, type AbiEvent, encodeAbiParameters, encodeEventTopics } from "viem";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../../service/chain/abi.ts";
import type { ChainEvent, EventName } from "../../../service/core/chain-event.ts";
import { hexOf } from "../../../service/core/hex.ts";
import type { Hex } from "../../../service/core/types.ts";

const ABIS: Record<EventName, Abi> = {
  ProverRegistered: iProverRegistryAbi,
  CommissionChanged: iProverRegistryAbi,
  Fulfilled: iProofMarketAbi,
  Missed: iProofMarketAbi,
  ActiveAssetsChanged: iProverVaultAbi,
  SegmentAdded: iRewardDistributorAbi,
  RootPosted: iRewardDistributorAbi,
  RootVetoed: iRewardDistributorAbi,
  Claimed: iRewardDistributorAbi,
};

export const EVENT_NAMES = Object.keys(ABIS) as EventName[];

type Arguments<Event> = Event extends ChainEvent ? Omit<Event, "step"> : never;
/** An event by its arguments alone. */
export type GivenEvent = Arguments<ChainEvent>;

/** The event's topics and data, as viem writes them. */
export function encodeEvent(event: GivenEvent): { topics: Hex[]; data: Hex } {
  const { name, ...values } = event;
  const item = abiOf(name);
  const args = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value instanceof Uint8Array ? hexOf(value) : value]),
  );
  const inData = item.inputs.filter(({ indexed }) => !indexed);
  const data = encodeAbiParameters(
    inData,
    inData.map(({ name: key = "", type }) => (type === "uint160" ? BigInt(args[key] as Hex) : args[key])),
  );
  return {
    topics: encodeEventTopics({ abi: [item] as Abi, eventName: name, args: args as never }) as Hex[],
    data,
  };
}

/** The kinds of an event's arguments, in their order. */
export function argumentsOf(name: EventName): { name: string; type: string }[] {
  const item = abiOf(name);
  return item.inputs.map((input) => ({ name: input.name ?? "", type: input.type }));
}

function abiOf(name: EventName): AbiEvent {
  return ABIS[name].find((item) => item.type === "event" && item.name === name) as AbiEvent;
}
