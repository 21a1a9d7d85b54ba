// SPDX-License-Identifier: AGPL-3.0-only
// Logs of the shape that a busy network's have: in each block fulfilments by a thousand provers, and with each the
// reward that it brings to the prover's vault. Hashes are as good as random, so that nothing packs better than real ones.
import { EMPTY_STAKE_HASH, registrationStep, stakeStep } from "../../../service/core/ids.ts";
import { keccakHex } from "../../../service/core/keccak.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Hex } from "../../../service/core/types.ts";
import type { Page } from "../../../service/store/pages.ts";
import { topic, word } from "../../../test/service/helpers/log-words.ts";
import { mulberry32 } from "../../../test/service/helpers/random.ts";

const PROVERS = 1_000;
const REQUESTERS = 25;
const FULFILMENTS_PER_BLOCK = 20;
const BLOCKS_PER_PAGE = 250;
const BLOCK_SECONDS = 12n;
const FEE = 3_141_592_653_589_793_238n;

const REGISTERED = "0x9198aeecce44b1dfc2e01153d1d7133bbd3f7b104554ab6f2ce728c230b78096";
const CHANGED = "0x5b87c0e9cd3abc4fbd9355cb0e194b914c0ca10c941c67e0b9ec761effab7ae2";
const FULFILLED = "0xa2bd2a551e9f7677b4ab0bfdfa59f61c154e8624549c937bc32efedb49406442";

export const DEPLOYMENT = {
  ...{ chainId: 1n, distributor: address(0xd1), registry: address(0xe1), market: address(0xf1) },
  ...{ startBlock: 0n, clockStart: 1_700_000_000n, epochLength: 86_400n },
  ...{ unbondingDelay: 604_800n, vestingPeriod: 604_800n },
};

export interface Made {
  readonly logs: readonly RawLog[];
  readonly fulfilments: number;
  readonly page: Omit<Page, "logs">;
}

/** Page after page, with `size` fulfilments in all. */
export function* makePages(size: number): Generator<Made> {
  const random = mulberry32(size);
  const vaults = Array.from({ length: PROVERS }, () => ({ active: 0n, hash: EMPTY_STAKE_HASH }));
  const sequences = new Map<bigint, number>();
  let block = 0;
  let time = DEPLOYMENT.clockStart;
  let parentHash: Hex | undefined;
  let logs: RawLog[] = [];
  let logIndex = 0;
  const log = (from: Hex, topics: readonly Hex[], data: readonly bigint[]) => {
    const words = `0x${data.map(word).join("")}` as const;
    logs.push({ address: from, topics, data: words, blockNumber: block, logIndex: logIndex++ });
  };
  const change = (prover: number, by: bigint) => {
    const vault = vaults[prover] as (typeof vaults)[number];
    vault.active += by;
    vault.hash = stakeStep(vault.hash, { activeAssets: vault.active, timestamp: time });
    log(vaultOf(prover), [CHANGED], [vault.active, time, BigInt(vault.hash)]);
  };
  const register = () => {
    let registrations = 0n;
    for (let i = 0; i < PROVERS; i++) {
      const [prover, vault, sequence] = [proverOf(i), vaultOf(i), BigInt(i + 1)];
      const entry = { sequence, prover, vault, commissionBps: 1_000n, payout: prover, timestamp: time };
      registrations = registrationStep(registrations, entry);
      const data = [1_000n, BigInt(prover), time, sequence, registrations];
      log(DEPLOYMENT.registry, [REGISTERED, topic(prover), topic(vault)], data);
      change(i, 10n ** 21n);
    }
  };
  const fulfil = () => {
    const epoch = (time - DEPLOYMENT.clockStart) / DEPLOYMENT.epochLength;
    const prover = Math.floor(random() * PROVERS);
    const sequence = (sequences.get(epoch) ?? 0) + 1;
    sequences.set(epoch, sequence);
    const fee = FEE + BigInt(Math.floor(random() * 2 ** 50));
    const topics: Hex[] = [FULFILLED, hash(random), topic(proverOf(prover)), `0x${word(epoch)}`];
    const requester = 0xe4a50n + BigInt(prover % REQUESTERS);
    const about = [BigInt(sequence), requester, BigInt(hash(random))];
    log(DEPLOYMENT.market, topics, [...about, fee, fee / 20n, fee * 10_000n, fee * 10_000n, time]);
    change(prover, (fee * 9n) / 10n);
  };
  for (let made = 0; made < size; ) {
    const firstBlock = block;
    const before = made;
    logs = [];
    for (; block < firstBlock + BLOCKS_PER_PAGE && made < size; block++) {
      time += BLOCK_SECONDS;
      logIndex = 0;
      if (block === 0) register();
      for (let i = 0; i < FULFILMENTS_PER_BLOCK && made < size; i++, made++) fulfil();
    }
    const lastHash = keccakHex(new TextEncoder().encode(String(block)));
    const blocks = { firstBlock: BigInt(firstBlock), lastBlock: BigInt(block - 1), lastTime: time };
    yield { logs, fulfilments: made - before, page: { ...blocks, parentHash, lastHash } };
    parentHash = lastHash;
  }
}

const proverOf = (prover: number): Hex => address(0x9e37_79b9 * (prover + 1));
const vaultOf = (prover: number): Hex => address(0x7f4a_7c15 * (prover + 1));

function address(seed: number): Hex {
  return `0x${seed.toString(16).padStart(16, "0").repeat(3).slice(0, 40)}`;
}

function hash(random: () => number): Hex {
  const part = () => Math.floor(random() * 2 ** 32);
  return `0x${Array.from({ length: 8 }, () => part().toString(16).padStart(8, "0")).join("")}`;
}
