// SPDX-License-Identifier: AGPL-3.0-only
import { type AbiFunction, type AbiParameter, type Address, encodeFunctionData, type Hex } from "viem";
import type { SafeBatch } from "../../../service/chain/safe.ts";

interface Imported {
  readonly to: Address;
  readonly value: bigint;
  readonly data: Hex;
}

/** A value as the Transaction Builder takes it from a field of its form. */
function read(input: AbiParameter, written: string): unknown {
  if ("components" in input) {
    const values: string[] = JSON.parse(written);
    return Object.fromEntries(input.components.map((field, i) => [field.name, read(field, values[i] ?? "")]));
  }
  if (input.type === "bool") return JSON.parse(written);
  return /^u?int/.test(input.type) ? BigInt(written) : written;
}

/** What a Safe would sign after its Transaction Builder has read the file: encoded from the readable arguments. */
export function importSafeBatch(text: string): Imported[] {
  const { transactions } = JSON.parse(text) as SafeBatch;
  return transactions.map(({ to, value, contractMethod, contractInputsValues }) => {
    const { name, inputs, payable } = contractMethod;
    const item: AbiFunction = {
      ...{ type: "function", name, inputs, outputs: [] },
      stateMutability: payable ? "payable" : "nonpayable",
    };
    const args = inputs.map((input) => read(input, contractInputsValues[input.name ?? ""] ?? ""));
    return { to, value: BigInt(value), data: encodeFunctionData({ abi: [item], args }) };
  });
}
