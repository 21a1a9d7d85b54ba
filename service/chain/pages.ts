// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { RawLog } from "../core/raw-log.ts";
import type { Address, Hex } from "../core/types.ts";
import type { BlockPoint } from "./blocks.ts";
import { asChainError } from "./errors.ts";
import { readRawLogs, type Where } from "./raw-logs.ts";
import type { System } from "./system.ts";

/** Logs of some blocks that follow each other, as they came, and where they end. */
export interface LogPage<Log = RawLog> {
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly lastHash: Hex;
  readonly lastTime: bigint;
  readonly logs: readonly Log[];
}

export interface PageReader<Log = RawLog> {
  /** The next page of final blocks: as many as fit, up to `last`, which is final. */
  readonly final: (firstBlock: bigint, last: BlockPoint) => Promise<LogPage<Log>>;
  /**
   * The next page of blocks that may still be replaced, up to `last`; undefined if they are of another fork than the
   * block before, `parent` if that is known, or than each other.
   */
  readonly open: (
    firstBlock: bigint,
    last: BlockPoint,
    parent: Hex | undefined,
  ) => Promise<LogPage<Log> | undefined>;
}

/** A busy deployment has a page's logs in a few hundred blocks; where there are few, spans double each time. */
const FIRST_SPAN = 100n;
const LONGEST_SPAN = 200_000n;
/** Pages become as long as holds about so many logs, so that memory stays bounded. */
const FULL_PAGE = 5_000;
/** How many blocks of the head are read at a time. */
const OPEN_BLOCKS = 100n;

/** Reads pages one after the other. `vaults` are those whose logs are read; it grows as provers register. */
export function pageReader(client: PublicClient, system: System, vaults: Set<Address>): PageReader {
  return pagesBy(client, (places) => readRawLogs(client, system, vaults, places));
}

/**
 * Reads pages of what `readLogs` gives for some blocks; `weightOf` says how many logs of ordinary size one page
 * holds. Throws what `readLogs` does; an open page whose blocks were replaced meanwhile is undefined.
 */
export function pagesBy<Log>(
  client: PublicClient,
  readLogs: (places: readonly Where[]) => Promise<readonly Log[]>,
  weightOf: (logs: readonly Log[]) => number = (logs) => logs.length,
): PageReader<Log> {
  let span = FIRST_SPAN;
  return {
    async final(firstBlock, last) {
      const lastBlock = min(firstBlock + span - 1n, last.number);
      const [logs, end] = await Promise.all([
        readLogs([{ fromBlock: firstBlock, toBlock: lastBlock }]),
        lastBlock === last.number ? last : blockAt(client, lastBlock),
      ]);
      // At most twice as long as this one.
      const fitting = (span * BigInt(FULL_PAGE)) / BigInt(Math.max(weightOf(logs), FULL_PAGE / 2));
      span = min(fitting + 1n, LONGEST_SPAN);
      return { firstBlock, lastBlock, lastHash: end.hash, lastTime: end.timestamp, logs };
    },
    async open(firstBlock, last, parent) {
      const lastBlock = min(firstBlock + OPEN_BLOCKS - 1n, last.number);
      const count = Number(lastBlock - firstBlock) + 1;
      const blocks = await Promise.all(
        Array.from({ length: count }, (_, i) => blockAt(client, firstBlock + BigInt(i))),
      );
      if (!hangTogether(blocks, parent)) return undefined;
      const end = blocks.at(-1) as BlockPoint;
      const places = blocks.map(({ number, hash }) => ({ block: number, blockHash: hash }));
      try {
        const logs = await readLogs(places);
        return { firstBlock, lastBlock, lastHash: end.hash, lastTime: end.timestamp, logs };
      } catch (error) {
        // Nobody gives the logs of a block that was replaced meanwhile.
        if ((await blockAt(client, lastBlock)).hash !== end.hash) return undefined;
        throw error;
      }
    },
  };
}

interface LinkedBlock extends BlockPoint {
  readonly parentHash: Hex;
}

async function blockAt(client: PublicClient, blockNumber: bigint): Promise<LinkedBlock> {
  const block = await client.getBlock({ blockNumber }).catch((error) => Promise.reject(asChainError(error)));
  const { number, hash, parentHash, timestamp } = block;
  return { number, hash, parentHash, timestamp };
}

function hangTogether(blocks: readonly LinkedBlock[], parent: Hex | undefined): boolean {
  let before = parent;
  for (const { hash, parentHash } of blocks) {
    if (before !== undefined && parentHash !== before) return false;
    before = hash;
  }
  return true;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
