// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, erc20Abi, type PublicClient, parseAbi } from "viem";
import { asChainError, ChainError } from "../chain/errors.ts";
import { requireThat } from "./json-fields.ts";

const DECIMALS = 18;
/** Amounts are kept in 96 bits. */
const SUPPLY_LIMIT = 2n ** 96n;

/**
 * Of a staking token that exists: code, decimals and supply.
 * @throws DeployConfigError if one of them is not what it must be
 */
export async function checkToken(client: PublicClient, address: Address): Promise<void> {
  const code = await client.getCode({ address });
  requireThat(code !== undefined, "token", "has no code on this chain");
  const [decimals, supply] = await Promise.all([
    answerOf(client.readContract({ address, abi: erc20Abi, functionName: "decimals" })),
    answerOf(client.readContract({ address, abi: erc20Abi, functionName: "totalSupply" })),
  ]);
  requireThat(decimals !== undefined, "token", "does not say its decimals");
  requireThat(decimals === DECIMALS, "token", `does not have ${DECIMALS} decimals`);
  requireThat(supply !== undefined, "token", "does not say its supply");
  requireThat(supply < SUPPLY_LIMIT, "token", "has a supply of 2^96 wei or more");
}

const STAKING_TOKEN_ABI = parseAbi(["function stakingToken() view returns (address)"]);

/**
 * The token of a network whose contracts stand already.
 * @throws DeployConfigError if the controller does not name one
 */
export async function stakingTokenOf(client: PublicClient, controller: Address): Promise<Address> {
  const asked = client.readContract({
    address: controller,
    abi: STAKING_TOKEN_ABI,
    functionName: "stakingToken",
  });
  const token = await answerOf(asked);
  requireThat(token !== undefined, "stakingController", "does not say its stakingToken()");
  return token;
}

/** Undefined if the contract gives none. */
async function answerOf<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (cause) {
    const error = asChainError(cause);
    if (error instanceof ChainError && error.code === "unreachable") throw error;
    return undefined;
  }
}
