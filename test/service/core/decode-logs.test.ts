// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { type Abi, decodeEventLog, numberToHex } from "viem";
import { beforeAll, describe, expect, test } from "vitest";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../../service/chain/abi.ts";
import type { EventName } from "../../../service/core/chain-event.ts";
import { decodeLogs, EVENT_TOPICS } from "../../../service/core/decode-logs.ts";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import { type FulfilmentEntry, fulfilmentStep } from "../helpers/accumulators.ts";
import { argumentsOf, EVENT_NAMES, encodeEvent, type GivenEvent } from "../helpers/event-log.ts";
import { recordedChains } from "../helpers/recorded-chain.ts";

const ABI = [
  ...[...iProverRegistryAbi, ...iProofMarketAbi, ...iProverVaultAbi, ...iRewardDistributorAbi],
] as Abi;
const RUNS = process.env.FOUNDRY_PROFILE === "deep" ? 2_000 : 60;
const VAULT: Address = `0x${"a1".repeat(20)}`;

beforeAll(initKeccak);

const hexOfBytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => hexOf(bytes));
const ARGUMENTS: Record<string, fc.Arbitrary<unknown>> = {
  address: fc.oneof(
    hexOfBytes(20),
    fc.constant(`0x${"00".repeat(19)}01`),
    fc.constant(`0x${"00".repeat(20)}`),
  ),
  bytes32: fc.oneof(hexOfBytes(32), fc.constant(`0x${"00".repeat(32)}`)),
  uint256: fc.oneof(
    ...[8n, 63n, 64n, 65n, 127n, 128n, 192n, 256n].map((bits) => fc.bigInt(0n, 2n ** bits - 1n)),
  ),
  uint160: hexOfBytes(20),
  uint224: fc.bigInt(0n, 2n ** 224n - 1n),
  bytes: fc.uint8Array({ maxLength: 100 }),
};

const anyEvent = (name: EventName): fc.Arbitrary<GivenEvent> =>
  fc
    .record(
      Object.fromEntries(argumentsOf(name).map((input) => [input.name, ARGUMENTS[input.type] as never])),
    )
    .map((values) => ({ name, ...(values as object) }) as GivenEvent);

const logOf = (encoded: { topics: Hex[]; data: Hex }): RawLog => ({
  ...encoded,
  ...{ address: VAULT, blockNumber: 7, logIndex: 3 },
});

/** As viem decodes it: by name, with lower case, bytes as they are, a hash of 160 bits as text. */
function byViem({ topics, data }: Pick<RawLog, "topics" | "data">) {
  const { eventName, args } = decodeEventLog({ abi: ABI, topics: topics as [Hex], data, strict: true });
  const values = Object.entries(args as unknown as Record<string, unknown>).map(([key, value]) => [
    key,
    eventName === "ActiveAssetsChanged" && key === "rollingHash" && typeof value === "bigint"
      ? numberToHex(value, { size: 20 })
      : typeof value === "string"
        ? value.toLowerCase()
        : value,
  ]);
  return { name: eventName, ...Object.fromEntries(values) };
}

/** The same of an event of ours. */
function plain(name: EventName, event: object) {
  const read = event as Record<string, unknown>;
  const values = argumentsOf(name).map((input) => {
    const value = read[input.name];
    return [input.name, value instanceof Uint8Array ? hexOf(value) : value];
  });
  return { name: read.name, ...Object.fromEntries(values) };
}

const decode = (...logs: RawLog[]) => Array.from(decodeLogs(packLogs(logs)));

describe.each(EVENT_NAMES)("a log of %s", (name) => {
  test("is decoded as viem decodes it, whatever it holds", () => {
    fc.assert(
      fc.property(anyEvent(name), (event) => {
        const log = logOf(encodeEvent(event));
        const [decoded, ...more] = decode(log);
        expect(more).toEqual([]);
        expect(decoded).toMatchObject({ address: VAULT, blockNumber: 7, logIndex: 3 });
        expect(plain(name, decoded?.event ?? {})).toEqual(byViem(log));
      }),
      { numRuns: RUNS },
    );
  });

  test("is refused with a topic or a word too many or too few", () => {
    fc.assert(
      fc.property(anyEvent(name), (event) => {
        const { topics, data } = encodeEvent(event);
        const word = "00".repeat(32);
        const wrong = [
          ...(topics.length < 4 ? [{ topics: [...topics, `0x${word}` as Hex], data }] : []),
          ...(topics.length > 1 ? [{ topics: topics.slice(0, -1), data }] : []),
          { topics, data: `${data}${word}` as Hex },
          { topics, data: `${data}00` as Hex },
          { topics, data: data.slice(0, -64) as Hex },
        ];
        for (const log of wrong) {
          expect(() => decode(logOf(log))).toThrow(new RegExp(`log 3 of block 7: ${name} with`));
        }
      }),
      { numRuns: 5 },
    );
  });
});

describe("packed logs", () => {
  test("ask for the topics that viem computes", () => {
    const topics = EVENT_NAMES.map((name) => {
      const types = argumentsOf(name).map(({ type }) => type);
      return keccakHex(new TextEncoder().encode(`${name}(${types.join(",")})`));
    });
    expect(new Set(EVENT_TOPICS)).toEqual(new Set(topics));
  });

  test.each(recordedChains.map((chain) => [chain.name, chain] as const))(
    "hold the recorded chain %s",
    (_, { logs }) => {
      const decoded = decode(...logs);
      expect(decoded).toHaveLength(logs.length);
      decoded.forEach(({ event, ...where }, i) => {
        const log = logs[i] as (typeof logs)[number];
        const { address, blockNumber, logIndex } = log;
        expect(where).toEqual({ address, blockNumber, logIndex });
        expect(plain(event.name, event)).toEqual(byViem(log));
      });
    },
  );

  test("pass over events of others, and logs without a topic", () => {
    const other = { ...logOf({ topics: [], data: "0x01" }), logIndex: 0 };
    const foreign = { ...logOf({ topics: [`0x${"12".repeat(32)}`], data: "0x" }), logIndex: 1 };
    expect(decode(other, foreign)).toEqual([]);
  });

  test("give the words that a fulfilment's accumulator hashes", () => {
    fc.assert(
      fc.property(anyEvent("Fulfilled"), (given) => {
        const [decoded] = decode(logOf(encodeEvent(given)));
        if (decoded?.event.name !== "Fulfilled") throw new Error("it is a fulfilment");
        const { event } = decoded;
        const words = new Uint8Array(11 * 32);
        words.set(event.step, 32);
        const previous: Hex = `0x${"00".repeat(32)}`;
        expect(keccakHex(words)).toBe(
          fulfilmentStep(previous, { ...given, requestId: event.id } as FulfilmentEntry),
        );
      }),
      { numRuns: 20 },
    );
  });

  test("refuse an address of more than 20 bytes, and bytes at another place than the encoder's", () => {
    const registered = encodeEvent({
      ...{ name: "ProverRegistered", prover: VAULT, vault: VAULT, payout: VAULT },
      ...{ commissionBps: 1n, timestamp: 2n, sequence: 1n, rollingHash: 3n },
    });
    const wide = registered.topics.with(1, `0x${"11".repeat(32)}`);
    expect(() => decode(logOf({ ...registered, topics: wide }))).toThrow("an address of more than 20 bytes");
    const added = encodeEvent({
      ...{ name: "SegmentAdded", fromEpoch: 1n, budget: 2n, policyHash: `0x${"12".repeat(32)}` },
      policy: Uint8Array.of(1, 2, 3),
    });
    const moved = added.data.replace("40", "60") as Hex;
    expect(() => decode(logOf({ ...added, data: moved }))).toThrow("another place");
    const endless = added.data.replace(`${"0".repeat(63)}3`, "f".repeat(64)) as Hex;
    expect(() => decode(logOf({ ...added, data: endless }))).toThrow("cut off");
  });
});
