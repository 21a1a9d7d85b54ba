// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type AbiFunction,
  type AbiParameter,
  type Address,
  type ContractFunctionParameters,
  getAbiItem,
  getAddress,
  type Hex,
  keccak256,
  stringToHex,
} from "viem";

/** A file that Safe's Transaction Builder imports. */
export interface SafeBatch {
  readonly version: "1.0";
  readonly chainId: string;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly meta: {
    readonly name: string;
    readonly description: string;
    readonly txBuilderVersion: string;
    readonly createdFromSafeAddress: Address;
    readonly createdFromOwnerAddress: "";
    readonly checksum: Hex;
  };
  readonly transactions: readonly SafeTransaction[];
}

interface SafeTransaction {
  readonly to: Address;
  readonly value: "0";
  /** Where there are bytes, the Transaction Builder shows these instead of the method and its arguments. */
  readonly data: null;
  readonly contractMethod: Pick<AbiFunction, "inputs" | "name"> & { readonly payable: boolean };
  readonly contractInputsValues: Readonly<Record<string, string>>;
}

export interface SafeBatchParams {
  readonly chainId: bigint;
  readonly safe: Address;
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
  /** Calls whose arguments are numbers, booleans, bytes and addresses, or lists or structs of them. */
  readonly calls: readonly ContractFunctionParameters[];
}

/** The version whose format this is. */
const TX_BUILDER_VERSION = "1.16.5";

/** One batch of calls for a multisig to sign: unsigned, with arguments that people can read. */
export function safeBatch(params: SafeBatchParams): SafeBatch {
  const { chainId, safe, name, description, createdAt, calls } = params;
  const batch = {
    version: "1.0",
    chainId: String(chainId),
    createdAt,
    meta: {
      name,
      description,
      txBuilderVersion: TX_BUILDER_VERSION,
      createdFromSafeAddress: getAddress(safe),
      createdFromOwnerAddress: "",
    },
    transactions: calls.map(transactionOf),
  } as const;
  return { ...batch, meta: { ...batch.meta, checksum: checksumOf(batch) } };
}

function transactionOf({
  address,
  abi,
  functionName,
  args = [],
}: ContractFunctionParameters): SafeTransaction {
  const { name, inputs, stateMutability } = getAbiItem({
    abi: abi as Abi,
    name: functionName,
    args,
  }) as AbiFunction;
  const values = inputs.map((input, i) => [
    input.name ?? "",
    written(input, (args as readonly unknown[])[i]),
  ]);
  return {
    to: getAddress(address),
    value: "0",
    data: null,
    contractMethod: { inputs, name, payable: stateMutability === "payable" },
    contractInputsValues: Object.fromEntries(values),
  };
}

/** As a person types it into the Transaction Builder: a list, and the fields of a struct, are a JSON list. */
function written(input: AbiParameter, value: unknown): string {
  if (input.type.endsWith("[]")) return JSON.stringify((value as readonly unknown[]).map(String));
  const fields = "components" in input ? input.components : undefined;
  if (fields === undefined) return String(value);
  const struct = value as Readonly<Record<string, unknown>>;
  return JSON.stringify(fields.map((field) => written(field, struct[field.name ?? ""])));
}

/** What the Transaction Builder expects in `meta.checksum`: the name may change, and nothing else. */
export function checksumOf(batch: { readonly meta: object }): Hex {
  const { checksum: _, ...meta } = batch.meta as Record<string, unknown>;
  return keccak256(stringToHex(serialized({ ...batch, meta: { ...meta, name: null } })));
}

/** Its own notation: an object is the list of its sorted keys, then each value with a comma after it. */
function serialized(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(serialized).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const keys = Object.keys(value).sort();
  const values = keys.map((key) => `${serialized((value as Record<string, unknown>)[key])},`);
  return `{${JSON.stringify(keys)}${values.join("")}}`;
}
