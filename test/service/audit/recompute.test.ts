// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { keccakOf } from "../../../service/audit/hash.ts";
import { artifactBytes, recompute } from "../../../service/audit/recompute.ts";
import { domainFor, leafFor, rootFor } from "../../../service/audit/tree.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import { epochVector, epochVectors, leafOf, readVectors } from "../core/vectors.ts";

describe("the auditor rebuilds the epochs worked by hand", () => {
  it.each(epochVectors.map((vector) => [vector.name, vector] as const))("%s", (_, { input, expected }) => {
    const result = recompute(input);
    expect(
      result.rows.map((row) => ({
        prover: row.prover,
        amount: String(row.amount),
        commission: String(row.commission),
        limitedBy: row.limitedBy,
        cumulative: String(row.cumulative),
        cumulativeCommission: String(row.cumulativeCommission),
      })),
    ).toEqual(expected.rows);
    expect({
      added: String(result.added),
      total: String(result.total),
      carry: String(result.carryOut),
      dropped: String(result.dropped),
      root: result.root,
    }).toEqual({
      added: expected.added,
      total: expected.total,
      carry: expected.carry,
      dropped: expected.dropped,
      root: expected.root,
    });
    const bytes = artifactBytes(input, result);
    expect(keccakOf(bytes)).toBe(expected.datasetHash);
  });
});

describe("the auditor rebuilds the artifacts, byte for byte", () => {
  const { artifacts } = readVectors<{ artifacts: { name: string; canonical: string }[] }>("artifacts");
  it.each(artifacts.map(({ name, canonical }) => [name, canonical]))("%s", (name, canonical) => {
    const { input, expected } = epochVector(name);
    const bytes = artifactBytes(input, recompute(input));
    expect(Buffer.from(bytes).toString()).toBe(canonical);
    expect(keccakOf(Buffer.from(canonical))).toBe(expected.datasetHash);
  });
});

interface TreeVectors {
  chainId: string;
  distributor: Address;
  domain: Hex;
  trees: {
    count: number;
    root: Hex;
    leaves: { prover: Address; cumulative: string; cumulativeCommission: string; leaf: Hex }[];
  }[];
}

describe("the auditor rebuilds the trees", () => {
  const vectors = readVectors<TreeVectors>("trees");
  it("has their domain", () => {
    expect(domainFor(BigInt(vectors.chainId), vectors.distributor)).toBe(vectors.domain);
  });
  it.each(vectors.trees.map((tree) => [tree.count, tree] as const))("of %i leaves", (_, tree) => {
    const leaves = tree.leaves.map(leafOf);
    expect(leaves.map((leaf) => leafFor(vectors.domain, leaf))).toEqual(tree.leaves.map(({ leaf }) => leaf));
    expect(rootFor(vectors.domain, leaves.reverse())).toBe(tree.root);
  });
  it("of no leaves: the domain", () => {
    expect(rootFor(vectors.domain, [])).toBe(vectors.domain);
  });
});
