// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256, toHex } from "viem";

/** The order of BN254's scalar field, in which circuit and hash compute. */
export const FIELD_ORDER =
  21_888_242_871_839_275_222_246_405_745_257_275_088_548_364_400_416_034_343_698_204_186_575_808_495_617n;

const ROUNDS = 110;

/** keccak256 of "provender.devzk.mimc.0" and so on, modulo the field's order. */
export const ROUND_CONSTANTS: readonly bigint[] = Array.from(
  { length: ROUNDS },
  (_, round) => BigInt(keccak256(toHex(`provender.devzk.mimc.${round}`))) % FIELD_ORDER,
);

/** `plain` enciphered under `key`, with both added to it: a one-way function of two values. */
export function hash(key: bigint, plain: bigint): bigint {
  let state = plain;
  for (const constant of ROUND_CONSTANTS) {
    const sum = (state + key + constant) % FIELD_ORDER;
    const square = (sum * sum) % FIELD_ORDER;
    state = (((square * square) % FIELD_ORDER) * sum) % FIELD_ORDER;
  }
  return (state + 2n * key + plain) % FIELD_ORDER;
}
