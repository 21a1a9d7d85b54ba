// SPDX-License-Identifier: AGPL-3.0-only
import { type PublicClient, parseAbiParameters, type TransactionReceipt } from "viem";
import type { Address, Hex, PostContent } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import type { DeliverOptions } from "./deliver.ts";
import type { Signer } from "./signer.ts";
import { transact } from "./transact.ts";

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

/** All of one post, in one transaction. */
export async function sendSignedAttestations(
  client: PublicClient,
  distributor: Address,
  signer: Signer,
  post: PostContent,
  attestations: readonly Pick<SignedAttestation, "auditor" | "signature">[],
  options: DeliverOptions,
): Promise<TransactionReceipt> {
  const args = [post, attestations] as const;
  const contract = { address: distributor, abi: iRewardDistributorAbi } as const;
  return transact(client, signer, { ...contract, functionName: "attestBySignatures", args }, options);
}
