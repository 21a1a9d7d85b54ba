// SPDX-License-Identifier: AGPL-3.0-only
// A JSON-RPC endpoint for generated logs, whose last block is final. It writes each block's logs once, before anybody
// asks, so that what is measured is the reader.
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Hex } from "../../../service/core/types.ts";
import { type LogFilter, matcherOf, serveResults } from "../../../test/service/helpers/json-rpc.ts";
import { hex } from "../../../test/service/helpers/log-words.ts";
import { DEPLOYMENT, makePages } from "../ingest/logs.ts";

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

/** A block's log, with what it is asked for by. */
type Written = Pick<RawLog, "address" | "topics"> & { readonly json: string };

export async function work({ size }: { readonly size: number }) {
  await initKeccak();
  const blocks: Written[][] = [];
  for (const { logs, page } of makePages(size)) {
    for (let block = Number(page.firstBlock); block <= Number(page.lastBlock); block++) blocks.push([]);
    for (const log of logs)
      blocks[log.blockNumber]?.push({ address: log.address, topics: log.topics, json: jsonOf(log) });
  }
  // Some readers take the last ones for not final, whatever they are told.
  for (let empty = 0; empty < 100; empty++) blocks.push([]);
  const last = blocks.length - 1;

  function logsIn(filter: LogFilter): string {
    const found = blocks.slice(Number(filter.fromBlock), Number(filter.toBlock) + 1).flat();
    const wanted = found.filter(matcherOf(filter));
    return `[${wanted.map(({ json }) => json).join(",")}]`;
  }

  const { rpcUrl } = await serveResults((method, [first]) => {
    if (method === "eth_chainId") return `"${hex(DEPLOYMENT.chainId)}"`;
    if (method === "eth_blockNumber") return `"${hex(last)}"`;
    if (method === "eth_getBlockByNumber")
      return JSON.stringify(blockAt(String(first).startsWith("0x") ? Number(first) : last));
    if (method === "eth_syncing") return "false";
    if (method === "eth_getLogs") return logsIn(first as LogFilter);
    throw new Error(`nobody asks for ${method}`);
  });
  return { rpcUrl };
}

function jsonOf({ blockNumber, logIndex, ...log }: RawLog): string {
  const where = { blockNumber: hex(blockNumber), blockHash: hashOf(blockNumber), logIndex: hex(logIndex) };
  const transaction = { transactionHash: hashOf(blockNumber), transactionIndex: "0x0", removed: false };
  return JSON.stringify({ ...log, ...where, ...transaction });
}

function hashOf(block: number): Hex {
  return keccakHex(new TextEncoder().encode(String(block + 1)));
}

/** With the one transaction that all of its logs are of. */
function blockAt(block: number) {
  const [number, hash, parentHash] = [hex(block), hashOf(block), hashOf(block - 1)];
  const timestamp = hex(DEPLOYMENT.clockStart + BigInt(BLOCK_SECONDS * (block + 1)));
  const place = { blockHash: hash, blockNumber: number, transactionIndex: "0x0" };
  const transactions = [{ ...EMPTY_TRANSACTION, ...place, hash }];
  return { ...EMPTY_BLOCK, number, hash, parentHash, timestamp, transactions };
}
