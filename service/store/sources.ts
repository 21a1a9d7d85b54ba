// SPDX-License-Identifier: AGPL-3.0-only
import type { EventName, Logged, LoggedEvent, StakeEvent } from "../core/chain-event.ts";
import { decodeLogs } from "../core/decode-logs.ts";
import { decodeStakes } from "../core/decode-stakes.ts";
import type { Address } from "../core/types.ts";
import type { Deployment } from "./deployment.ts";
import { InconsistentLogs } from "./inconsistent.ts";

const SOURCES: Record<EventName, "registry" | "market" | "distributor" | "vault"> = {
  ProverRegistered: "registry",
  CommissionChanged: "registry",
  Fulfilled: "market",
  Missed: "market",
  ActiveAssetsChanged: "vault",
  SegmentAdded: "distributor",
  RootPosted: "distributor",
  RootVetoed: "distributor",
  Claimed: "distributor",
};

/** The events in a page's logs that rewards follow from. @throws InputError for a log that is not laid out as its event is. */
export function eventsIn(deployment: Deployment, logs: Uint8Array): LoggedEvent[] {
  return Array.from(decodeLogs(logs)).filter((logged) => isFromItsContract(deployment, logged));
}

/** The same of what shares, votes and standings are followed by: of none, if the page has none. */
export function stakesIn(
  deployment: Deployment,
  stakes: Uint8Array | null | undefined,
): Logged<StakeEvent>[] {
  if (stakes === null || stakes === undefined) return [];
  return Array.from(decodeStakes(stakes)).filter((logged) => stakeCounts(deployment, logged));
}

/** Whether an event comes from the contract that it counts from; of a vault's, the fold knows the vaults. */
export function isFromItsContract(deployment: Deployment, { address, event }: LoggedEvent): boolean {
  const source = SOURCES[event.name];
  return source === "vault" || address === deployment[source];
}

const STAKE_SOURCES: Record<StakeEvent["name"], "registry" | "distributor" | "vault"> = {
  Transfer: "vault",
  ExitPriced: "vault",
  Slashed: "vault",
  Withdraw: "vault",
  ProverStateChanged: "registry",
  RootAttested: "distributor",
  AuditorChanged: "distributor",
};

function stakeCounts(deployment: Deployment, { address, event }: Logged<StakeEvent>): boolean {
  const source = STAKE_SOURCES[event.name];
  return source === "vault" || address === deployment[source];
}

/** The number of a prover. @throws InconsistentLogs if no registration was logged before */
export function proverOf(provers: ReadonlyMap<Address, number>, address: Address, block: number): number {
  const prover = provers.get(address);
  if (prover !== undefined) return prover;
  throw new InconsistentLogs(
    `block ${block}: the registration of prover ${address} is missing from the logs`,
  );
}

/**
 * Likewise of the prover that a vault is of, as far as it was found.
 * @throws InconsistentLogs if no registration was logged before
 */
export function ownerOf(prover: number | undefined, vault: Address, block: number): number {
  if (prover !== undefined) return prover;
  throw new InconsistentLogs(
    `block ${block}: the registration of the prover with vault ${vault} is missing from the logs`,
  );
}
