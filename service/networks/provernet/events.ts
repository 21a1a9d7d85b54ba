// SPDX-License-Identifier: AGPL-3.0-only
import { toEventSelector } from "viem";
import type { Address, Hex } from "../../core/types.ts";
import { InconsistentLogs } from "../../store/inconsistent.ts";
import type { NetworkLog } from "./log.ts";

/** The events that matter, as PROVERNET's contracts log them; `*` in a comment marks an indexed argument. */
const SIGNATURES = {
  // VaultFactory: prover*, vault*
  VaultCreated: "VaultCreated(address,address,address,bytes32)",
  // StakingController: prover*, and a second address* where there is one
  ProverInitialized: "ProverInitialized(address,address,uint64)",
  ProverStateChanged: "ProverStateChanged(address,uint8,uint8)",
  ProverRetired: "ProverRetired(address)",
  Staked: "Staked(address,address,uint256,uint256)",
  UnstakeRequested: "UnstakeRequested(address,address,uint256,uint256)",
  UnstakeCompleted: "UnstakeCompleted(address,address,uint256)",
  RewardsAdded: "RewardsAdded(address,address,uint256,uint256,uint256)",
  StakeSlashed: "ProverSlashed(address,uint256,uint256)",
  CommissionRateUpdated: "CommissionRateUpdated(address,address,uint64,uint64,bool)",
  CommissionClaimed: "CommissionClaimed(address,uint256)",
  TreasuryWithdrawn: "TreasuryWithdrawn(address,uint256)",
  EmergencyRecovered: "EmergencyRecovered(address,uint256)",
  // A vault
  ControllerSlash: "ControllerSlash(uint256,address)",
  // The token: from*, to*
  Transfer: "Transfer(address,address,uint256)",
  // BrevisMarket: reqid*, and an address* where there is one
  NewRequest:
    "NewRequest(bytes32,(uint64,bytes32,bytes32,string,bytes,string,uint32,(uint96,uint96,uint64)))",
  NewBid: "NewBid(bytes32,address,bytes32)",
  BidRevealed: "BidRevealed(bytes32,address,uint256)",
  ProofSubmitted: "ProofSubmitted(bytes32,address,uint256[8],uint256)",
  Refunded: "Refunded(bytes32,address,uint256)",
  RequestSlashed: "ProverSlashed(bytes32,address,uint256)",
  ProtocolFeeBpsUpdated: "ProtocolFeeBpsUpdated(uint256,uint256)",
  ProtocolFeeWithdrawn: "ProtocolFeeWithdrawn(address,uint256)",
  StatsReset: "StatsReset(uint64,uint64)",
  // EpochRewards: epoch*, prover*
  EpochConfigSet: "EpochConfigSet(uint32,uint64,uint64,uint256)",
  EpochConfigPopped: "EpochConfigPopped(uint32,uint64,uint64,uint256)",
  RewardsSet: "RewardsSet(uint32,address,uint256)",
  EpochRewardsSet: "EpochRewardsSet(uint32,uint256,uint256)",
  // A proxy: implementation*
  Upgraded: "Upgraded(address)",
} as const;

type Name = keyof typeof SIGNATURES;

export const TOPIC = Object.fromEntries(
  Object.entries(SIGNATURES).map(([name, signature]) => [name, toEventSelector(`event ${signature}`)]),
) as Record<Name, Hex>;

const UPGRADED: readonly Name[] = ["Upgraded"];

/** What is asked for of whom. */
export const ASKED = {
  factory: topics(["VaultCreated", ...UPGRADED]),
  controller: topics([
    ...(["ProverInitialized", "ProverStateChanged", "ProverRetired", "Staked", "UnstakeRequested"] as const),
    ...(["UnstakeCompleted", "RewardsAdded", "StakeSlashed", "CommissionRateUpdated"] as const),
    ...(["CommissionClaimed", "TreasuryWithdrawn", "EmergencyRecovered", ...UPGRADED] as const),
  ]),
  market: topics([
    ...(["NewRequest", "NewBid", "BidRevealed", "ProofSubmitted", "Refunded", "RequestSlashed"] as const),
    ...(["ProtocolFeeBpsUpdated", "ProtocolFeeWithdrawn", "StatsReset", ...UPGRADED] as const),
  ]),
  epochRewards: topics(["EpochConfigSet", "EpochConfigPopped", "RewardsSet", "EpochRewardsSet", ...UPGRADED]),
} as const;

function topics(names: readonly Name[]): ReadonlySet<Hex> {
  return new Set(names.map((name) => TOPIC[name]));
}

/** The arguments of one log, by their places; each is held to its type. */
export class Arguments {
  readonly #log: NetworkLog;

  /** @throws InconsistentLogs if the log has not as many topics and words of data as its event */
  constructor(log: NetworkLog, indexed: number, words: number, atLeast = false) {
    this.#log = log;
    const given = (log.data.length - 2) / 64;
    const fits = atLeast ? given >= words : given === words;
    if (log.topics.length !== indexed + 1 || !fits) throw malformed(log, "is not laid out as its event is");
  }

  /** The n-th indexed argument, from 1. */
  topic(n: number): Hex {
    return this.#log.topics[n] as Hex;
  }

  topicAddress(n: number): Address {
    return addressIn(this.topic(n), this.#log);
  }

  topicNumber(n: number): number {
    return numberIn(this.topic(n).slice(2), this.#log);
  }

  /** The n-th word of the data, from 0. */
  word(n: number): Hex {
    return `0x${this.#digits(n)}`;
  }

  uint(n: number): bigint {
    return BigInt(`0x${this.#digits(n)}`);
  }

  number(n: number): number {
    return numberIn(this.#digits(n), this.#log);
  }

  address(n: number): Address {
    return addressIn(this.word(n), this.#log);
  }

  bool(n: number): boolean {
    const value = this.number(n);
    if (value > 1) throw malformed(this.#log, "has a truth value that is none");
    return value === 1;
  }

  #digits(n: number): string {
    return this.#log.data.slice(2 + 64 * n, 66 + 64 * n);
  }
}

const ADDRESS_PADDING = `0x${"0".repeat(24)}`;

function addressIn(word: Hex, log: NetworkLog): Address {
  if (!word.startsWith(ADDRESS_PADDING)) throw malformed(log, "has an address that is none");
  return `0x${word.slice(26)}`;
}

/** Times, rates, counts and numbers of epochs, all of which are far below 2^53 wherever they are true. */
function numberIn(digits: string, log: NetworkLog): number {
  const value = Number(BigInt(`0x${digits}`));
  if (!Number.isSafeInteger(value)) throw malformed(log, "has a number that no contract logs");
  return value;
}

/** An error that says which log, and what of it cannot be. */
export function malformed({ address, blockNumber, logIndex }: NetworkLog, what: string): InconsistentLogs {
  return new InconsistentLogs(`block ${blockNumber}: log ${logIndex}, of ${address}, ${what}`);
}
