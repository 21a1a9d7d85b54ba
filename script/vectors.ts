// npm run vectors: writes the recorded chains of test/fixtures/vectors anew after a change of what contracts log.
// What happened stays as it is, in each log's `args`, with what was computed by hand; topics, data, rolling hashes,
// accumulators and dataset hashes are written again from them.
import { readFileSync, writeFileSync } from "node:fs";
import { type Abi, type AbiEvent, encodeAbiParameters, encodeEventTopics, type Hex, keccak256 } from "viem";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../service/chain/abi.ts";
import { SPEC_VERSION } from "../service/core/spec-version.ts";

const CHAINS = ["boundaries", "withheld-leaves", "large-amounts"];
const EVENTS = ([iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi] as Abi[])
  .flat()
  .filter((item): item is AbiEvent => item.type === "event");
const EMPTY: Hex = `0x${"0".repeat(64)}`;

type Args = Record<string, string>;

interface Log {
  event: string;
  topics: Hex[];
  data: Hex;
  args: Args;
}

interface Accumulator {
  hash: Hex;
  count: number;
}

interface Chain {
  logs: Log[];
  state: { fulfilmentAccumulators: Accumulator[]; missAccumulators: Accumulator[] };
  epochs: { epoch: number; artifact: string; datasetHash: Hex }[];
}

for (const name of CHAINS) {
  const url = new URL(`../test/fixtures/vectors/chains/${name}.json`, import.meta.url);
  const chain = JSON.parse(readFileSync(url, "utf8")) as Chain;
  rebuild(chain);
  writeFileSync(url, `${JSON.stringify(chain, null, 2)}\n`);
}

function rebuild(chain: Chain): void {
  const { logs, state, epochs } = chain;
  fold(state.fulfilmentAccumulators, logs, "Fulfilled", [
    ["uint256", "sequence"],
    ["bytes32", "id"],
    ["address", "prover"],
    ["address", "requester"],
    ["bytes32", "statementId"],
    ["uint256", "fee"],
    ["uint256", "protocolFee"],
    ["uint256", "weight"],
    ["uint256", "countedWeight"],
    ["uint256", "timestamp"],
  ]);
  fold(state.missAccumulators, logs, "Missed", [
    ["uint256", "sequence"],
    ["bytes32", "id"],
    ["address", "prover"],
    ["uint256", "deadline"],
    ["uint256", "slashed"],
    ["uint256", "timestamp"],
  ]);
  for (const record of epochs) {
    const { hash } = state.fulfilmentAccumulators[record.epoch] ?? { hash: EMPTY };
    const was = record.datasetHash;
    record.artifact = record.artifact
      .replace(/"accumulator":"0x[0-9a-f]{64}"/, `"accumulator":"${hash}"`)
      .replace(/"specVersion":\d+/, `"specVersion":${SPEC_VERSION}`);
    record.datasetHash = keccak256(new TextEncoder().encode(record.artifact));
    for (const { args } of logs) if (args.datasetHash === was) args.datasetHash = record.datasetHash;
  }
  for (const log of logs) Object.assign(log, encoded(log));
}

/** Folds the logs of one kind anew; each is of the epoch that it names. */
function fold(
  accumulators: Accumulator[],
  logs: readonly Log[],
  event: string,
  fields: readonly (readonly [type: string, name: string])[],
): void {
  for (const accumulator of accumulators) accumulator.hash = EMPTY;
  const types = [{ type: "bytes32" }, ...fields.map(([type]) => ({ type }))];
  for (const { args } of logs.filter((log) => log.event === event)) {
    const accumulator = accumulators[Number(args.epoch)] as Accumulator;
    const values = fields.map(([type, name]) => given(type, args[name]));
    accumulator.hash = keccak256(encodeAbiParameters(types, [accumulator.hash, ...values]));
  }
}

function encoded({ event, args }: Log): Pick<Log, "topics" | "data"> {
  const item = EVENTS.find(({ name }) => name === event) as AbiEvent;
  const values = Object.fromEntries(
    item.inputs.map(({ type, name = "" }) => [name, given(type, args[name])]),
  );
  const inData = item.inputs.filter(({ indexed }) => !indexed);
  return {
    topics: encodeEventTopics({ abi: [item] as Abi, eventName: event, args: values as never }) as Hex[],
    data: encodeAbiParameters(
      inData,
      inData.map(({ name = "" }) => values[name]),
    ),
  };
}

function given(type: string, text: string | undefined): bigint | string {
  if (text === undefined) throw new Error(`a log without a value of type ${type}`);
  return type.startsWith("uint") ? BigInt(text) : text;
}
