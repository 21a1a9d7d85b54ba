// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Address,
  type Client,
  domainSeparator,
  erc20Abi,
  parseAbi,
  parseSignature,
  type TypedDataDomain,
} from "viem";
import { getCode, readContract, signTypedData } from "viem/actions";
import type { Permit } from "./calls.ts";

const PERMIT_ABI = parseAbi([
  "function nonces(address owner) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
]);
const TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

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
      readContract(client, { address: token, abi: PERMIT_ABI, functionName: "nonces", args: [owner] }),
      readContract(client, { address: token, abi: PERMIT_ABI, functionName: "DOMAIN_SEPARATOR" }),
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
    ...{ account: terms.owner, domain, types: TYPES, primaryType: "Permit", message: { ...terms, nonce } },
  });
  const { r, s, v, yParity } = parseSignature(signature);
  return { deadline: terms.deadline, r, s, v: Number(v ?? BigInt(yParity) + 27n) };
}
