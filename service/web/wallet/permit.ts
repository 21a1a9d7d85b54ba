// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Client, domainSeparator, erc20Abi, type TypedDataDomain } from "viem";
import { getCode, readContract, signTypedData } from "viem/actions";
import { PERMIT_TYPES, type Permit, permitAbi, permitOf } from "../../chain/permit.ts";

export interface Permitting {
  readonly domain: TypedDataDomain;
  readonly nonce: bigint;
}

/**
 * What a permit of this token is signed over; undefined where it has none as this page knows them (EIP-2612, version
 * 1), or where the owner is a contract, which signs otherwise.
 */
export async function permitting(
  client: Client,
  { token, owner, chainId }: { token: Address; owner: Address; chainId: number },
): Promise<Permitting | undefined> {
  try {
    const [name, nonce, separator, code] = await Promise.all([
      readContract(client, { address: token, abi: erc20Abi, functionName: "name" }),
      readContract(client, { address: token, abi: permitAbi, functionName: "nonces", args: [owner] }),
      readContract(client, { address: token, abi: permitAbi, functionName: "DOMAIN_SEPARATOR" }),
      getCode(client, { address: owner }),
    ]);
    // An account that delegates to code (EIP-7702) signs as before.
    if (code !== undefined && !code.startsWith("0xef0100")) return undefined;
    const domain = { name, version: "1", chainId, verifyingContract: token };
    return domainSeparator({ domain }) === separator ? { domain, nonce } : undefined;
  } catch {
    return undefined;
  }
}

/** Asks the wallet for a permit over exactly `value`, until `deadline`. */
export async function signPermit(
  wallet: Client,
  { domain, nonce }: Permitting,
  terms: {
    readonly owner: Address;
    readonly spender: Address;
    readonly value: bigint;
    readonly deadline: bigint;
  },
): Promise<Permit> {
  const signature = await signTypedData(wallet, {
    ...{
      account: terms.owner,
      domain,
      types: PERMIT_TYPES,
      primaryType: "Permit",
      message: { ...terms, nonce },
    },
  });
  return permitOf(signature, terms.deadline);
}
