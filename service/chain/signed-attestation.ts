// SPDX-License-Identifier: AGPL-3.0-only
import { parseAbiParameters } from "viem";
import type { Address, Hex, PostContent } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import type { Signer } from "./signer.ts";

/** An auditor's signed yes, which anybody may bring to the distributor. */
export interface SignedAttestation {
  readonly post: PostContent;
  readonly auditor: Address;
  readonly signature: Hex;
}

const NAME = "Provender RewardDistributor";
const ATTESTATION = parseAbiParameters(
  "uint256 epoch, uint256 postNumber, bytes32 root, uint256 cumulativeTotal, bytes32 datasetHash, uint256 snapshotBlock, bytes32 snapshotHash",
);

/**
 * Signs a post as EIP-712 typed data of version 2, for anybody to bring to the distributor.
 * @throws what the signer does
 */
export async function signAttestation(
  signer: Signer,
  distributor: Address,
  post: PostContent,
): Promise<SignedAttestation> {
  const signature = await signer.signTyped({
    domain: { name: NAME, version: "2", chainId: Number(signer.chainId), verifyingContract: distributor },
    types: { Attestation: ATTESTATION.map(({ name, type }) => ({ name, type })) },
    primaryType: "Attestation",
    message: { ...post },
  });
  return { post, auditor: signer.address, signature };
}

/** The call that brings several of one post to the distributor. */
export function signedAttestationsCall(
  distributor: Address,
  post: PostContent,
  attestations: readonly Pick<SignedAttestation, "auditor" | "signature">[],
) {
  const args = [post, attestations] as const;
  const contract = { address: distributor, abi: iRewardDistributorAbi } as const;
  return { ...contract, functionName: "attestBySignatures", args } as const;
}
