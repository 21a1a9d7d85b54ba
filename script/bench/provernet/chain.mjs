// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256 } from "../../../service/core/keccak.ts";
import { TOPIC } from "../../../service/networks/provernet/events.ts";

/** @param {number} value */
const hex = (value) => `0x${value.toString(16)}`;
/** @param {number | bigint} value */
const word = (value) => value.toString(16).padStart(64, "0");
/** @param {number} n */
const address = (n) => `0x${n.toString(16).padStart(40, "0")}`;
/** @param {string} account */
const topic = (account) => `0x${account.slice(2).padStart(64, "0")}`;

export const CONTRACTS = {
  chainId: 31_337n,
  startBlock: 1n,
  distributor: null,
  factory: address(0xc1),
  token: address(0xc2),
  stakingController: address(0xc3),
  market: address(0xc4),
  epochRewards: address(0xc5),
};
const PROVERS = 50;
const REQUESTERS = 200;
export const PROOFS_A_BLOCK = 5;
export const LOGS_A_PROOF = 9;
const INPUT = "5a".repeat(1_024);
const prover = (/** @type {number} */ n) => address(0x1000 + n);
const vault = (/** @type {number} */ n) => address(0x2000 + n);

/** A log as an endpoint gives it. @typedef {Record<string, unknown> & { address: string, topics: string[] }} Log */

/** Block 1 has the provers, each later one whole jobs of 9 logs. @param {number} block @returns {Log[]} */
function logsOf(block) {
  /** @type {Log[]} */
  const logs = [];
  let transaction = 0;
  /** @param {string} from @param {string[]} topics @param {string} data */
  const log = (from, topics, data) => {
    logs.push({
      address: from,
      topics,
      data: `0x${data}`,
      blockNumber: hex(block),
      logIndex: hex(logs.length),
      transactionIndex: hex(transaction),
      transactionHash: `0x${word(block * 1_000 + transaction)}`,
      blockHash: `0x${word(block)}`,
      removed: false,
    });
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
    const id = `0x${Buffer.from(keccak256(packed)).toString("hex")}`;
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
    ]) {
      transaction++;
      log(
        market,
        [TOPIC.BidRevealed, id, topic(prover(/** @type {number} */ (n)))],
        word(/** @type {number} */ (fee)),
      );
    }
    transaction++;
    log(token, [TOPIC.Transfer, topic(market), topic(vault(winner))], word(7));
    log(
      stakingController,
      [TOPIC.RewardsAdded, topic(prover(winner)), topic(market)],
      word(7) + word(0) + word(7),
    );
    log(market, [TOPIC.ProofSubmitted, id, topic(prover(winner))], word(1).repeat(8) + word(7));
  }
  return logs;
}

/** Answers what a reader asks of a chain of so many blocks. @param {number} last */
export function endpointOf(last) {
  const block = (/** @type {number} */ n) => ({
    number: hex(n),
    timestamp: hex(1_700_000_000 + 2 * n),
    hash: `0x${word(n)}`,
    parentHash: `0x${word(n - 1)}`,
    transactions: [],
  });
  /** Milliseconds that it took itself. */
  const spent = { cpu: 0 };
  /** @param {{ method: string, params?: any }} call */
  const answer = ({ method, params }) => {
    switch (method) {
      case "eth_chainId":
        return hex(31_337);
      case "eth_blockNumber":
        return hex(last);
      case "eth_getBlockByNumber":
        return block(params[0].startsWith("0x") ? Number(params[0]) : last);
      case "eth_getLogs": {
        const [{ fromBlock, toBlock, address: from, topics }] = params;
        const addresses = from && new Set([from].flat());
        const wanted = topics.map((/** @type {string[] | null} */ list) => list && new Set(list));
        const found = [];
        for (let n = Number(fromBlock); n <= Number(toBlock); n++) {
          for (const log of logsOf(n)) {
            if (addresses && !addresses.has(log.address)) continue;
            if (
              wanted.every(
                (/** @type {Set<string> | null} */ set, /** @type {number} */ i) =>
                  !set || set.has(log.topics[i] ?? ""),
              )
            )
              found.push(log);
          }
        }
        return found;
      }
      default:
        throw new Error(`not answered: ${method}`);
    }
  };
  /** @param {{ method: string, params?: any }} call */
  const request = async (call) => {
    const before = process.cpuUsage();
    const answered = answer(call);
    const { user, system } = process.cpuUsage(before);
    spent.cpu += user + system;
    return answered;
  };
  return { request, spent };
}
