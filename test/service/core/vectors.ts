// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { encodeCanonical, type Json } from "../../../service/core/canonical.ts";
import { EMPTY_ACCUMULATOR } from "../../../service/core/ids.ts";
import { parsePolicy } from "../../../service/core/policy.ts";
import type {
  Address,
  EpochInput,
  Hex,
  LeafEntry,
  Policy,
  ProverInput,
  Row,
} from "../../../service/core/types.ts";

export function readVectors<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../fixtures/vectors/${name}.json`, import.meta.url), "utf8"),
  ) as T;
}

export interface CanonicalVectors {
  values: { name: string; value: Json; bytes: Hex }[];
  refused: { name: string; bytes: Hex }[];
}

export interface RateVectors {
  distributor: Address;
  rates: {
    name: string;
    changes: { source: Address; bps: number; announcedAt: string; effectiveAt: string }[];
    at: { time: string; bps: number; why: string }[];
  }[];
}

export interface WindowVectors {
  clockStart: string;
  epochLength: string;
  bounds: { epoch: number; start: string; end: string }[];
  epochs: { timestamp: string; epoch: number }[];
  snapshots: { name: string; timestamps: number[]; epoch: number; snapshot: number }[];
}

export interface PolicyVectors {
  policies: { name: string; canonical: string; hash: Hex }[];
  refused: { name: string; field: string; policy: Json }[];
  notCanonical: { name: string; text: string }[];
  unrunnable: { name: string; text: string; later: boolean }[];
}

export interface StakeVectors {
  start: string;
  end: string;
  stakes: { name: string; points: StakeVectorPoint[]; stake: string }[];
  broken: { name: string; points: StakeVectorPoint[]; at: number }[];
}

interface StakeVectorPoint {
  active: string;
  time: string;
  rollingHash: Hex;
}

interface JsonLeaf {
  prover: Address;
  cumulative: string;
  cumulativeCommission: string;
}

interface EpochVectors {
  common: {
    chainId: string;
    distributor: Address;
    snapshot: { number: string; hash: Hex };
    start: string;
    end: string;
    accumulator: Hex;
  };
  epochs: {
    name: string;
    input: {
      epoch: number;
      budget: string;
      carry: string;
      policy: Json;
      previous: { root: Hex; total: string; leaves: JsonLeaf[]; claimedAt?: string };
      misses: { prover: Address; deadlineEpoch: number; requestId: Hex }[];
      provers: Record<string, string & number>[];
    };
    expected: {
      rows: (JsonLeaf & { amount: string; commission: string; limitedBy: Row["limitedBy"] })[];
      added: string;
      total: string;
      carry: string;
      dropped: string;
      root: Hex;
      datasetHash: Hex;
    };
  }[];
}

export interface EpochVector {
  readonly name: string;
  readonly input: EpochInput;
  readonly expected: EpochVectors["epochs"][number]["expected"];
}

export const epochVectors: readonly EpochVector[] = (({ common, epochs }: EpochVectors) =>
  epochs.map(({ name, input, expected }) => {
    const provers = input.provers.map((prover) => ({
      ...prover,
      ...Object.fromEntries(
        ["work", "stake", "fees", "protocolFees"].map((key) => [key, BigInt(prover[key] ?? "")]),
      ),
    })) as unknown as ProverInput[];
    const { claimedAt } = input.previous;
    const count = provers.reduce((sum, prover) => sum + prover.fulfilments, 0);
    return {
      name,
      expected,
      input: {
        chainId: BigInt(common.chainId),
        distributor: common.distributor,
        epoch: input.epoch,
        start: BigInt(common.start),
        end: BigInt(common.end),
        snapshot: { number: BigInt(common.snapshot.number), hash: common.snapshot.hash },
        budget: BigInt(input.budget),
        carry: BigInt(input.carry),
        policy: readPolicy(input.policy),
        previous: {
          root: input.previous.root,
          total: BigInt(input.previous.total),
          leaves: input.previous.leaves.map(leafOf),
          claimedAt: claimedAt === undefined ? undefined : BigInt(claimedAt),
        },
        fulfilments: { count, accumulator: count === 0 ? EMPTY_ACCUMULATOR : common.accumulator },
        misses: input.misses,
        provers,
      },
    };
  }))(readVectors<EpochVectors>("epochs"));

export function epochVector(name: string): EpochVector {
  const vector = epochVectors.find((candidate) => candidate.name === name);
  if (vector === undefined) throw new Error(`no vector named ${name}`);
  return vector;
}

export function leafOf(leaf: JsonLeaf): LeafEntry {
  return {
    prover: leaf.prover,
    cumulative: BigInt(leaf.cumulative),
    cumulativeCommission: BigInt(leaf.cumulativeCommission),
  };
}

function readPolicy(json: Json): Policy {
  return parsePolicy(encodeCanonical(json));
}
