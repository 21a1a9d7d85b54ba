// SPDX-License-Identifier: AGPL-3.0-only
import type { Chain } from "../../chain/client.ts";
import type { Address, Hex } from "../../core/types.ts";
import type { OpenDatabase } from "../../epoch/sources.ts";
import type { Contracts } from "./open.ts";

export interface ProverNetSources extends OpenDatabase {
  readonly chain: Chain;
  readonly contracts: Contracts;
  /** keccak256 of the code that may run, by address; empty until a first sync is through. */
  readonly pins: ReadonlyMap<Address, Hex>;
  readonly witness: Witness;
}

/** Which views the last check found, by their names. */
export interface Witness {
  readonly answered: Set<string>;
  readonly unanswered: Set<string>;
  /** What they say otherwise than the logs, where no amount follows from it. */
  readonly contradicted: Set<string>;
}

/** Before anything was asked. */
export const newWitness = (): Witness => ({
  answered: new Set(),
  unanswered: new Set(),
  contradicted: new Set(),
});
