// SPDX-License-Identifier: AGPL-3.0-only
import type { Logged, StakeEvent } from "./chain-event.ts";
import { address, data, decodeBy, type Layouts, uint } from "./log-words.ts";
import { WORD } from "./packed-logs.ts";
import type { Hex } from "./types.ts";

const LAYOUTS: Layouts<StakeEvent> = {
  "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef": {
    name: "Transfer",
    topics: 3,
    words: 1,
    read: (log) => ({
      name: "Transfer",
      from: address(log, 1),
      to: address(log, 2),
      shares: uint(log, data(0)),
    }),
  },
  "0x492e42182196be36f28e6609ef485775ec6ccd7b21c22a6895e6d91f2033064a": {
    name: "ExitPriced",
    topics: 3,
    words: 2,
    read: (log) => ({
      name: "ExitPriced",
      controller: address(log, 1),
      assets: uint(log, data(0)),
      poolShares: uint(log, data(1)),
      generation: uint(log, 2 * WORD),
    }),
  },
  "0x4b2c698913fa2b9d376d8268e0ff8b7bd11c3bcceb49401bf7c2227d37d71ac6": {
    name: "Slashed",
    topics: 2,
    words: 3,
    read: (log) => ({
      name: "Slashed",
      fromActive: uint(log, data(0)),
      fromUnbonding: uint(log, data(1)),
      generation: uint(log, data(2)),
    }),
  },
  "0xfbde797d201c681b91056529119e0b02407c7bb96a4a2c75c01fc9667232c8db": {
    name: "Withdraw",
    topics: 4,
    words: 2,
    read: (log) => ({
      name: "Withdraw",
      controller: address(log, 3),
      assets: uint(log, data(0)),
      shares: uint(log, data(1)),
    }),
  },
  "0x50ef9da11d0124b611faef280e10cb47a82bc25401fb7837f9b0a1356cf19f6d": {
    name: "ProverStateChanged",
    topics: 2,
    words: 1,
    read: (log) => ({ name: "ProverStateChanged", prover: address(log, 1), state: uint(log, data(0)) }),
  },
  "0x8201bc805094ee2355cb34e2586dbd720db067c3bb6bdd26c9babed84513e000": {
    name: "RootAttested",
    topics: 4,
    words: 1,
    read: (log) => ({
      name: "RootAttested",
      postNumber: uint(log, 2 * WORD),
      auditor: address(log, 3),
    }),
  },
  "0xa023931582d6fb575a6cf36394701787cc71b39dc84ae891b31727c8b777ade5": {
    name: "AuditorChanged",
    topics: 2,
    words: 1,
    read: (log) => ({
      name: "AuditorChanged",
      auditor: address(log, 1),
      listed: uint(log, data(0)) !== 0n,
    }),
  },
};

/** The first topics of what else is told of vaults, provers and posts. */
export const STAKE_TOPICS = Object.keys(LAYOUTS) as readonly Hex[];
/** Of these, the events of vaults: some that other contracts have, too, and some that hardly any other has. */
export const COMMON_VAULT_TOPICS = STAKE_TOPICS.filter((topic) => isOf(topic, ["Transfer", "Withdraw"]));
export const OWN_VAULT_TOPICS = STAKE_TOPICS.filter((topic) => isOf(topic, ["ExitPriced", "Slashed"]));

/**
 * These events among packed logs, in chain order; what else is there is passed over.
 * @throws InputError for a log that is not laid out as its event is.
 */
export function decodeStakes(packed: Uint8Array): Generator<Logged<StakeEvent>> {
  return decodeBy(LAYOUTS, packed);
}

function isOf(topic: Hex, names: readonly StakeEvent["name"][]): boolean {
  return names.some((name) => name === LAYOUTS[topic]?.name);
}
