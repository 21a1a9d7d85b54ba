// SPDX-License-Identifier: AGPL-3.0-only
import { hexOf } from "../../../service/core/hex.ts";
import { keccak256 } from "../../../service/core/keccak.ts";
import type { Hex } from "../../../service/core/types.ts";
import { TOPIC } from "../../../service/networks/provernet/events.ts";
import type { Contracts } from "../../../service/networks/provernet/open.ts";
import type { RpcCall } from "../../../test/service/helpers/chain.ts";
import { type LogFilter, matcherOf } from "../../../test/service/helpers/json-rpc.ts";
import { hex, topic, word } from "../../../test/service/helpers/log-words.ts";

const address = (n: number): Hex => `0x${n.toString(16).padStart(40, "0")}`;
const hashOf = (block: number): Hex => `0x${word(block)}`;
const prover = (n: number): Hex => address(0x1000 + n);
const vault = (n: number): Hex => address(0x2000 + n);

export const CONTRACTS = {
  ...{ chainId: 31_337n, startBlock: 1n, distributor: null, factory: address(0xc1), token: address(0xc2) },
  ...{ stakingController: address(0xc3), market: address(0xc4), epochRewards: address(0xc5) },
} satisfies Contracts;
const PROVERS = 50;
const REQUESTERS = 200;
export const PROOFS_A_BLOCK = 5;
export const LOGS_A_PROOF = 9;
const INPUT = "5a".repeat(1_024);

/** Block 1 has the provers, each later one whole jobs of 9 logs. */
function logsOf(block: number) {
  const logs: { address: Hex; topics: readonly Hex[] }[] = [];
  let transaction = 0;
  /** As an endpoint gives it. */
  const log = (address: Hex, topics: readonly Hex[], data: string) => {
    const place = { blockNumber: hex(block), blockHash: hashOf(block), logIndex: hex(logs.length) };
    const sent = { transactionIndex: hex(transaction), transactionHash: topic(block * 1_000 + transaction) };
    logs.push({ address, topics, ...{ data: `0x${data}`, removed: false }, ...place, ...sent });
  };
  const { token, stakingController, market, factory } = CONTRACTS;
  if (block === 1) {
    for (let n = 0; n < PROVERS; n++, transaction++) {
      const named = [topic(prover(n)), topic(vault(n))];
      log(factory, [TOPIC.VaultCreated, ...named], word(0) + word(0));
      log(stakingController, [TOPIC.ProverInitialized, ...named], word(0));
    }
    return logs;
  }
  for (let k = 0; k < PROOFS_A_BLOCK; k++) {
    const nonce = block * PROOFS_A_BLOCK + k;
    const [winner, loser] = [nonce % PROVERS, (nonce + 1) % PROVERS];
    const requester = address(0x3000 + (nonce % REQUESTERS));
    const [vk, digest] = [word(nonce % 16), word(nonce * 7_919)];
    const packed = Buffer.from(nonce.toString(16).padStart(16, "0") + vk + digest, "hex");
    const id = hexOf(keccak256(packed));
    transaction++;
    log(token, [TOPIC.Transfer, topic(requester), topic(market)], word(100));
    const request = [32, nonce].map(word).join("") + vk + digest;
    const rest = [320, 352, 1_440, 0, 100, 0, 10_000_000_000, 0, 1_024].map(word).join("");
    log(market, [TOPIC.NewRequest, id], request + rest + INPUT + word(0));
    for (const n of [winner, loser]) {
      transaction++;
      log(market, [TOPIC.NewBid, id, topic(prover(n))], word(nonce));
    }
    for (const [n, fee] of [
      [winner, 5],
      [loser, 7],
    ] as const) {
      transaction++;
      log(market, [TOPIC.BidRevealed, id, topic(prover(n))], word(fee));
    }
    transaction++;
    log(token, [TOPIC.Transfer, topic(market), topic(vault(winner))], word(7));
    const paid = [TOPIC.RewardsAdded, topic(prover(winner)), topic(market)];
    log(stakingController, paid, word(7) + word(0) + word(7));
    log(market, [TOPIC.ProofSubmitted, id, topic(prover(winner))], word(1).repeat(8) + word(7));
  }
  return logs;
}

function matching(filter: LogFilter) {
  const first = Number(filter.fromBlock);
  const blocks = Array.from({ length: Number(filter.toBlock) - first + 1 }, (_, i) => first + i);
  const isWanted = matcherOf(filter);
  return blocks.flatMap((block) => logsOf(block).filter(isWanted));
}

/** Answers what a reader asks of a chain of so many blocks. */
export function endpointOf(last: number) {
  const block = (n: number) => ({
    ...{ number: hex(n), timestamp: hex(1_700_000_000 + 2 * n) },
    ...{ hash: hashOf(n), parentHash: hashOf(n - 1), transactions: [] },
  });
  /** Microseconds of the processor that it took itself. */
  const spent = { cpu: 0 };
  const answer = (method: string, [first]: readonly unknown[]) => {
    if (method === "eth_chainId") return hex(CONTRACTS.chainId);
    if (method === "eth_blockNumber") return hex(last);
    if (method === "eth_getBlockByNumber")
      return block(String(first).startsWith("0x") ? Number(first) : last);
    if (method === "eth_getLogs") return matching(first as LogFilter);
    throw new Error(`not answered: ${method}`);
  };
  const request = async ({ method, params = [] }: RpcCall) => {
    const before = process.cpuUsage();
    const answered = answer(method, params as readonly unknown[]);
    const { user, system } = process.cpuUsage(before);
    spent.cpu += user + system;
    return answered;
  };
  return { request, spent };
}
