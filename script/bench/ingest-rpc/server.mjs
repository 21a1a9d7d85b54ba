// SPDX-License-Identifier: AGPL-3.0-only
// A JSON-RPC endpoint for generated logs, whose last block is final. It writes each block's logs once, before anybody
// asks, so that what is measured is the reader.
import { createServer } from "node:http";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { DEPLOYMENT, makePages } from "../ingest/logs.mjs";

/** @typedef {{ id: number, method: string, params?: any[] }} Call */

const BLOCK_SECONDS = 12;
await initKeccak();
const contracts = new Set([DEPLOYMENT.registry, DEPLOYMENT.market, DEPLOYMENT.distributor]);
/** By block: the logs of the contracts, and those of vaults. @type {{ contracts: string, vaults: string }[]} */
const blocks = [];
for (const { logs, page } of makePages(Number(process.argv[2]))) {
  for (let block = Number(page.firstBlock); block <= Number(page.lastBlock); block++) {
    blocks.push({ contracts: "", vaults: "" });
  }
  for (const log of logs) {
    const block = /** @type {(typeof blocks)[number]} */ (blocks[log.blockNumber]);
    const kind = contracts.has(log.address) ? "contracts" : "vaults";
    block[kind] += `${block[kind] === "" ? "" : ","}${jsonOf(log)}`;
  }
}

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
    const block = { number: hex(number), hash: hashOf(number), parentHash: hashOf(number - 1), timestamp };
    return JSON.stringify({ ...block, transactions: [] });
  }
  if (method !== "eth_getLogs") throw new Error(`nobody asks for ${method}`);
  const kind = first.address?.includes(DEPLOYMENT.market) ? "contracts" : "vaults";
  const asked = blocks.slice(Number(first.fromBlock), Number(first.toBlock) + 1);
  return `[${asked
    .map((block) => block[kind])
    .filter(Boolean)
    .join(",")}]`;
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
