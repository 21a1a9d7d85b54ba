// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Address,
  type Client,
  type ContractFunctionArgs,
  type ContractFunctionReturnType,
  concat,
  encodeAbiParameters,
} from "viem";
import { readContract } from "viem/actions";
import { iProvenderLensAbi } from "../../chain/abi.ts";

/** The contracts that are read. */
export interface Contracts {
  readonly distributor: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly lens: Address | undefined;
}

type LensName = "system" | "prover" | "provers" | "exits";

/** Asks the lens where it is, or, if nobody knows, as if it were deployed within the call. */
export async function readLens<const Name extends LensName>(
  client: Client,
  { lens, distributor }: Pick<Contracts, "lens" | "distributor">,
  functionName: Name,
  args: ContractFunctionArgs<typeof iProvenderLensAbi, "view", Name>,
  blockNumber?: bigint,
): Promise<ContractFunctionReturnType<typeof iProvenderLensAbi, "view", Name>> {
  const call = {
    abi: iProvenderLensAbi,
    functionName,
    args,
    ...(blockNumber !== undefined && { blockNumber }),
  };
  if (lens !== undefined) return readContract(client, { ...call, address: lens } as never) as never;
  const { lensCode } = await import("virtual:lens-code");
  const code = concat([lensCode, encodeAbiParameters([{ type: "address" }], [distributor])]);
  return readContract(client, { ...call, code } as never) as never;
}
