// SPDX-License-Identifier: AGPL-3.0-only
import { concatHex, encodeAbiParameters, keccak256, numberToHex } from "viem";
import { InputError } from "../../core/errors.ts";
import type { Address, Hex } from "../../core/types.ts";

/** What one prover is set, in wei. */
export interface SetReward {
  readonly prover: Address;
  readonly amount: bigint;
}

export interface OutputEpoch {
  readonly epoch: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** One call of setRewards. */
export interface Chunk {
  readonly rewards: readonly SetReward[];
  readonly output: Hex;
}

const MAX_UINT128 = (1n << 128n) - 1n;
/** What setRewards takes: a base, and for each prover a slot that is written and a log. Gas of a local chain, rounded up. */
const GAS = { base: 120_000n, prover: 32_000n };

const GAS_LIMIT = 8_000_000n;

/** How many provers one call takes, of what a block lets a transaction use. */
export const MOST_IN_A_CHUNK = Number((GAS_LIMIT - GAS.base) / GAS.prover);

/**
 * SPEC 14.5: an epoch's amounts, in wei, as EpochRewards takes them, by ascending address, those above 0 alone, in as
 * many calls as the gas of each allows. Each has a header of its own.
 * @throws InputError for an amount that EpochRewards has no room for, or gas that is not enough for one prover
 */
export function chunksOf(
  epoch: OutputEpoch,
  rewards: readonly SetReward[],
  gasLimit: bigint = GAS_LIMIT,
): Chunk[] {
  const paid = rewards.filter(({ amount }) => amount > 0n).sort((a, b) => (a.prover < b.prover ? -1 : 1));
  for (const { prover, amount } of paid) {
    if (amount > MAX_UINT128) {
      throw new InputError("out-of-range", "amount", `${prover} would be set ${amount}`, "lower the budget");
    }
  }
  const size = Number((gasLimit - GAS.base) / GAS.prover);
  if (size < 1) {
    throw new InputError("out-of-range", "gas", `${gasLimit} is not enough for one prover`, "allow more");
  }
  const chunks: Chunk[] = [];
  for (let i = 0; i < paid.length; i += size) {
    chunks.push(chunkOf(epoch, paid.slice(i, i + size)));
  }
  return chunks;
}

/** One call's amounts, in wei and by ascending address, with its bytes. */
export function chunkOf(epoch: OutputEpoch, rewards: readonly SetReward[]): Chunk {
  return { rewards, output: outputOf(epoch, rewards) };
}

/** epoch (4 bytes) ‖ start (8) ‖ end (8) ‖ for each prover address (20) ‖ amount (16), big-endian. */
function outputOf({ epoch, start, end }: OutputEpoch, rewards: readonly SetReward[]): Hex {
  return concatHex([
    numberToHex(epoch, { size: 4 }),
    numberToHex(start, { size: 8 }),
    numberToHex(end, { size: 8 }),
    ...rewards.flatMap(({ prover, amount }) => [prover, numberToHex(amount, { size: 16 })]),
  ]);
}

/** keccak256 of all chunks' bytes, one after the other: what an attestation is of. */
export function outputHash(chunks: readonly Chunk[]): Hex {
  return keccak256(chunks.length === 0 ? "0x" : concatHex(chunks.map(({ output }) => output)));
}

/** What EpochRewards is given for a proof where its proof contract is of the simple kind, which proves nothing. */
export function simpleProof(output: Hex, vkHash: Hex): Hex {
  return encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [keccak256(output), vkHash]);
}
