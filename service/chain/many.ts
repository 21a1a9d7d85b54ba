// SPDX-License-Identifier: AGPL-3.0-only
import type {
  Abi,
  AbiParameter,
  Address,
  ContractFunctionArgs,
  ContractFunctionName,
  ContractFunctionReturnType,
  PublicClient,
} from "viem";
import { getAbiItem } from "viem";
import { isAnswered, isPruned, isTooMuch, isUnreachable } from "./errors.ts";

/** In the order of the calls; undefined where one reverts. */
type Results<abi extends Abi, name extends ContractFunctionName<abi, "view">> = (
  | ContractFunctionReturnType<abi, "view", name>
  | undefined
)[];

export interface ReadManyParams<abi extends Abi, name extends ContractFunctionName<abi, "view">> {
  readonly abi: abi;
  readonly functionName: name;
  readonly blockNumber: bigint;
  readonly calls: readonly {
    readonly address: Address;
    readonly args?: ContractFunctionArgs<abi, "view", name>;
  }[];
}

/**
 * The code that gathers the calls is sent along, so that no contract has to be known or trusted for it. It answers as
 * if it created a contract: its answer is bounded by a contract's size, and its question by that of a creation.
 */
const MAX_ANSWER = 24_000;
const MAX_QUESTION = 42_000;
/** What each call takes beside its arguments and results. */
const OVERHEAD = { question: 224, answer: 128 };
const WORD = 32;

/**
 * One view function at many addresses or with many arguments, as of one block, in as few calls as fit; the results in
 * the order of `calls`, undefined for each that reverts.
 * @throws what the client does for one that is not answered
 */
export async function readMany<const abi extends Abi, name extends ContractFunctionName<abi, "view">>(
  client: PublicClient,
  params: ReadManyParams<abi, name>,
): Promise<Results<abi, name>> {
  const { abi, functionName, calls } = params;
  const { inputs, outputs } = getAbiItem({ abi: abi as Abi, name: functionName as string }) as {
    inputs: readonly AbiParameter[];
    outputs: readonly AbiParameter[];
  };
  const atOnce = Math.min(
    Math.floor(MAX_ANSWER / (OVERHEAD.answer + WORD * wordsIn(outputs))),
    Math.floor(MAX_QUESTION / (OVERHEAD.question + WORD * wordsIn(inputs))),
  );
  const groups: Promise<Results<abi, name>>[] = [];
  for (let i = 0; i < calls.length; i += atOnce) {
    groups.push(readGroup(client, { ...params, calls: calls.slice(i, i + atOnce) }));
  }
  return (await Promise.all(groups)).flat();
}

async function readGroup<const abi extends Abi, name extends ContractFunctionName<abi, "view">>(
  client: PublicClient,
  params: ReadManyParams<abi, name>,
): Promise<Results<abi, name>> {
  const { abi, functionName, blockNumber, calls } = params;
  if (calls.length === 1) return readSingly(client, params);
  const results = (await client.multicall({
    deployless: true,
    batchSize: 0,
    blockNumber,
    contracts: calls.map(({ address, args }) => ({ abi, functionName, address, args })) as never,
  })) as { status: "success" | "failure"; result: unknown; error?: unknown }[];
  if (results.some(({ status }) => status === "success")) {
    return results.map(({ result }) => result) as Results<abi, name>;
  }
  const error = results[0]?.error;
  if (isTooMuch(error) && calls.length > 2) {
    const half = Math.ceil(calls.length / 2);
    const halves = [calls.slice(0, half), calls.slice(half)];
    return (await Promise.all(halves.map((part) => readGroup(client, { ...params, calls: part })))).flat();
  }
  if (isPruned(error) || (isUnreachable(error) && !isTooMuch(error))) throw error;
  // Every call of a group fails at once where the endpoint refuses the gathering of calls.
  return readSingly(client, params);
}

async function readSingly<const abi extends Abi, name extends ContractFunctionName<abi, "view">>(
  client: PublicClient,
  { calls, ...call }: ReadManyParams<abi, name>,
): Promise<Results<abi, name>> {
  const results = await Promise.allSettled(
    calls.map((one) => client.readContract({ ...call, ...one } as never)),
  );
  return results.map((result) => {
    if (result.status === "fulfilled") return result.value as Results<abi, name>[number];
    if (isAnswered(result.reason)) return undefined;
    throw result.reason;
  });
}

function wordsIn(parameters: readonly AbiParameter[]): number {
  return parameters.reduce(
    (sum, parameter) => sum + ("components" in parameter ? wordsIn(parameter.components) : 1),
    0,
  );
}
