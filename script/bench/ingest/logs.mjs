// SPDX-License-Identifier: AGPL-3.0-only
// Logs of the shape that a busy network's have: in each block fulfilments by a thousand provers, and with each the
// reward that it brings to the prover's vault. Hashes are as good as random, so that nothing packs better than real ones.
import { EMPTY_STAKE_HASH, registrationStep, stakeStep } from "../../../service/core/ids.ts";
import { keccakHex } from "../../../service/core/keccak.ts";

/** @typedef {import("../../../service/core/raw-log.ts").RawLog} RawLog */

const PROVERS = 1_000;
const REQUESTERS = 25;
const FULFILMENTS_PER_BLOCK = 20;
const BLOCKS_PER_PAGE = 250;
const BLOCK_SECONDS = 12;
const FEE = 3_141_592_653_589_793_238n;

const REGISTERED = "0x9198aeecce44b1dfc2e01153d1d7133bbd3f7b104554ab6f2ce728c230b78096";
const CHANGED = "0x5b87c0e9cd3abc4fbd9355cb0e194b914c0ca10c941c67e0b9ec761effab7ae2";
const FULFILLED = "0xa2bd2a551e9f7677b4ab0bfdfa59f61c154e8624549c937bc32efedb49406442";

export const DEPLOYMENT = {
  chainId: 1n,
  distributor: address(0xd1),
  registry: address(0xe1),
  market: address(0xf1),
  startBlock: 0n,
  clockStart: 1_700_000_000n,
  epochLength: 86_400n,
  unbondingDelay: 604_800n,
  vestingPeriod: 604_800n,
};

/**
 * Page after page, with `size` fulfilments in all.
 * @param {number} size
 */
export function* makePages(size) {
  const random = xorshift(size);
  const vaults = Array.from({ length: PROVERS }, () => ({ active: 0n, hash: EMPTY_STAKE_HASH }));
  /** @type {Map<bigint, number>} */
  const sequences = new Map();
  let block = 0;
  let time = DEPLOYMENT.clockStart;
  let parentHash;
  for (let made = 0; made < size; ) {
    const firstBlock = block;
    /** @type {RawLog[]} */
    const logs = [];
    let fulfilments = 0;
    for (; block < firstBlock + BLOCKS_PER_PAGE && made < size; block++) {
      time += BigInt(BLOCK_SECONDS);
      let logIndex = 0;
      /** @param {`0x${string}`} from @param {`0x${string}`[]} topics @param {bigint[]} data */
      const log = (from, topics, data) => {
        logs.push({ address: from, topics, data: words(data), blockNumber: block, logIndex: logIndex++ });
      };
      const change = (/** @type {number} */ prover, /** @type {bigint} */ by) => {
        const vault = /** @type {(typeof vaults)[number]} */ (vaults[prover]);
        vault.active += by;
        vault.hash = stakeStep(vault.hash, { activeAssets: vault.active, timestamp: time });
        log(vaultOf(prover), [CHANGED], [vault.active, time, BigInt(vault.hash)]);
      };
      if (block === 0) {
        let registrations = 0n;
        for (let prover = 0; prover < PROVERS; prover++) {
          /** @type {`0x${string}`[]} */
          const topics = [REGISTERED, pad(proverOf(prover)), pad(vaultOf(prover))];
          const sequence = BigInt(prover + 1);
          registrations = registrationStep(registrations, {
            ...{ sequence, prover: proverOf(prover), vault: vaultOf(prover), commissionBps: 1_000n },
            ...{ payout: proverOf(prover), timestamp: time },
          });
          log(DEPLOYMENT.registry, topics, [
            ...[1_000n, BigInt(proverOf(prover)), time, sequence, registrations],
          ]);
          change(prover, 10n ** 21n);
        }
      }
      const epoch = (time - DEPLOYMENT.clockStart) / DEPLOYMENT.epochLength;
      for (let i = 0; i < FULFILMENTS_PER_BLOCK && made < size; i++, made++, fulfilments++) {
        const prover = Math.floor(random() * PROVERS);
        const sequence = (sequences.get(epoch) ?? 0) + 1;
        sequences.set(epoch, sequence);
        const fee = FEE + BigInt(Math.floor(random() * 2 ** 50));
        /** @type {`0x${string}`[]} */
        const topics = [FULFILLED, hash(random), pad(proverOf(prover)), words([epoch])];
        const statement = BigInt(hash(random));
        const requester = 0xe4a50n + BigInt(prover % REQUESTERS);
        const sums = [
          BigInt(sequence),
          requester,
          statement,
          fee,
          fee / 20n,
          fee * 10_000n,
          fee * 10_000n,
          time,
        ];
        log(DEPLOYMENT.market, topics, sums);
        change(prover, (fee * 9n) / 10n);
      }
    }
    const lastHash = keccakHex(new TextEncoder().encode(String(block)));
    yield {
      logs,
      fulfilments,
      page: {
        firstBlock: BigInt(firstBlock),
        lastBlock: BigInt(block - 1),
        lastTime: time,
        parentHash,
        lastHash,
      },
    };
    parentHash = lastHash;
  }
}

/** @param {number} prover */
function proverOf(prover) {
  return address(0x9e37_79b9 * (prover + 1));
}

/** @param {number} prover */
function vaultOf(prover) {
  return address(0x7f4a_7c15 * (prover + 1));
}

/** @param {number} seed @returns {`0x${string}`} */
function address(seed) {
  return `0x${seed.toString(16).padStart(16, "0").repeat(3).slice(0, 40)}`;
}

/** @param {`0x${string}`} short @returns {`0x${string}`} */
function pad(short) {
  return `0x${short.slice(2).padStart(64, "0")}`;
}

/** @param {bigint[]} values @returns {`0x${string}`} */
function words(values) {
  return `0x${values.map((value) => value.toString(16).padStart(64, "0")).join("")}`;
}

/** @param {() => number} random @returns {`0x${string}`} */
function hash(random) {
  let digits = "";
  for (let i = 0; i < 8; i++)
    digits += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return `0x${digits}`;
}

/** Numbers in [0, 1) that a seed gives again. @param {number} seed */
function xorshift(seed) {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
