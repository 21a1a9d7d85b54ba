// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { type Abi, decodeFunctionData, encodeFunctionResult, erc20Abi, type Hex, numberToHex } from "viem";
import {
  controllerAbi,
  epochRewardsAbi,
  factoryAbi,
  marketAbi,
} from "../../../../service/networks/provernet/abi.ts";

export interface ScriptedLog {
  address: Hex;
  topics: Hex[];
  data: Hex;
  blockNumber: number;
  transactionHash: Hex;
  transactionIndex: number;
  logIndex: number;
}

export interface ScriptedBlock {
  number: number;
  timestamp: number;
  hash: Hex;
  parentHash: Hex;
  receiptsRoot?: Hex;
  stateRoot?: Hex;
  logsBloom?: Hex;
}

/** What the history's README says of its keys. */
export interface History {
  chainId: number;
  contracts: Record<"token" | "stakingController" | "vaultFactory" | "market" | "epochRewards", Hex>;
  implementations: Record<string, Hex>;
  names: Record<string, string>;
  blocks: ScriptedBlock[];
  logs: ScriptedLog[];
  receipts: [block: number, transaction: Hex, type: number, status: number, gas: Hex][];
  proofs: {
    block: number;
    accounts: { address: Hex; accountProof: Hex[]; storageProof: { key: Hex; proof: Hex[] }[] }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: views of many shapes, by name
  state: any;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  expected: Record<string, any>;
  vaultAssetsByBlock: Record<Hex, [number, string][]>;
}

const FILE = new URL("../../../fixtures/provernet/history.json.gz", import.meta.url);

export function readHistory(): History {
  return JSON.parse(gunzipSync(readFileSync(FILE)).toString());
}

/** The answer to a view, by its name; undefined if the chain does not know it, so that the call fails. */
type Views = (to: Hex, name: string, args: readonly unknown[]) => unknown;

export interface Script {
  chainId: number;
  blocks: readonly ScriptedBlock[];
  logs: readonly ScriptedLog[];
  views: Views;
  /** The one block whose state the views answer with; at any other head they fail, if it is given. */
  stateAt?: number;
  /** The number of the last final block; the last one, if not given. */
  final?: number;
  code?: (address: Hex) => Hex;
  /** Answers what nothing else here does; undefined if it does not either. */
  more?: (method: string, params: readonly unknown[]) => unknown;
}

export interface Scripted {
  readonly rpcUrl: string;
  /** How often each method was called. */
  readonly calls: Map<string, number>;
  /** What is answered from now on. */
  script: Script;
  readonly close: () => void;
}

/** An endpoint that answers what a history holds: chainId, blocks, logs, code and views. */
export async function serveScript(script: Script): Promise<Scripted> {
  const calls = new Map<string, number>();
  const served = { script };
  const one = ({ id, method, params = [] }: Call) => {
    calls.set(method, (calls.get(method) ?? 0) + 1);
    try {
      return { jsonrpc: "2.0", id, result: resultOf(served.script, method, params) };
    } catch (error) {
      return { jsonrpc: "2.0", id, error: { code: -32_000, message: (error as Error).message } };
    }
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const part of request) chunks.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Call | Call[];
    const reply = Array.isArray(body) ? body.map(one) : one(body);
    response.setHeader("content-type", "application/json").end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    rpcUrl: `http://127.0.0.1:${port}`,
    calls,
    get script() {
      return served.script;
    },
    set script(next) {
      served.script = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Call {
  id: number;
  method: string;
  params?: unknown[];
}

/** @throws Error for what it does not answer */
export function resultOf(script: Script, method: string, params: readonly unknown[]): unknown {
  const { blocks } = script;
  const last = blocks.at(-1) as ScriptedBlock;
  switch (method) {
    case "eth_chainId":
      return numberToHex(script.chainId);
    case "eth_blockNumber":
      return numberToHex(last.number);
    case "eth_getBlockByNumber": {
      const which = params[0] as string;
      const number =
        which === "finalized"
          ? (script.final ?? last.number)
          : which.startsWith("0x")
            ? Number(which)
            : last.number;
      const block = blocks[number - (blocks[0]?.number ?? 0)];
      return block === undefined ? null : blockJson(block);
    }
    case "eth_getBlockByHash": {
      const block = blocks.find(({ hash }) => hash === params[0]);
      return block === undefined ? null : blockJson(block);
    }
    case "eth_getCode":
      return script.code?.((params[0] as Hex).toLowerCase() as Hex) ?? "0x60";
    case "eth_getLogs":
      return logsWhere(script, params[0] as Filter);
    case "eth_call":
      return called(script, params[0] as { to?: Hex; data: Hex });
    default: {
      const answer = script.more?.(method, params);
      if (answer !== undefined) return answer;
      throw new Error(`a scripted chain does not answer ${method}`);
    }
  }
}

function blockJson(block: ScriptedBlock) {
  const { number, timestamp, ...hashes } = block;
  return { ...hashes, number: numberToHex(number), timestamp: numberToHex(timestamp), transactions: [] };
}

interface Filter {
  address?: Hex | Hex[];
  topics?: (Hex | Hex[] | null)[];
  fromBlock?: Hex;
  toBlock?: Hex;
  blockHash?: Hex;
}

function logsWhere({ blocks, logs }: Script, filter: Filter) {
  const first = blocks[0]?.number ?? 0;
  const named = blocks.find(({ hash }) => hash === filter.blockHash);
  if (filter.blockHash !== undefined && named === undefined) throw new Error("unknown block");
  const from = named === undefined ? Number(filter.fromBlock) : named.number;
  const to = named === undefined ? Number(filter.toBlock) : named.number;
  const addresses = [filter.address ?? []].flat().map((address) => address.toLowerCase());
  const topics = (filter.topics ?? []).map((topic) => (topic === null ? null : [topic].flat()));
  return logs
    .filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to)
    .filter(({ address }) => addresses.length === 0 || addresses.includes(address))
    .filter((log) => topics.every((wanted, i) => wanted === null || wanted.includes(log.topics[i] as Hex)))
    .map((log) => ({
      ...log,
      blockNumber: numberToHex(log.blockNumber),
      logIndex: numberToHex(log.logIndex),
      transactionIndex: numberToHex(log.transactionIndex),
      blockHash: blocks[log.blockNumber - first]?.hash,
      removed: false,
    }));
}

const VIEWS = [
  ...controllerAbi,
  ...factoryAbi,
  ...marketAbi,
  ...epochRewardsAbi,
  ...erc20Abi,
] as unknown as Abi;

function called({ views, blocks, stateAt }: Script, { to, data }: { to?: Hex; data: Hex }): Hex {
  const immutable = ["0x72f702f3", "0xd8a06f73"].includes(data.slice(0, 10));
  if (stateAt !== undefined && !immutable && (blocks.at(-1) as ScriptedBlock).number !== stateAt) {
    throw new Error("the state of that block was not recorded");
  }
  if (to === undefined) throw new Error("a scripted chain runs no code");
  const { functionName, args = [] } = decodeFunctionData({ abi: VIEWS, data });
  const result = views(to.toLowerCase() as Hex, functionName, args);
  if (result === undefined) throw new Error(`execution reverted: ${functionName}`);
  const abi = VIEWS.filter((item) => "name" in item && item.name === functionName).slice(0, 1);
  return encodeFunctionResult({ abi, functionName, result: result as never });
}

/** The recorded history as a script: its views answer as they did in block 296, whatever block is asked for. */
export function scriptOf(history: History): Script {
  const { chainId, blocks, logs } = history;
  return {
    stateAt: history.state.block,
    chainId,
    blocks: blocks.slice(0, history.state.block + 1),
    logs,
    views: viewsOf(history),
  };
}

function viewsOf({ contracts, state, vaultAssetsByBlock }: History): Views {
  const vaults = Object.entries(state.provers as Record<Hex, { vault: Hex }>);
  const numbers = (list: readonly unknown[]) =>
    list.map((item) => (typeof item === "string" && /^\d+$/.test(item) ? BigInt(item) : item));
  const balances: Record<Hex, string> = {
    [contracts.market]: state.market.tokenBalance,
    [contracts.stakingController]: state.controller.tokenBalance,
    [contracts.epochRewards]: state.epochRewards.tokenBalance,
    ...Object.fromEntries(
      vaults.map(([prover, { vault }]) => [
        vault,
        vaultAssetsByBlock[prover as Hex]?.filter(([block]) => block <= state.block).at(-1)?.[1] ?? "0",
      ]),
    ),
  };
  return (to, name, args) => {
    const [first, second] = args as [never, never];
    if (to === contracts.token && name === "balanceOf") {
      const balance = balances[(first as string).toLowerCase() as Hex];
      return balance === undefined ? undefined : BigInt(balance);
    }
    if (to === contracts.stakingController) {
      if (name === "stakingToken") return contracts.token;
      if (name === "vaultFactory") return contracts.vaultFactory;
      if (name === "treasuryPool" || name === "totalUnstaking") return BigInt(state.controller[name]);
      const prover = state.provers[(first as string).toLowerCase()];
      if (prover === undefined) return undefined;
      if (name === "getProverInfo")
        return numbers(prover.getProverInfo).map((item, i) => (i === 0 ? Number(item) : item));
      if (name === "getCommissionRates")
        return [prover.getCommissionRates[0], numbers(prover.getCommissionRates[1])];
      if (name === "getProverTotalUnstaking") return BigInt(prover.totalUnstaking);
    }
    if (to === contracts.vaultFactory) {
      if (name === "getVaultCount") return BigInt(vaults.length);
      if (name === "getVaultAtIndex") return vaults[Number(first)]?.[1].vault;
    }
    if (to === contracts.market) {
      if (name === "stakingController") return contracts.stakingController;
      if (name === "feeToken") return contracts.token;
      const request = state.requests[(first as unknown as string)?.toString().toLowerCase()];
      if (name === "getRequest" || name === "getBidders") {
        if (request === undefined) return undefined;
        const list = numbers(request[name]);
        return name === "getRequest"
          ? list.map((item, i) => (i === 0 || i === 8 ? Number(item) : item))
          : list;
      }
      if (name === "proverStats")
        return numbers(state.provers[(first as string).toLowerCase()]?.proverStats[Number(second)] ?? []);
      if (name === "globalStats") return numbers(state.market.globalStats[Number(first)] ?? []);
      const value = state.market[name];
      return value === undefined ? undefined : BigInt(value);
    }
    if (to === contracts.epochRewards) {
      if (name === "stakingController") return contracts.stakingController;
      const { epochs, getEpochConfigs } = state.epochRewards;
      if (name === "getEpochConfigs") {
        // biome-ignore lint/suspicious/noExplicitAny: as it was recorded
        return getEpochConfigs.map((config: any) => ({
          fromEpoch: config.fromEpoch,
          fromTime: BigInt(config.fromTime),
          length: BigInt(config.epochLength),
          maximum: BigInt(config.maxEpochReward),
        }));
      }
      if (name === "epochProverRewards") {
        const [amount, distributed] = epochs[Number(first)]?.provers[(second as string).toLowerCase()] ?? [
          "0",
          false,
        ];
        return [BigInt(amount), distributed];
      }
      if (name === "epochTotalRewards") return BigInt(epochs[Number(first)]?.epochTotalRewards ?? 0);
      if (name === "epochLastProver") return epochs[Number(first)]?.epochLastProver;
      if (name === "lastUpdatedEpoch") return state.epochRewards.lastUpdatedEpoch;
      if (name === "vkHash") return state.epochRewards.vkHash;
    }
    return undefined;
  };
}

/** The file that `--network-config` names. */
export function configOf({ chainId, contracts }: Pick<History, "chainId" | "contracts">): object {
  const { stakingController, market, epochRewards } = contracts;
  return {
    chainId,
    stakingController,
    market,
    epochRewards,
    startBlock: 0,
    codeHashes: null,
    distributor: null,
  };
}
