// SPDX-License-Identifier: AGPL-3.0-only
import { type Account, type PublicClient, size } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { ChainError } from "./errors.ts";
import type { Call } from "./sending.ts";

/** Gas is estimated for the state that is known; what is mined meanwhile may add a little. */
const MARGIN = 4n;
/** EIP-7825: no transaction may use more, and none of ours comes near. */
const MOST = 2n ** 24n;
const BASE = 21_000n;
/** The least that a byte of calldata costs: EIP-2028, for zeros. */
const BYTE = 4n;

export interface GasLimit {
  /** What the call is estimated to use. */
  readonly estimate: bigint;
  /** What a transaction of it offers. */
  readonly gas: bigint;
}

/**
 * How much gas a call is given: what is estimated, and a quarter. An estimate that no transaction can have is refused
 * before anything is written down.
 *
 * @throws ChainError `inconsistent` where the estimate is impossible.
 */
export async function gasFor(
  client: PublicClient,
  call: Call,
  account: Account | Address,
): Promise<GasLimit> {
  const [estimate, { gasLimit }] = await Promise.all([
    client.estimateGas({ ...call, account, blockTag: "latest" }),
    client.getBlock(),
  ]);
  const gas = estimate + estimate / MARGIN;
  if (isPossible(call.data, estimate, gas, gasLimit)) return { estimate, gas };
  throw new ChainError(
    "inconsistent",
    `the call is estimated to use ${estimate} gas, which no such transaction can: nothing was sent`,
    "the endpoint's estimate is wrong: run it again, or name another endpoint",
  );
}

function isPossible(data: Hex, estimate: bigint, gas: bigint, blockLimit: bigint): boolean {
  const least = BASE + BYTE * BigInt(size(data));
  return estimate >= least && gas <= MOST && gas <= blockLimit;
}
