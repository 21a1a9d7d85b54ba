// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, numberToHex } from "viem";
import { beforeAll, describe, expect, test } from "vitest";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { vetoStep } from "../../../service/core/ids.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { OpenDatabase } from "../../../service/epoch/sources.ts";
import { verifyLogs } from "../../../service/networks/provender/verify-logs.ts";
import { type Position, readPosition } from "../../../service/store/deployment.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { encodeEvent } from "../helpers/event-log.ts";
import { loggedChain, pagesOf } from "../helpers/pages.ts";
import { type RecordedChain, recordedChains, recordedClient } from "../helpers/recorded-chain.ts";
import { stored } from "../helpers/stored.ts";

await initKeccak();

const recorded = recordedChains.find(({ name }) => name === "boundaries") as RecordedChain;
const OTHER: Hex = `0x${"99".repeat(32)}`;

let database: OpenDatabase;
let system: System;
let position: Position;

beforeAll(async () => {
  system = await readSystem(chainOf(recorded), recorded.distributor);
  [database, position] = await holding(recorded.logs);
});

function chainOf(chain: RecordedChain) {
  return { client: recordedClient(chain), chainId: BigInt(chain.chainId), rpcUrl: "recorded", agreement: 1 };
}

/** What is said of the same logs where the contracts hold something else. */
function said(change: (state: RecordedChain["state"]) => void) {
  const chain = structuredClone(recorded);
  change(chain.state);
  return verifyLogs({ chain: chainOf(chain), system, ...database }, position);
}

/** The database of whoever is given these logs. */
async function holding(logs: RecordedChain["logs"]): Promise<[OpenDatabase, Position]> {
  const into = await stored(system)();
  const { key, ...logged } = loggedChain({ ...recorded, logs });
  for (const page of pagesOf({ ...logged, key: { ...key, startBlock: system.startBlock } })) {
    await ingest(into.database, into.deployment, page);
  }
  return [into, (await readPosition(into.database, into.deployment)) as Position];
}

type State = RecordedChain["state"];
const first = <T>(list: readonly T[]) => list[0] as T;
const proverOf = ({ provers }: State) => first(provers);
const ADA = "0x00000000000000000000000000000000000000a1";
const VAULT = "0x000000000000000000000000000000000000a1fa";

test("logs that agree with what the contracts hold contradict nothing", async () => {
  expect(await said(() => undefined)).toBeUndefined();
});

test("a position that another process has moved is behind", async () => {
  const moved = { ...position, block: position.block - 1n };
  expect(await verifyLogs({ chain: chainOf(recorded), system, ...database }, moved)).toBe("behind");
});

test("a block's time that the contracts are not at is found before epochs are counted up to it", async () => {
  const later = { ...position, time: position.time + 2n ** 52n };
  expect(await verifyLogs({ chain: chainOf(recorded), system, ...database }, later)).toMatchObject({
    code: "inconsistent",
    message: expect.stringMatching(/^block \d+ is given at \d+, and the contracts are in epoch \d there$/),
  });
});

describe("logs are contradicted by", () => {
  test.each<[what: string, change: (state: State) => void, says: RegExp]>([
    [
      "a prover that they do not register",
      ({ registrations }) => registrations.count++,
      /^5 provers are registered, the logs hold 4$/,
    ],
    [
      "a prover that nobody registered",
      ({ registrations }) => registrations.count--,
      /^3 provers are .* the logs hold 4$/,
    ],
    [
      "other registrations",
      ({ registrations }) => {
        registrations.rollingHash = `0x${"99".repeat(28)}`;
      },
      /^a registration is altered in the logs: they hash to another value than the registry's$/,
    ],
    ...(["latestPostHash", "rollingHash"] as const).map((hash): [string, (state: State) => void, RegExp] => [
      `another ${hash} of posts`,
      ({ postHistory }) => {
        postHistory[hash] = OTHER;
      },
      /^a posted root or a veto is altered in the logs: they hash to another value$/,
    ]),
    [
      "a registration at another time",
      (state) => {
        proverOf(state).registeredAt = "1700001001";
      },
      new RegExp(`^the registration of prover ${ADA} is altered in the logs$`),
    ],
    [
      "a root that they do not post",
      ({ latestPost }) => latestPost.postNumber++,
      /^6 roots were posted, the logs hold 5$/,
    ],
    [
      "another root",
      ({ latestPost }) => {
        latestPost.root = OTHER;
      },
      /^posted root 5 is altered in the logs$/,
    ],
    [
      "another total",
      ({ latestPost }) => {
        latestPost.cumulativeTotal = "348";
      },
      /^posted root 5 is altered in the logs$/,
    ],
    [
      "a segment that they do not add",
      ({ segments }) => segments.push(first(segments)),
      /^4 budget segments are set, the logs hold 3$/,
    ],
    [
      "another budget",
      ({ segments }) => {
        first(segments).budget = "1001";
      },
      /^budget segment 0 is altered in the logs$/,
    ],
    ...(["fulfilment", "miss"] as const).flatMap((kind) => {
      const epochOf = (state: State) => first(state[`${kind}Accumulators`]);
      const count = kind === "miss" ? 2 : 4;
      return [
        [
          `a ${kind} that is the last`,
          (state: State) => epochOf(state).count++,
          new RegExp(`^epoch 0: ${kind} ${count + 1} of ${count + 1} is missing from the logs$`),
        ],
        [
          `a ${kind} less`,
          (state: State) => epochOf(state).count--,
          new RegExp(`^epoch 0: ${kind} ${count} of ${count - 1} is in the logs, but not the chain's$`),
        ],
        [
          `a ${kind} that says something else`,
          (state: State) => {
            epochOf(state).hash = OTHER;
          },
          /^epoch 0: the logs of its \d+ (fulfilments|misses) hash to 0x.*: one of them was altered, and `provender audit --epoch 0` says which$/,
        ],
      ] as [string, (state: State) => void, RegExp][];
    }),
    [
      "a commission change that is the last",
      (state) => proverOf(state).commissionSequence++,
      new RegExp(`^commission change 4 of prover ${ADA} is missing in the logs$`),
    ],
    [
      "a commission change less",
      (state) => proverOf(state).commissionSequence--,
      new RegExp(`^commission change 3 of prover ${ADA} is not the chain's in the logs$`),
    ],
    [
      "a commission change that says something else",
      (state) => {
        proverOf(state).commissionHash = OTHER;
      },
      new RegExp(`^commission change 3 of prover ${ADA} is altered in the logs$`),
    ],
    [
      "a claim that is the last",
      (state) => {
        proverOf(state).claimed = "150";
      },
      new RegExp(`^prover ${ADA}: a claim is missing from the logs \\(they give 149, the registry 150\\)$`),
    ],
    [
      "another commission of claims",
      (state) => {
        proverOf(state).claimedCommission = "13";
      },
      new RegExp(`^prover ${ADA}: a claim is missing from the logs`),
    ],
    ...([0, 1] as const).map((index): [string, (state: State) => void, RegExp] => [
      `a vault whose ${["active assets", "rolling hash"][index]} moved on`,
      (state) => {
        const { stakeState } = proverOf(state);
        stakeState[index] = numberToHex(BigInt(stakeState[index]) + 1n);
      },
      new RegExp(`^vault ${VAULT}: a change of active assets is missing from the logs after block \\d+ `),
    ]),
  ])("%s", async (_, change, says) => {
    expect(await said(change)).toMatchObject({ code: "inconsistent", message: expect.stringMatching(says) });
  });

  test.each<[what: string, given: RecordedChain["logs"], says: string]>([
    [
      "a vault of which they say nothing",
      recorded.logs.filter(({ address }) => address !== VAULT),
      `vault ${VAULT}: a change of active assets is missing from the logs after its creation (the vault holds 3000)`,
    ],
    [
      "a root that was not vetoed",
      [...recorded.logs, vetoOfLast()],
      "the veto of posted root 5 is in the logs, but not the chain's",
    ],
  ])("%s", async (_, logs, message) => {
    const [into, at] = await holding(logs);
    const found = await verifyLogs({ chain: chainOf(recorded), system, ...into }, at);
    expect(found).toMatchObject({ code: "inconsistent", message });
  });
});

function vetoOfLast(): RecordedChain["logs"][number] {
  const { root } = recorded.state.latestPost;
  const { latestPostHash, rollingHash: before } = recorded.state.postHistory;
  const rollingHash = vetoStep(before, latestPostHash, ADA);
  const veto = { name: "RootVetoed", epoch: 3n, postNumber: 5n, by: ADA, root, rollingHash } as const;
  return {
    ...{ address: recorded.distributor, ...encodeEvent(veto), event: "RootVetoed", args: {} },
    ...{ blockNumber: recorded.blocks.at(-1)?.number ?? 0, logIndex: 1_000 },
  };
}
