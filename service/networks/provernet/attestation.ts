// SPDX-License-Identifier: AGPL-3.0-only
import { recoverTypedDataAddress, type TypedDataDefinition } from "viem";
import type { Signer } from "../../chain/signer.ts";
import { lower } from "../../chain/system.ts";
import { InputError } from "../../core/errors.ts";
import { asAddress, asCount, asDecimal, asHash, asRecord } from "../../core/guard.ts";
import type { Address, Hex } from "../../core/types.ts";

/** What an auditor signs of an epoch before it is set: EpochRewards itself asks nobody. */
export interface EpochAttestation {
  readonly chainId: bigint;
  readonly epochRewards: Address;
  readonly epoch: number;
  readonly datasetHash: Hex;
  readonly outputHash: Hex;
}

export interface SignedEpochAttestation extends EpochAttestation {
  readonly auditor: Address;
  readonly signature: Hex;
}

const SCHEMA = "provender.epoch-rewards-attestation/1";
const KEYS = [
  ...["auditor", "chainId", "datasetHash", "epoch", "epochRewards", "outputHash", "schema", "signature"],
];

function typedData({ chainId, epochRewards, ...message }: EpochAttestation): TypedDataDefinition {
  return {
    domain: { name: "Provender", version: "1", chainId: Number(chainId), verifyingContract: epochRewards },
    types: {
      EpochRewardsAttestation: [
        { name: "epoch", type: "uint32" },
        { name: "datasetHash", type: "bytes32" },
        { name: "outputHash", type: "bytes32" },
      ],
    },
    primaryType: "EpochRewardsAttestation",
    message: { epoch: message.epoch, datasetHash: message.datasetHash, outputHash: message.outputHash },
  };
}

/**
 * Signs dataset and output of an epoch as EIP-712 typed data of the EpochRewards contract.
 * @throws what the signer does
 */
export async function signEpoch(
  signer: Pick<Signer, "address" | "signTyped">,
  attestation: EpochAttestation,
): Promise<SignedEpochAttestation> {
  const signature = await signer.signTyped(typedData(attestation));
  return { ...attestation, auditor: signer.address, signature };
}

/** The file that `attestationFrom` reads. */
export function attestationText({ chainId, ...rest }: SignedEpochAttestation): string {
  return `${JSON.stringify({ schema: SCHEMA, chainId: String(chainId), ...rest }, null, 2)}\n`;
}

/** @throws InputError for what is no such file */
export function attestationFrom(json: unknown): SignedEpochAttestation {
  const record = asRecord(json, "attestation", KEYS);
  if (record.schema !== SCHEMA) {
    throw new InputError("invalid", "attestation.schema", "another schema", `this release reads ${SCHEMA}`);
  }
  const { signature } = record;
  if (typeof signature !== "string" || !/^0x([0-9a-f]{2})+$/i.test(signature)) {
    throw new InputError("invalid", "attestation.signature", "no signature", "sign again");
  }
  return {
    chainId: asDecimal(record.chainId, "attestation.chainId"),
    epochRewards: asAddress(record.epochRewards, "attestation.epochRewards"),
    epoch: asCount(record.epoch, "attestation.epoch", 2 ** 32 - 1),
    datasetHash: asHash(record.datasetHash, "attestation.datasetHash"),
    outputHash: asHash(record.outputHash, "attestation.outputHash"),
    auditor: asAddress(record.auditor, "attestation.auditor"),
    signature: signature as Hex,
  };
}

/** The auditors of `named`, each once, that signed exactly this. */
export async function attestedBy(
  wanted: EpochAttestation,
  named: readonly Address[],
  given: readonly SignedEpochAttestation[],
): Promise<Address[]> {
  const signed = new Set<Address>();
  for (const { signature } of given) {
    // What a signature is of is what is wanted: whatever else its file says does not matter.
    const auditor = await recoverTypedDataAddress({ ...typedData(wanted), signature } as never).catch(
      () => undefined,
    );
    if (auditor !== undefined && named.includes(lower(auditor))) signed.add(lower(auditor));
  }
  return [...signed];
}
