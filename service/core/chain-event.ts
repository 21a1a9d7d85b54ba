// SPDX-License-Identifier: AGPL-3.0-only
import type { RegistrationEntry } from "./ids.ts";
import type { Address, Hex, PostContent } from "./types.ts";

/** The arguments of the events that rewards follow from, as SPEC.md names them: amounts in wei, times in seconds. */
export type ChainEvent =
  | (RegistrationEntry & {
      readonly name: "ProverRegistered";
      /** Of 224 bits. */
      readonly rollingHash: bigint;
    })
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
      /** The ten words of the log that the epoch's accumulator hashes after its own. */
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
  | (PostContent & {
      readonly name: "RootPosted";
      readonly postedAt: bigint;
      readonly claimableAt: bigint;
      readonly quorum: bigint;
      readonly rollingHash: Hex;
    })
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

/** The events of requests and bids. */
export type AuctionEvent =
  | {
      readonly name: "Requested";
      readonly id: Hex;
      readonly requester: Address;
      readonly programKey: Hex;
      readonly publicValuesDigest: Hex;
      readonly verifierVersion: bigint;
      readonly maxFee: bigint;
      readonly minStake: bigint;
      readonly lockAmount: bigint;
      readonly bond: bigint;
      readonly commitDuration: bigint;
      readonly revealDuration: bigint;
      readonly deadline: bigint;
      /** Any bytes; where the input is, if the requester keeps to the rules. */
      readonly inputUri: Uint8Array;
    }
  | { readonly name: "Committed"; readonly id: Hex; readonly prover: Address; readonly order: bigint }
  | {
      readonly name: "Revealed";
      readonly id: Hex;
      readonly prover: Address;
      readonly fee: bigint;
      readonly leads: boolean;
    }
  | { readonly name: "BondForfeited"; readonly id: Hex; readonly prover: Address; readonly slashed: bigint }
  | { readonly name: "Cancelled"; readonly id: Hex }
  | { readonly name: "Closed"; readonly id: Hex; readonly status: bigint };

/** What else is told of vaults, provers and posts: rewards follow from none of it. */
export type StakeEvent =
  | { readonly name: "Transfer"; readonly from: Address; readonly to: Address; readonly shares: bigint }
  | {
      readonly name: "ExitPriced";
      readonly controller: Address;
      readonly assets: bigint;
      readonly poolShares: bigint;
      readonly generation: bigint;
    }
  | {
      readonly name: "Slashed";
      readonly fromActive: bigint;
      readonly fromUnbonding: bigint;
      readonly generation: bigint;
    }
  | {
      readonly name: "Withdraw";
      readonly controller: Address;
      readonly assets: bigint;
      readonly shares: bigint;
    }
  | { readonly name: "ProverStateChanged"; readonly prover: Address; readonly state: bigint }
  | { readonly name: "RootAttested"; readonly postNumber: bigint; readonly auditor: Address }
  | { readonly name: "AuditorChanged"; readonly auditor: Address; readonly listed: boolean };

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
