// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, parseAbi, parseSignature } from "viem";

/** What a token says of its permits (EIP-2612); not each has a version. */
export const permitAbi = parseAbi([
  "function nonces(address owner) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function version() view returns (string)",
]);

/** What an owner signs. */
export const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

/** As contracts take it. */
export interface Permit {
  readonly deadline: bigint;
  readonly v: number;
  readonly r: Hex;
  readonly s: Hex;
}

/** A signature in parts, with `v` as 27 or 28; the deadline in seconds. */
export function permitOf(signature: Hex, deadline: bigint): Permit {
  const { r, s, v, yParity } = parseSignature(signature);
  return { deadline, r, s, v: Number(v ?? BigInt(yParity) + 27n) };
}
