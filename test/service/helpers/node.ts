// SPDX-License-Identifier: AGPL-3.0-only
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as rest } from "node:timers/promises";
import { encodeAbiParameters, encodeEventTopics, keccak256, numberToHex, stringToHex } from "viem";
import { iProverVaultAbi } from "../../../service/chain/abi.ts";
import type { Address } from "../../../service/core/types.ts";

export const VAULT: Address = `0x${"bb".repeat(20)}`;

export interface NodeLog {
  readonly address: string;
  readonly topics: unknown;
  readonly data: string;
  readonly blockNumber: string;
  readonly logIndex: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly transactionIndex: string;
  readonly removed: boolean;
}

/** What is wrong with a provider, if anything. */
export interface Ills {
  /** Its highest block; it says that blocks above hold no logs. */
  head: number;
  /** The first block of a fork of its own. */
  forkAt?: number | undefined;
  /** The most blocks that it gives logs of at once. */
  maxRange?: number | undefined;
  /** The most calls a request may hold before it answers 429. */
  maxCalls?: number | undefined;
  /** Requests that it refuses with 429 from now on. */
  limited?: number | undefined;
  /** Requests whose answer it breaks off. */
  cut?: number | undefined;
  tamper?: ((logs: NodeLog[]) => NodeLog[]) | undefined;
  /** Answers of its own, by method; a fault is answered as an error. */
  says?: Readonly<Record<string, unknown>> | undefined;
  /** Tags of blocks that it answers null for. */
  nullFor?: readonly string[] | undefined;
  /** What it does with a whole request instead of answering it, if anything. */
  refuse?: ((request: NodeRequest) => NodeRefusal | undefined) | undefined;
  /** Whether it takes requests and never answers. */
  hang?: boolean | undefined;
  /** Milliseconds that it takes for each answer. */
  delay?: number | undefined;
}

export interface NodeRequest {
  readonly calls: readonly RpcCall[];
  readonly isBatch: boolean;
  readonly bytes: number;
}

/** close: the connection is closed without an answer. */
export type NodeRefusal =
  | "close"
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string };

/** An error as JSON-RPC carries it. */
export class RpcFault extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export interface ScriptedNode extends Ills {
  readonly url: string;
  /** Spans of blocks whose logs it gave, in order. */
  readonly spans: number[];
  requests: number;
  sent: string[];
  readonly close: () => void;
}

interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

const hashes = new Map<string, string>();

/** Remembered: a block is looked for by its hash among all. */
function hashOf(block: number, fork: string): string {
  const name = `${fork}${block}`;
  const hash = hashes.get(name) ?? keccak256(stringToHex(name));
  hashes.set(name, hash);
  return hash;
}

/**
 * An Ethereum provider as far as readers see one: blocks, of which every thousandth has two logs, and the ills that
 * providers have.
 */
export async function scriptedNode(ills: Ills = { head: 25_000 }): Promise<ScriptedNode> {
  const server = createServer(async (request, response) => {
    node.requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as RpcCall | RpcCall[];
    const calls = [body].flat();
    if (node.hang) return;
    if (node.delay !== undefined) await rest(node.delay);
    const isBatch = Array.isArray(body);
    const refusal = node.refuse?.({ calls, isBatch, bytes: Buffer.concat(chunks).length });
    if (refusal === "close") request.socket.destroy();
    else if (refusal !== undefined)
      response.writeHead(refusal.status ?? 200, refusal.headers).end(refusal.body);
    if (refusal !== undefined) return;
    if (takes("limited") || calls.length > (node.maxCalls ?? Number.POSITIVE_INFINITY)) {
      response.writeHead(429, { "retry-after": "0" }).end();
      return;
    }
    const answers = calls.map(answer);
    send(response, JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });

  function takes(ill: "limited" | "cut"): boolean {
    if ((node[ill] ?? 0) === 0) return false;
    node[ill] = (node[ill] ?? 0) - 1;
    return true;
  }

  function send(response: ServerResponse, text: string): void {
    response.setHeader("content-type", "application/json");
    if (!takes("cut")) {
      response.end(text);
      return;
    }
    response.setHeader("content-length", text.length);
    response.write(text.slice(0, text.length / 2));
    setTimeout(() => response.destroy(), 5);
  }

  function answer({ id, method, params }: RpcCall) {
    try {
      return { jsonrpc: "2.0", id, result: resultOf(method, params) };
    } catch (error) {
      const { code = -32_005, message, data } = error as RpcFault;
      return { jsonrpc: "2.0", id, error: { code, message, data } };
    }
  }

  function resultOf(method: string, params: readonly unknown[]): unknown {
    const said = node.says?.[method];
    if (said instanceof RpcFault) throw said;
    if (said !== undefined) return said;
    if (node.nullFor?.includes(params[0] as string)) return null;
    if (method === "eth_chainId") return "0x7a69";
    if (method === "eth_blockNumber") return numberToHex(node.head);
    if (method === "eth_getBlockByNumber") return blockOf(params[0] as string);
    if (method === "eth_getTransactionCount") return numberToHex(node.head % 7);
    if (method === "eth_sendRawTransaction") {
      node.sent.push(params[0] as string);
      return keccak256(params[0] as `0x${string}`);
    }
    if (method !== "eth_getLogs") throw new Error(`the method ${method} does not exist`);
    const logs = logsOf(params[0] as Record<string, string>);
    return node.tamper === undefined ? logs : node.tamper(logs);
  }

  const forkOf = (block: number) => (block >= (node.forkAt ?? Number.POSITIVE_INFINITY) ? "other" : "");

  function blockOf(which: string) {
    const number = which.startsWith("0x") ? Number(which) : which === "latest" ? node.head : node.head - 10;
    if (number > node.head) return null;
    return {
      number: numberToHex(number),
      hash: hashOf(number, forkOf(number)),
      parentHash: hashOf(number - 1, forkOf(number - 1)),
      timestamp: numberToHex(number * 12),
      transactions: [],
    };
  }

  function logsOf({ fromBlock, toBlock, blockHash }: Record<string, string>): NodeLog[] {
    if (blockHash !== undefined) {
      const block = Array.from({ length: node.head + 1 }, (_, i) => i).find(
        (i) => hashOf(i, forkOf(i)) === blockHash,
      );
      if (block === undefined) throw new Error("unknown block");
      return logsBetween(block, block);
    }
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    if (to - from + 1 > (node.maxRange ?? Number.POSITIVE_INFINITY)) {
      throw new Error("query returned more than 10000 results");
    }
    node.spans.push(to - from + 1);
    return logsBetween(from, Math.min(to, node.head));
  }

  function logsBetween(from: number, to: number): NodeLog[] {
    const logs: NodeLog[] = [];
    for (let block = Math.ceil(from / 1000) * 1000; block <= to; block += 1000) {
      logs.push(logAt(block, 0, forkOf(block)), logAt(block, 1, forkOf(block)));
    }
    return logs;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const node: ScriptedNode = {
    ...ills,
    url: `http://127.0.0.1:${port}`,
    spans: [],
    requests: 0,
    sent: [],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return node;
}

function logAt(block: number, logIndex: number, fork: string): NodeLog {
  return {
    address: VAULT,
    topics: encodeEventTopics({ abi: iProverVaultAbi, eventName: "ActiveAssetsChanged" }),
    data: encodeAbiParameters(
      [{ type: "uint256" }, { type: "uint256" }, { type: "uint256" }],
      [BigInt(block), BigInt(logIndex), 3n],
    ),
    blockNumber: numberToHex(block),
    logIndex: numberToHex(logIndex),
    blockHash: hashOf(block, fork),
    transactionHash: hashOf(block, `transaction ${logIndex}`),
    transactionIndex: "0x0",
    removed: false,
  };
}
