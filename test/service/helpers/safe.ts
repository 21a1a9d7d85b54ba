// SPDX-License-Identifier: AGPL-3.0-only
import { type AbiFunction, type Address, encodeFunctionData, type Hex } from "viem";
import type { SafeBatch } from "../../../service/chain/safe.ts";

interface Imported {
  readonly to: Address;
  readonly value: bigint;
  readonly data: Hex;
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
    const args = inputs.map((input) => {
      const written = contractInputsValues[input.name ?? ""] ?? "";
      return /^u?int/.test(input.type) ? BigInt(written) : written;
    });
    return { to, value: BigInt(value), data: encodeFunctionData({ abi: [item], args }) };
  });
}
