// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, pad } from "viem";
import { beforeAll, describe, expect, test } from "vitest";
import { addLogs, type Facts, noFacts } from "../../../service/audit/facts.ts";
import { deriveInput } from "../../../service/audit/inputs.ts";
import { plainInput } from "../../../service/core/epoch-input.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import type { EpochInput } from "../../../service/core/types.ts";
import { openDeployment, type Position, readPosition } from "../../../service/store/deployment.ts";
import { readEpochInput } from "../../../service/store/epoch-input.ts";
import { setChecked } from "../../../service/store/expected.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";
import { onEachDatabase } from "../helpers/database.ts";
import { type LoggedChain, pagesOf } from "../helpers/pages.ts";
import { mulberry32 } from "../helpers/random.ts";
import { extend, newSimulatedChain } from "../helpers/simulated-chain.ts";

/** How many random histories; a database on a server takes its time. */
const RUNS =
  process.env.FOUNDRY_PROFILE === "deep" ? { SQLite: 200, PostgreSQL: 20 } : { SQLite: 6, PostgreSQL: 2 };

beforeAll(initKeccak);

/** What the auditor, who has no database, reads of the whole chain. */
async function factsOf({ key, blocks, logs }: LoggedChain): Promise<Facts> {
  const { client } = fakeChain(async ({ method, params }: RpcCall) => {
    if (method !== "eth_getLogs") throw new Error(`nobody asks for ${method}`);
    const [{ address, fromBlock, toBlock }] = params as [
      { address: string[]; fromBlock: string; toBlock: string },
    ];
    return logs
      .filter((log) => address.includes(log.address))
      .filter(({ blockNumber: block }) => block >= Number(fromBlock) && block <= Number(toBlock))
      .map(({ blockNumber, logIndex, ...log }) => ({
        ...log,
        ...{ blockNumber: numberToHex(blockNumber), logIndex: numberToHex(logIndex), removed: false },
        ...{ blockHash: pad("0x1"), transactionHash: pad("0x1"), transactionIndex: "0x0" },
      }));
  });
  const facts = noFacts();
  const toBlock = BigInt(blocks.at(-1)?.number ?? 0);
  await addLogs(facts, client, key, { fromBlock: key.startBlock, toBlock });
  return facts;
}

onEachDatabase(({ name, open }) => {
  describe("an epoch's input from epoch activity", () => {
    test.each(Array.from({ length: RUNS[name] }, (_, seed) => seed))(
      "is what the auditor derives from the whole history (seed %i)",
      async (seed) => {
        const random = mulberry32(seed);
        const chain = extend(newSimulatedChain(), 40, random);
        const database = await open();
        const deployment = await openDeployment(database, chain.key);
        const ends = chain.blocks.map((_, i) => i).filter(() => random() < 0.3);
        for (const page of pagesOf(chain, ends)) await ingest(database, deployment, page);
        const position = (await readPosition(database, deployment)) as Position;
        await setChecked(database, deployment, position);

        const facts = await factsOf(chain);
        const { clockStart, epochLength } = chain.key;
        const running = Math.floor(
          ((chain.blocks.at(-1)?.timestamp ?? 0) - Number(clockStart)) / Number(epochLength),
        );
        expect(running).toBeGreaterThan(3);
        const [root, total] = [pad("0x1"), 5n];
        const previous = { root, total, leaves: [] };
        const packed = { root, total, leaves: packLeaves([]), leavesRoot: root };
        const carry = 7n;
        for (let epoch = 0; epoch < running; epoch++) {
          const end = Number(clockStart) + (epoch + 1) * Number(epochLength);
          const last = chain.blocks.findLast(({ timestamp }) => timestamp < end);
          const snapshot = { number: BigInt(last?.number ?? 0), hash: last?.hash ?? "0x" };
          const trail = { deployment: chain.key, facts, starts: new Map([[epoch, { previous, carry }]]) };
          const { input: expected } = deriveInput(trail, epoch, snapshot);
          const input = await readEpochInput(database, deployment, {
            ...{ epoch, snapshot, previous: packed, carry },
          });
          expect(comparable(plainInput(input))).toEqual(comparable(expected as EpochInput));
        }
      },
    );
  });
});

/** The order of the inputs changes nothing. */
function comparable({ misses, previous, provers, ...input }: EpochInput) {
  const byProver = (a: { prover: string }, b: { prover: string }) => (a.prover < b.prover ? -1 : 1);
  return {
    ...input,
    provers: provers.toSorted(byProver),
    misses: misses.toSorted((a, b) => (a.requestId < b.requestId ? -1 : 1)),
    previous: { ...previous, leaves: previous.leaves.toSorted(byProver) },
  };
}
