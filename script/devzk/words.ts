// SPDX-License-Identifier: AGPL-3.0-only
import { concat, encodeAbiParameters, keccak256, numberToHex } from "viem";

type Hex = `0x${string}`;

/** A point of G1 as snarkjs writes it: affine coordinates, then 1. */
export type G1 = readonly [x: string, y: string, z: string];
/** A point of G2: each coordinate as its real and its imaginary part. */
export type G2 = readonly [
  x: readonly [string, string],
  y: readonly [string, string],
  z: readonly [string, string],
];

const BASE_FIELD = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;

const g1 = ([x, y]: G1) => [BigInt(x), BigInt(y)];
/** The precompile wants imaginary parts first. */
const g2 = ([[xRe, xIm], [yRe, yIm]]: G2) => [BigInt(xIm), BigInt(xRe), BigInt(yIm), BigInt(yRe)];
const negated = (point: G2) => g2(point).map((part, i) => (i < 2 || part === 0n ? part : BASE_FIELD - part));
const hex = (values: readonly bigint[]) => values.map((value) => numberToHex(value, { size: 32 }));

export interface SnarkjsKey {
  readonly vk_alpha_1: G1;
  readonly vk_beta_2: G2;
  readonly vk_gamma_2: G2;
  readonly vk_delta_2: G2;
  readonly IC: readonly G1[];
}

/** A verifying key as the words that contracts/Groth16Verifier.sol is built with. */
export function keyWords(key: SnarkjsKey): Hex[] {
  const points = [g1(key.vk_alpha_1), ...[key.vk_beta_2, key.vk_gamma_2, key.vk_delta_2].map(negated)];
  return hex([...points, ...key.IC.map(g1)].flat());
}

export function keyHash(words: readonly Hex[]): Hex {
  return keccak256(
    encodeAbiParameters(
      words.map(() => ({ type: "bytes32" })),
      [...words],
    ),
  );
}

export interface SnarkjsProof {
  readonly pi_a: G1;
  readonly pi_b: G2;
  readonly pi_c: G1;
}

/** A zk proof as the bytes that the verifier reads. */
export function proofBytes({ pi_a, pi_b, pi_c }: SnarkjsProof): Hex {
  return concat(hex([g1(pi_a), g2(pi_b), g1(pi_c)].flat()));
}
