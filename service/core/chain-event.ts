// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "./types.ts";

/** The arguments of the events that rewards follow from, as SPEC.md names them. */
export type ChainEvent =
  | {
      readonly name: "ProverRegistered";
      readonly prover: Address;
      readonly vault: Address;
      readonly commissionBps: bigint;
      readonly payout: Address;
      readonly timestamp: bigint;
      /** Counts from 1. */
      readonly sequence: bigint;
      /** Of 224 bits. */
      readonly rollingHash: bigint;
    }
  | {
      readonly name: "CommissionChanged";
      readonly prover: Address;
      readonly source: Address;
      readonly bps: bigint;
      readonly announcedAt: bigint;
      readonly effectiveAt: bigint;
      readonly sequence: bigint;
      readonly rollingHash: Hex;
    }
  | {
      readonly name: "Fulfilled";
      readonly id: Hex;
      readonly prover: Address;
      readonly epoch: bigint;
      readonly sequence: bigint;
      readonly requester: Address;
      readonly statementId: Hex;
      readonly fee: bigint;
      readonly protocolFee: bigint;
      readonly weight: bigint;
      readonly countedWeight: bigint;
      readonly timestamp: bigint;
      /** What the epoch's accumulator hashes after its own word. */
      readonly step: Uint8Array;
    }
  | {
      readonly name: "Missed";
      readonly id: Hex;
      readonly prover: Address;
      readonly epoch: bigint;
      readonly sequence: bigint;
      readonly deadline: bigint;
      readonly slashed: bigint;
      readonly timestamp: bigint;
    }
  | {
      readonly name: "ActiveAssetsChanged";
      readonly activeAssets: bigint;
      readonly timestamp: bigint;
      /** Of 20 bytes. */
      readonly rollingHash: Hex;
    }
  | {
      readonly name: "SegmentAdded";
      readonly fromEpoch: bigint;
      readonly budget: bigint;
      readonly policyHash: Hex;
      readonly policy: Uint8Array;
    }
  | {
      readonly name: "RootPosted";
      readonly epoch: bigint;
      readonly postNumber: bigint;
      readonly root: Hex;
      readonly cumulativeTotal: bigint;
      readonly datasetHash: Hex;
      readonly snapshotBlock: bigint;
      readonly snapshotHash: Hex;
      readonly postedAt: bigint;
      readonly claimableAt: bigint;
      readonly quorum: bigint;
      readonly rollingHash: Hex;
    }
  | {
      readonly name: "RootVetoed";
      readonly epoch: bigint;
      readonly postNumber: bigint;
      readonly by: Address;
      readonly root: Hex;
      readonly rollingHash: Hex;
    }
  | {
      readonly name: "Claimed";
      readonly prover: Address;
      readonly epoch: bigint;
      readonly cumulative: bigint;
      readonly amount: bigint;
      readonly commission: bigint;
    };

/** What is kept of the events of requests and bids: enough to end those whose time is over. */
export type AuctionEvent =
  | {
      readonly name: "Requested";
      readonly id: Hex;
      readonly bond: bigint;
      readonly commitDuration: bigint;
      readonly revealDuration: bigint;
    }
  | { readonly name: "Committed" | "Revealed" | "BondForfeited"; readonly id: Hex; readonly prover: Address }
  | { readonly name: "Cancelled" | "Closed"; readonly id: Hex };

export type EventName = ChainEvent["name"];
export type EventOf<Name extends EventName> = Extract<ChainEvent, { readonly name: Name }>;

/** An event, and where it was logged. Which contract may log it is for the caller to check. */
export interface Logged<Event> {
  readonly address: Address;
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly event: Event;
}

export type LoggedEvent = Logged<ChainEvent>;
