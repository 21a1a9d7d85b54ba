// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeLogs } from "../../../service/core/decode-logs.ts";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak, keccak256 } from "../../../service/core/keccak.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import { unpackLogs } from "../../../service/core/packed-logs.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import { recordedChains } from "../helpers/recorded-chain.ts";

beforeAll(initKeccak);

const bytes = (minLength: number, maxLength = minLength) =>
  // Zeros in front and in between, as numbers and short texts have them.
  fc
    .array(fc.oneof(fc.constant(0), fc.constant(0), fc.nat(255)), { minLength, maxLength })
    .map((list) => hexOf(Uint8Array.from(list)));
const paddedAddress = bytes(20).map((hex) => `0x${"0".repeat(24)}${hex.slice(2)}` as const);

const anyLogs: fc.Arbitrary<RawLog[]> = fc
  .array(
    fc.record({
      blocks: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(2 ** 31)),
      index: fc.nat(200),
      address: fc.constantFrom(...["aa", "bb", "cc"].map((byte) => `0x${byte.repeat(20)}` as const)),
      topics: fc.array(fc.oneof(bytes(32), paddedAddress), { maxLength: 4 }),
      data: fc.oneof(bytes(0, 100), bytes(96), bytes(1_000, 3_000)),
    }),
    { maxLength: 20 },
  )
  .map((steps) => {
    let [blockNumber, logIndex] = [0, -1];
    return steps.map(({ blocks, index, ...log }) => {
      logIndex = blocks === 0 ? logIndex + 1 + index : index;
      blockNumber += blocks;
      return { ...log, blockNumber, logIndex };
    });
  });

const LOG: RawLog = {
  ...{ address: `0x${"aa".repeat(20)}`, topics: [`0x${"bb".repeat(32)}`], data: "0x00ff" },
  ...{ blockNumber: 5, logIndex: 1 },
};

describe("packed logs", () => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(anyLogs, (logs) => {
        expect(Array.from(unpackLogs(packLogs(logs)))).toEqual(logs);
      }),
    );
  });

  test("take less than half of their bytes", () => {
    for (const { logs } of recordedChains) {
      const raw = logs.reduce(
        (sum, { topics, data }) => sum + 20 + 32 * topics.length + data.length / 2 - 1,
        0,
      );
      expect(packLogs(logs).length).toBeLessThan(raw / 2);
    }
  });

  test("are refused if any byte was changed, or some are missing", () => {
    const packed = packLogs(recordedChains[0]?.logs ?? []);
    for (let at = 0; at < packed.length; at += 7) {
      const damaged = Uint8Array.from(packed);
      damaged[at] = (damaged[at] as number) ^ 0x10;
      expect(() => Array.from(unpackLogs(damaged)), `byte ${at}`).toThrow(/^packed logs: /);
      expect(() => Array.from(decodeLogs(packed.subarray(0, at))), `${at} bytes`).toThrow(/^packed logs: /);
    }
  });

  test("are refused whatever they hold, if their checksum fits and they make no sense", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        const content = Uint8Array.from([1, ...body]);
        const sealed = Uint8Array.from([...content, ...keccak256(content).subarray(0, 8)]);
        try {
          // What can be read is read as something; nothing else than an error that names the pages comes of the rest.
          Array.from(unpackLogs(sealed));
        } catch (error) {
          expect(error).toMatchObject({ name: "InputError", field: "packed logs" });
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["an earlier block", [LOG, { ...LOG, blockNumber: 4 }], "logs[1]"],
    ["a log twice", [LOG, LOG], "logs[1]"],
    ["an address of 19 bytes", [{ ...LOG, address: `0x${"aa".repeat(19)}` }], "logs[0].address"],
    ["an address in capitals", [{ ...LOG, address: `0x${"AA".repeat(20)}` }], "logs[0].address"],
    ["a topic of 31 bytes", [{ ...LOG, topics: [`0x${"bb".repeat(31)}`] }], "logs[0].topics[0]"],
    ["a topic that is no hex", [{ ...LOG, topics: [`0x${"zz".repeat(32)}`] }], "logs[0].topics[0]"],
    ["five topics", [{ ...LOG, topics: Array(5).fill(LOG.topics[0]) }], "logs[0].topics"],
    ["half a byte", [{ ...LOG, data: "0x0" }], "logs[0].data"],
    ["data without 0x", [{ ...LOG, data: "00" }], "logs[0].data"],
    ["data in capitals", [{ ...LOG, data: "0xFF" }], "logs[0].data"],
    ["more data than any log has", [{ ...LOG, data: `0x${"00".repeat(2 ** 20 + 1)}` }], "logs[0].data"],
    ["a block before the first", [{ ...LOG, blockNumber: -1 }], "logs[0].blockNumber"],
    ["a block beyond 2^53", [{ ...LOG, blockNumber: 2 ** 53 }], "logs[0].blockNumber"],
    ["half a log index", [{ ...LOG, logIndex: 0.5 }], "logs[0].logIndex"],
  ])("are not made of %s", (_, logs, field) => {
    expect(() => packLogs(logs as RawLog[])).toThrow(expect.objectContaining({ name: "InputError", field }));
  });
});
