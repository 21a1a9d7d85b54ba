// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionParameters,
  encodeFunctionData,
  type PublicClient,
  type TransactionReceipt,
} from "viem";
import { type DeliverOptions, deliver } from "./deliver.ts";
import type { Signer } from "./signer.ts";

type Mutability = "nonpayable" | "payable";

/**
 * Calls a contract in a transaction, and waits for the receipt. Simulates first, so that what the contract would
 * refuse is never sent.
 * @throws what the contract refuses; ChainError if the call reverts all the same, or is not mined in time
 */
export async function transact<
  const abi extends Abi,
  name extends ContractFunctionName<abi, Mutability>,
  const args extends ContractFunctionArgs<abi, Mutability, name>,
>(
  client: PublicClient,
  signer: Signer,
  parameters: ContractFunctionParameters<abi, Mutability, name, args>,
  options: DeliverOptions,
): Promise<TransactionReceipt> {
  // The caller's types are checked above; viem's own do not follow through a second generic function.
  const call = parameters as ContractFunctionParameters;
  const simulate = () => client.simulateContract({ ...call, account: signer.account });
  return deliver(client, signer, { to: call.address, data: encodeFunctionData(call) }, simulate, options);
}
