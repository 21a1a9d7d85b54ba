// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, numberToHex } from "viem";
import { FIELD_ORDER, hash } from "./mimc.ts";

const INSTRUCTIONS = 16;
const PASSES = 4;
const BITS = 15n;
const PROGRAM_LIMIT = 1n << (BITS * BigInt(INSTRUCTIONS));

/** What a zk proof of a run shows: a program of this key turned some input into some output, and the digest is theirs. */
export interface Statement {
  readonly programKey: Hex;
  readonly publicValuesDigest: Hex;
}

/** A program or an input that the machine cannot run. */
export class MachineError extends Error {
  override readonly name = "MachineError";
}

/**
 * A program from its text, one instruction a line: `r2 = r1 * r1 + 3` or `r2 = r1 + r3 + 0`, the last number from 0 to
 * 255. r0 is always 0, r1 begins as the input and ends as the output, r2 and r3 begin as 0. All instructions are run
 * four times over.
 */
export function assemble(text: string): bigint {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length > INSTRUCTIONS) {
    throw new MachineError(`${lines.length} instructions, but a program holds ${INSTRUCTIONS}`);
  }
  return lines.reduce((program, line, i) => program | (encode(line, i) << (BITS * BigInt(i))), 0n);
}

function encode(line: string, index: number): bigint {
  const [, to, from, operator, and, immediate] =
    /^r([0-3]) = r([0-3]) ([+*]) r([0-3]) \+ (\d{1,3})$/.exec(line) ?? [];
  if (immediate === undefined || Number(immediate) > 255) {
    throw new MachineError(`instruction ${index + 1}: not like "r2 = r1 * r1 + 3": ${line}`);
  }
  const fields = [operator === "*" ? "1" : "0", binary(to), binary(from), binary(and)];
  return (BigInt(`0b${fields.join("")}`) << 8n) | BigInt(immediate);
}

const binary = (register: string | undefined) => Number(register).toString(2).padStart(2, "0");

/** Eight numbers further in the Fibonacci sequence that starts with the input and 0. */
export const FIBONACCI = assemble("r2 = r1 + r2 + 0\nr1 = r1 + r2 + 0");

/** The output of a program for an input, as the circuit computes it. */
export function run(program: bigint, input: bigint): bigint {
  requireBelow(PROGRAM_LIMIT, program, "program");
  requireBelow(FIELD_ORDER, input, "input");
  const registers = [0n, input, 0n, 0n];
  const read = (bits: bigint) => registers[Number(bits & 3n)] as bigint;
  for (let step = 0; step < INSTRUCTIONS * PASSES; step++) {
    const word = program >> (BITS * BigInt(step % INSTRUCTIONS));
    const [left, right, to] = [read(word >> 10n), read(word >> 8n), Number((word >> 12n) & 3n)];
    const combined = (word >> 14n) & 1n ? left * right : left + right;
    if (to !== 0) registers[to] = (combined + (word & 255n)) % FIELD_ORDER;
  }
  return registers[1] as bigint;
}

/** What a zk proof of one run states. @throws MachineError for a program or an input that does not fit */
export function statementOf(program: bigint, input: bigint): Statement {
  const output = run(program, input);
  return { programKey: word(hash(0n, program)), publicValuesDigest: word(hash(input, output)) };
}

const word = (value: bigint) => numberToHex(value, { size: 32 });

function requireBelow(limit: bigint, value: bigint, name: string): void {
  if (value < 0n || value >= limit) throw new MachineError(`${name}: not from 0 to ${limit - 1n}`);
}
