// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Address,
  type ContractFunctionParameters,
  concat,
  encodeFunctionData,
  getContractError,
  type Hex,
  numberToHex,
  type PublicClient,
  pad,
  size,
} from "viem";
import { asChainError, ChainError, isAnswered } from "./errors.ts";

/**
 * Code that, run at the sender's own address, makes one call after the other of what it is called with (receiver, length
 * and data of each), and returns 1. It reverts with what the first that fails reverts with. `eth_simulateV1` would need
 * no code of ours: but several nodes and gateways lack it, where state overrides of eth_call are old, and it answers with
 * blocks, in whose fields honest endpoints differ.
 */
const CALL_ALL: Hex = concat([
  "0x60005b36811015602f57", // from = 0; while (from < calldatasize)
  "0x8060200135", // the length of its data
  "0x8082604001600037", // copy that to 0
  "0x60006000826000600086355af1", // call
  "0x15603a57", // failed?
  "0x01604001600256", // from += 64 + length; next
  "0x5b600160005260206000f3", // return 1
  "0x5b3d600060003e3d6000fd", // revert with what it reverted with
]);

/**
 * Makes calls one after the other, each on top of those before, in calls that change nothing; no value goes with them.
 * @returns how many of them the endpoint could simulate: all, or one where it takes no state override
 * @throws what the contract refuses first, as simulating that call alone would
 */
export async function simulateAll(
  client: PublicClient,
  sender: Address,
  calls: readonly ContractFunctionParameters[],
): Promise<number> {
  const [first, ...others] = calls;
  if (first === undefined) return 0;
  await client.simulateContract({ ...first, account: sender });
  let done = encoded(first);
  for (const call of others) {
    done = concat([done, encoded(call)]);
    if (!(await passes(client, sender, done, call))) return 1;
  }
  return calls.length;
}

function encoded(call: ContractFunctionParameters): Hex {
  const data = encodeFunctionData(call);
  return concat([pad(call.address), numberToHex(size(data), { size: 32 }), data]);
}

/** False where the endpoint cannot say. */
async function passes(
  client: PublicClient,
  sender: Address,
  data: Hex,
  last: ContractFunctionParameters,
): Promise<boolean> {
  try {
    const stateOverride = [{ address: sender, code: CALL_ALL }];
    const { data: returned } = await client.call({ to: sender, data, stateOverride });
    return returned !== undefined;
  } catch (cause) {
    const error = getContractError(cause as Error & { name: string }, { ...last, sender } as never);
    if (isAnswered(error)) throw error;
    const known = asChainError(cause);
    if (known instanceof ChainError && known.code !== "refused") throw known;
    return false;
  }
}
