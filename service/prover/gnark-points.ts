// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToBigInt, concat, hexToBytes, numberToHex } from "viem";
import { InputError } from "../core/errors.ts";
import type { Hex } from "../core/types.ts";

/** Order of BN254's base field. */
const P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
const WORD = 32;
/** The two highest bits of a compressed point: which root its y is. */
const SMALLEST = 0b10;
const LARGEST = 0b11;

/** An element a + b·i of the quadratic extension. */
type Pair = readonly [a: bigint, b: bigint];

const mod = (value: bigint) => ((value % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

const inverse = (value: bigint) => power(value, P - 2n);
const times = ([a, b]: Pair, [c, d]: Pair): Pair => [mod(a * c - b * d), mod(a * d + b * c)];

/** The twist's constant: 3 / (9 + i). */
const TWIST: Pair = [mod(27n * inverse(82n)), mod(-3n * inverse(82n))];

function root(square: bigint): bigint | undefined {
  const found = power(square, (P + 1n) / 4n);
  return mod(found * found) === mod(square) ? found : undefined;
}

function rootOfPair([a, b]: Pair): Pair | undefined {
  const norm = root(mod(a * a + b * b));
  if (norm === undefined) return undefined;
  const half = inverse(2n);
  const real = root((a + norm) * half) ?? root((a - norm) * half);
  if (real === undefined) return undefined;
  const found: Pair = real === 0n ? [0n, root(mod(-a)) ?? 0n] : [real, mod(b * inverse(2n * real))];
  const [c, d] = times(found, found);
  return c === mod(a) && d === mod(b) ? found : undefined;
}

const isLarge = (value: bigint) => value > (P - 1n) / 2n;

/**
 * A proof's three points (128 bytes) as gnark's WriteTo compresses them, in the eight words that the verifier reads.
 * @throws InputError, naming the one that is no point of its curve
 */
export function uncompressed(bytes: Hex, field: string): Hex {
  const refuse = (point: string) =>
    new InputError(
      "invalid",
      field,
      `${point} is no point of its curve`,
      "give the bytes as gnark wrote them",
    );
  const all = hexToBytes(bytes);
  const flagOf = (at: number) => (all[at] as number) >> 6;
  const word = (at: number, flagged: boolean) => {
    const value = bytesToBigInt(all.slice(at, at + WORD));
    return flagged ? value & ((1n << 254n) - 1n) : value;
  };
  const isKnown = (flag: number) => flag === SMALLEST || flag === LARGEST;

  const g1 = (at: number, name: string): bigint[] => {
    const x = word(at, true);
    const y = root(x ** 3n + 3n);
    if (y === undefined || x >= P || !isKnown(flagOf(at))) throw refuse(name);
    return [x, isLarge(y) === (flagOf(at) === LARGEST) ? y : mod(-y)];
  };
  const g2 = (at: number, name: string): bigint[] => {
    const x: Pair = [word(at + WORD, false), word(at, true)];
    const [c, d] = times(times(x, x), x);
    const y = rootOfPair([c + TWIST[0], d + TWIST[1]]);
    if (y === undefined || x[0] >= P || x[1] >= P || !isKnown(flagOf(at))) throw refuse(name);
    const large = y[1] === 0n ? isLarge(y[0]) : isLarge(y[1]);
    const [re, im] = large === (flagOf(at) === LARGEST) ? y : [mod(-y[0]), mod(-y[1])];
    return [x[1], x[0], im, re];
  };
  const words = [...g1(0, "A"), ...g2(WORD, "B"), ...g1(3 * WORD, "C")];
  return concat(words.map((value) => numberToHex(value, { size: WORD })));
}
