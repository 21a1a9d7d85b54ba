// SPDX-License-Identifier: AGPL-3.0-only
import { stringToBytes } from "viem";
import type { Address, CampaignWork, EpochInput, Hex, Miss, ProverInput } from "../core/types.ts";
import { canonicalText, isList, isObject, type JsonObject, type JsonValue } from "./json.ts";
import { readPolicy } from "./policy.ts";

/** What an artifact says that it was computed from; undefined if it does not say so in the way that artifacts do. */
export function readInput(artifact: JsonObject): EpochInput | undefined {
  try {
    return inputIn(artifact);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

class Malformed extends Error {}

function inputIn(artifact: JsonObject): EpochInput {
  const window = object(artifact.window);
  const snapshot = object(artifact.snapshot);
  const fulfilments = object(artifact.fulfilments);
  const rows = list(artifact.rows).map(object);
  const policy = readPolicy(stringToBytes(canonicalText(object(artifact.policy))));
  if (policy === undefined) throw new Malformed();
  return {
    chainId: amount(artifact.chainId),
    distributor: hex(artifact.distributor, 20),
    epoch: count(artifact.epoch),
    start: amount(window.start),
    end: amount(window.end),
    snapshot: { number: amount(snapshot.number), hash: hex(snapshot.hash, 32) },
    budget: amount(artifact.budget),
    carry: amount(artifact.carryIn),
    policy,
    previous: {
      root: hex(artifact.previousRoot, 32),
      total: amount(artifact.previousTotal),
      leaves: rows.map(leafBefore).filter(({ cumulative }) => cumulative > 0n),
      ...(artifact.claimedAt !== null && { claimedAt: amount(artifact.claimedAt) }),
    },
    fulfilments: { count: count(fulfilments.count), accumulator: hex(fulfilments.accumulator, 32) },
    misses: list(artifact.misses).map((miss): Miss => {
      const { prover, deadlineEpoch, requestId } = object(miss);
      return {
        prover: hex(prover, 20),
        deadlineEpoch: count(deadlineEpoch),
        requestId: hex(requestId, 32),
      };
    }),
    provers: rows.map(proverIn),
  };
}

function proverIn(row: JsonObject): ProverInput {
  return {
    prover: hex(row.prover, 20),
    vault: hex(row.vault, 20),
    work: amount(row.work),
    stake: amount(row.stake),
    fulfilments: count(row.fulfilments),
    misses: count(row.misses),
    fees: amount(row.fees),
    protocolFees: amount(row.protocolFees),
    commissionBps: count(row.commissionBps),
    ...(row.campaigns !== undefined && { campaigns: list(row.campaigns).map(object).map(campaignIn) }),
  };
}

function campaignIn(row: JsonObject): CampaignWork {
  return {
    campaign: count(row.campaign),
    fulfilments: count(row.fulfilments),
    work: amount(row.work),
    fees: amount(row.fees),
    countedFees: amount(row.countedFees),
    protocolFees: amount(row.protocolFees),
  };
}

function leafBefore(row: JsonObject) {
  return {
    prover: hex(row.prover, 20),
    cumulative: amount(row.cumulative) - amount(row.amount),
    cumulativeCommission: amount(row.cumulativeCommission) - amount(row.commission),
  };
}

function object(value: JsonValue | undefined): JsonObject {
  if (!isObject(value)) throw new Malformed();
  return value;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  if (!isList(value)) throw new Malformed();
  return value;
}

function amount(value: JsonValue | undefined): bigint {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,77})$/.test(value)) throw new Malformed();
  return BigInt(value);
}

function count(value: JsonValue | undefined): number {
  if (typeof value !== "number" || value < 0) throw new Malformed();
  return value;
}

function hex(value: JsonValue | undefined, bytes: 20 | 32): Hex & Address {
  if (typeof value !== "string" || !/^0x([0-9a-f]{2})+$/.test(value)) throw new Malformed();
  if (value.length !== 2 + 2 * bytes) throw new Malformed();
  return value as Hex;
}
