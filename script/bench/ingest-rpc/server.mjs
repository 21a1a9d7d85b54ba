// SPDX-License-Identifier: AGPL-3.0-only
// A JSON-RPC endpoint for generated logs, whose last block is final. It writes each block's logs once, before anybody
// asks, so that what is measured is the reader.
import { createServer } from "node:http";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { DEPLOYMENT, makePages } from "../ingest/logs.mjs";

/** @typedef {{ id: number, method: string, params?: any[] }} Call */

const BLOCK_SECONDS = 12;
const ZERO = `0x${"0".repeat(64)}`;
const NOBODY = `0x${"0".repeat(40)}`;
/** What no reader here looks at, and some want to be there. */
const EMPTY_BLOCK = {
  ...{ baseFeePerGas: "0x1", difficulty: "0x0", extraData: "0x", gasLimit: "0x1c9c380", gasUsed: "0x0" },
  ...{ logsBloom: `0x${"ff".repeat(256)}`, miner: NOBODY, mixHash: ZERO, nonce: "0x0000000000000000" },
  ...{ receiptsRoot: ZERO, sha3Uncles: ZERO, size: "0x1", stateRoot: ZERO, totalDifficulty: "0x0" },
  ...{ transactionsRoot: ZERO, uncles: [] },
};
const EMPTY_TRANSACTION = {
  ...{ from: NOBODY, to: NOBODY, input: "0x", nonce: "0x0", value: "0x0", gas: "0x5208", type: "0x2" },
  ...{ maxFeePerGas: "0x1", maxPriorityFeePerGas: "0x1", gasPrice: "0x1", accessList: [], chainId: "0x1" },
  ...{ r: ZERO, s: ZERO, v: "0x0", yParity: "0x0" },
};
await initKeccak();
/** By block: its logs, with what they are asked for by. @type {{ address: string, topic: string | undefined, json: string }[][]} */
const blocks = [];
for (const { logs, page } of makePages(Number(process.argv[2]))) {
  for (let block = Number(page.firstBlock); block <= Number(page.lastBlock); block++) blocks.push([]);
  for (const log of logs) {
    blocks[log.blockNumber]?.push({ address: log.address, topic: log.topics[0], json: jsonOf(log) });
  }
}

// Some readers take the last ones for not final, whatever they are told.
for (let empty = 0; empty < 100; empty++) blocks.push([]);

/** @param {import("../../../service/core/raw-log.ts").RawLog} log */
function jsonOf({ blockNumber, logIndex, ...log }) {
  const where = { blockNumber: hex(blockNumber), blockHash: hashOf(blockNumber), logIndex: hex(logIndex) };
  const transaction = { transactionHash: hashOf(blockNumber), transactionIndex: "0x0", removed: false };
  return JSON.stringify({ ...log, ...where, ...transaction });
}

/** @param {number} block */
function hashOf(block) {
  return keccakHex(new TextEncoder().encode(String(block + 1)));
}

/** @param {number | bigint} number */
function hex(number) {
  return `0x${number.toString(16)}`;
}

/** @param {Call} call */
function answer({ id, method, params = [] }) {
  return `{"jsonrpc":"2.0","id":${id},"result":${resultOf(method, params)}}`;
}

/** @param {string} method @param {any[]} params */
function resultOf(method, [first]) {
  const last = blocks.length - 1;
  if (method === "eth_chainId") return `"${hex(DEPLOYMENT.chainId)}"`;
  if (method === "eth_blockNumber") return `"${hex(last)}"`;
  if (method === "eth_getBlockByNumber") {
    const number = first.startsWith("0x") ? Number(first) : last;
    const timestamp = hex(DEPLOYMENT.clockStart + BigInt(BLOCK_SECONDS * (number + 1)));
    return JSON.stringify({ ...EMPTY_BLOCK, ...blockAt(number), timestamp });
  }
  if (method === "eth_syncing") return "false";
  if (method !== "eth_getLogs") throw new Error(`nobody asks for ${method}`);
  const addresses = asked(first.address);
  const topics = asked(first.topics?.[0]);
  /** @type {string[]} */
  const found = [];
  for (const logs of blocks.slice(Number(first.fromBlock), Number(first.toBlock) + 1)) {
    for (const { address, topic, json } of logs) {
      if (addresses?.has(address) !== false && topics?.has(topic) !== false) found.push(json);
    }
  }
  return `[${found.join(",")}]`;
}

/** What is asked for by one value, by several, or not at all. @param {string | string[] | null | undefined} value */
function asked(value) {
  if (value === undefined || value === null) return undefined;
  return new Set(/** @type {(string | undefined)[]} */ ([value].flat()).map((each) => each?.toLowerCase()));
}

/** With the one transaction that all of its logs are of. @param {number} number */
function blockAt(number) {
  const hash = hashOf(number);
  const place = { blockHash: hash, blockNumber: hex(number), transactionIndex: "0x0" };
  const transaction = { ...EMPTY_TRANSACTION, ...place, hash };
  return { number: hex(number), hash, parentHash: hashOf(number - 1), transactions: [transaction] };
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString());
  const text = Array.isArray(body) ? `[${body.map(answer).join(",")}]` : answer(body);
  response.setHeader("content-type", "application/json").end(text);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  process.send?.(port);
});
