// SPDX-License-Identifier: AGPL-3.0-only
import { decodeEventLog, numberToHex } from "viem";
import { beforeAll, describe, expect, test } from "vitest";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../../service/chain/abi.ts";
import { carryInto as carryInHistory, gather } from "../../../service/chain/gather.ts";
import { emptyHistory, type History, record } from "../../../service/chain/history.ts";
import type { ChainLog } from "../../../service/chain/logs.ts";
import type { Reading } from "../../../service/chain/reading.ts";
import type { System } from "../../../service/chain/system.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { carryInto } from "../../../service/core/ledger.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { readEpochInput } from "../../../service/store/epoch-input.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { readLedger } from "../../../service/store/ledger.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";
import { onEachDatabase } from "../helpers/database.ts";
import { type LoggedChain, pagesOf } from "../helpers/pages.ts";
import { mulberry32 } from "../helpers/random.ts";
import { extend, newSimulatedChain } from "../helpers/simulated-chain.ts";

/** How many random histories; a database on a server takes its time. */
const RUNS =
  process.env.FOUNDRY_PROFILE === "deep" ? { SQLite: 200, PostgreSQL: 20 } : { SQLite: 6, PostgreSQL: 2 };
const ABI = [...iProverRegistryAbi, ...iProofMarketAbi, ...iProverVaultAbi, ...iRewardDistributorAbi];

beforeAll(initKeccak);

/** The chain as it is read without a database. */
function readingOf(chain: LoggedChain): Reading {
  const { client } = fakeChain(async ({ params }: RpcCall) => {
    const number = Number((params as [string])[0]);
    const block = chain.blocks.find((candidate) => candidate.number === number);
    return { number: numberToHex(number), hash: block?.hash, timestamp: numberToHex(block?.timestamp ?? 0) };
  });
  const last = chain.blocks.at(-1) as LoggedChain["blocks"][number];
  const pinned = { number: BigInt(last.number), hash: last.hash, timestamp: BigInt(last.timestamp) };
  return { client, system: chain.key as System, pinned, history: historyOf(chain) };
}

function historyOf({ logs, key }: LoggedChain): History {
  const history = emptyHistory();
  const decoded = logs.map(
    ({ topics, data, ...log }) =>
      ({
        ...decodeEventLog({ abi: ABI, topics: topics as [`0x${string}`], data }),
        ...{ ...log, blockNumber: BigInt(log.blockNumber) },
      }) as unknown as ChainLog,
  );
  const named = new Set<string>([key.registry, key.market, key.distributor]);
  for (const log of decoded) if (named.has(log.address)) record(history, log, new Map());
  const vaults = new Map([...history.provers.values()].map((prover) => [prover.vault, prover]));
  for (const log of decoded) if (!named.has(log.address)) record(history, log, vaults);
  return history;
}

onEachDatabase(({ name, open }) => {
  describe("an epoch's input from roll-ups", () => {
    test.each(Array.from({ length: RUNS[name] }, (_, seed) => seed))(
      "is that of the whole history (seed %i)",
      async (seed) => {
        const random = mulberry32(seed);
        const chain = extend(newSimulatedChain(), 40, random);
        const database = await open();
        const deployment = await openDeployment(database, chain.key);
        const ends = chain.blocks.map((_, i) => i).filter(() => random() < 0.3);
        for (const page of pagesOf(chain, ends)) await ingest(database, deployment, page);

        const reading = readingOf(chain);
        const ledger = await readLedger(database, deployment);
        const { clockStart, epochLength } = chain.key;
        const running = Number((reading.pinned.timestamp - clockStart) / epochLength);
        expect(running).toBeGreaterThan(3);
        for (let epoch = 0; epoch < running; epoch++) {
          const previous = { root: numberToHex(1, { size: 32 }), total: 5n, leaves: [] };
          const carry = carryInto(ledger, epoch);
          expect(carry).toBe(carryInHistory(reading.history, epoch));
          const expected = await gather(reading, epoch, { previous, carry });
          const { snapshot } = expected;
          const input = await readEpochInput(database, deployment, { epoch, snapshot, previous, carry });
          expect(comparable(input)).toEqual(comparable(expected));
        }
      },
    );
  });
});

/** The order of the inputs changes nothing. */
function comparable({ misses, previous, ...input }: Awaited<ReturnType<typeof gather>>) {
  return {
    ...input,
    misses: misses.toSorted((a, b) => (a.requestId < b.requestId ? -1 : 1)),
    previous: { ...previous, leaves: previous.leaves.toSorted((a, b) => (a.prover < b.prover ? -1 : 1)) },
  };
}
