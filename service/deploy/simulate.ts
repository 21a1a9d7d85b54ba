// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type Address,
  concat,
  decodeErrorResult,
  type Hex,
  hexToBigInt,
  hexToBytes,
  numberToHex,
  type PublicClient,
  size,
  slice,
} from "viem";
import { asChainError, ChainError } from "../chain/errors.ts";
import type { ReadArtifact } from "./artifacts.ts";
import type { Step } from "./plan.ts";

/** Gas of a transaction, besides what its creation takes inside. */
const BASE_GAS = 21_000n;
const ZERO_BYTE_GAS = 4n;
const BYTE_GAS = 16n;

/**
 * Code that, run at the deployer's own address, creates one contract after the other of what it is called with (length
 * and creation code of each) and returns address and gas of each. A creation that fails ends it: a word of 0 and what
 * the constructor reverted with come last.
 */
const CREATE_ALL: Hex = concat([
  "0x6040602052", // mem[0] is where to read on in the call's data; mem[32] where to write on, from 64
  "0x5b366000511015605357", // while (mem[0] < calldatasize)
  "0x60005135806000516020016201000037", // copy the creation code to 65536
  "0x8060200160005101600052", // mem[0] += 32 + its length
  "0x5a90620100006000f05a", // create it; gas before and after
  "0x8115605d57", // failed?
  "0x9060205152900360205160200152", // write address and gas
  "0x602051604001602052600556", // mem[32] += 64; next
  "0x5b6040602051036040f3", // return what was written
  "0x5b3d60006020516020013e60203d60205101036040f3", // return it, a word of 0, and what was reverted with
]);

/**
 * Creates all contracts in one call that changes nothing.
 * @returns the gas of each as a transaction, in order of the steps; undefined where the endpoint cannot simulate
 * @throws ChainError "refused" with what a constructor refuses
 */
export async function simulate(
  client: PublicClient,
  deployer: Address,
  steps: readonly Step[],
  read: ReadArtifact,
): Promise<bigint[] | undefined> {
  const data = concat(steps.flatMap(({ initCode }) => [numberToHex(size(initCode), { size: 32 }), initCode]));
  let returned: Hex | undefined;
  try {
    const { number, timestamp: time } = await client.getBlock();
    const stateOverride = [{ address: deployer, code: CREATE_ALL }];
    // On a chain without a block, anvil calls at second 1.
    const blockOverrides = number === 0n ? { time } : undefined;
    ({ data: returned } = await client.call({ to: deployer, data, stateOverride, blockOverrides }));
  } catch (error) {
    const known = asChainError(error);
    if (known instanceof ChainError && known.code !== "refused") throw known;
    return undefined;
  }
  if (returned === undefined) return undefined;
  const gas: bigint[] = [];
  for (const [i, step] of steps.entries()) {
    const address = wordAt(returned, 2 * i);
    if (address === 0n) return failedAt(step, returned, 32 * (2 * i + 1), read);
    if (address !== BigInt(step.address)) throw elsewhere(step, numberToHex(address, { size: 20 }));
    gas.push(BASE_GAS + dataGas(step.initCode) + wordAt(returned, 2 * i + 1));
  }
  return gas;
}

const wordAt = (data: Hex, index: number): bigint => hexToBigInt(slice(data, 32 * index, 32 * index + 32));

function dataGas(data: Hex): bigint {
  let gas = 0n;
  for (const byte of hexToBytes(data)) gas += byte === 0 ? ZERO_BYTE_GAS : BYTE_GAS;
  return gas;
}

/** Without a reason it may be the endpoint's bound on gas, which no transaction of these meets. */
function failedAt(step: Step, returned: Hex, offset: number, read: ReadArtifact): undefined {
  if (size(returned) <= offset) return undefined;
  throw new ChainError(
    "refused",
    `the constructor of ${step.contract} refuses: ${reasonOf(slice(returned, offset), read(step.contract).abi)}`,
    "correct the config file; nothing was sent",
  );
}

function reasonOf(data: Hex, abi: Abi): string {
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi, data });
    return `${errorName}(${args.map(String).join(", ")})`;
  } catch {
    return data;
  }
}

function elsewhere({ contract, address }: Step, actual: Hex): ChainError {
  return new ChainError(
    "replaced",
    `${contract} would be at ${actual}, not at ${address}: the account has sent something else meanwhile`,
    "run the command again",
  );
}
