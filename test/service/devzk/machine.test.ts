// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble, FIBONACCI, MachineError, run, statementOf } from "../../../script/devzk/machine.ts";
import { FIELD_ORDER, hash, ROUND_CONSTANTS } from "../../../script/devzk/mimc.ts";

describe("the development zkVM's machine:", () => {
  test.each([
    ["nothing changes its input", "", 41n, 41n],
    ["each pass adds 3", "r1 = r1 + r0 + 3", 10n, 22n],
    ["each pass squares", "r1 = r1 * r1 + 0", 3n, 3n ** 16n],
    ["r0 stays 0, whatever is written to it", "r0 = r1 + r1 + 9\nr1 = r0 + r1 + 1", 5n, 9n],
    [
      "registers keep their values between passes",
      "r3 = r3 + r2 + 1\nr2 = r3 + r0 + 0\nr1 = r2 + r0 + 0",
      0n,
      15n,
    ],
    [
      "it computes in the field",
      "r1 = r1 * r1 + 255",
      FIELD_ORDER - 1n,
      ((256n ** 2n + 255n) ** 2n + 255n) ** 2n + 255n,
    ],
    ["sixteen instructions fit", "r1 = r1 + r0 + 1\n".repeat(16), 0n, 64n],
  ])("%s", (_, text, input, output) => {
    expect(run(assemble(text), input)).toBe(output % FIELD_ORDER);
  });

  test("eight Fibonacci numbers on", () => {
    expect(run(FIBONACCI, 1n)).toBe(34n);
    expect(run(FIBONACCI, 100n)).toBe(3400n);
  });

  test.each([
    ["r1 = r4 + r0 + 0", "instruction 1"],
    ["r1 = r1 + r0 + 0\nr1 = r1 - r0 + 0", "instruction 2"],
    ["r1 = r1 + r0 + 256", "instruction 1"],
    ["r1 = r1 + r0", "instruction 1"],
    ["r1 = r1 + r0 + 1\n".repeat(17), "17 instructions"],
  ])("an instruction that it does not know is named: %j", (text, problem) => {
    expect(() => assemble(text)).toThrow(problem);
  });

  test("only values of the field are run, and programs of sixteen instructions", () => {
    for (const [program, input] of [
      [0n, FIELD_ORDER],
      [0n, -1n],
      [1n << 240n, 0n],
      [-1n, 0n],
    ] as const) {
      expect(() => run(program, input)).toThrow(MachineError);
    }
  });
});

describe("statements", () => {
  test("are below the field's order, and differ for every program and input", () => {
    const value = fc.bigInt(0n, (1n << 240n) - 1n);
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(value, value, (program, input) => {
        const { programKey, publicValuesDigest } = statementOf(program, input);
        expect(BigInt(programKey)).toBeLessThan(FIELD_ORDER);
        expect(BigInt(publicValuesDigest)).toBeLessThan(FIELD_ORDER);
        const statement = programKey + publicValuesDigest;
        const run = `${program} ${input}`;
        expect(seen.get(statement) ?? run).toBe(run);
        seen.set(statement, run);
      }),
    );
  });

  test("are hashed by MiMC as documented", () => {
    const cipher = (key: bigint, plain: bigint) =>
      ROUND_CONSTANTS.reduce((state, constant) => (state + key + constant) ** 5n % FIELD_ORDER, plain) + key;
    expect(hash(3n, 7n)).toBe((cipher(3n, 7n) + 3n + 7n) % FIELD_ORDER);
    expect(new Set(ROUND_CONSTANTS).size).toBe(110);
  });
});
