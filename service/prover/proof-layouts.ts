// SPDX-License-Identifier: AGPL-3.0-only
import { concat, numberToHex, size, slice } from "viem";
import { InputError } from "../core/errors.ts";
import type { Hex } from "../core/types.ts";
import { uncompressed } from "./gnark-points.ts";

const WORD = 32;
/** A (x, y), B (x.im, x.re, y.im, y.re), C (x, y). */
const WORDS = 8;
const PLAIN = WORDS * WORD;
/** SP1's, and RISC Zero's, in front: which verifying key it is for. */
const SELECTOR = 4;
/** gnark's, behind: how many commitments there are, in 4 bytes, and a point, which is at infinity without any. */
const GNARK = { raw: PLAIN + 4 + 2 * WORD, compressed: 4 * WORD + 4 + WORD };
/** SP1 from v6 on: selector, exit code, root of the recursion's keys, nonce, and the points. */
const SP1_V6 = SELECTOR + 3 * WORD + PLAIN;

/**
 * A zk proof as the market's verifier reads it (256 bytes), from what proving tools write: SP1's bytes with their selector, the
 * words of Pico and of gnark's Solidity export, gnark's JSON and its binary forms, snarkjs's JSON and calldata. Which
 * statement it proves is not looked at.
 * @throws InputError that names what is wrong.
 */
export function zkProofOf(value: unknown, field = "proof"): Hex {
  if (typeof value === "string") return fromText(value.trim(), field);
  if (Array.isArray(value)) return fromWords(value.flat(3), field);
  if (typeof value === "object" && value !== null) {
    if ("pi_a" in value) return fromSnarkjs(value, field);
    if ("Ar" in value) return fromGnark(value, field);
    if ("proof" in value) return zkProofOf(value.proof, `${field}.proof`);
  }
  throw refused(field, "not a zk proof in any layout that is known");
}

function fromText(text: string, field: string): Hex {
  if (/^[[{"]/.test(text)) return zkProofOf(parsed(text.startsWith('["') ? `[${text}]` : text, field), field);
  if (text.includes(",")) return fromWords(text.split(","), field);
  const digits = text.replace(/^0x/i, "");
  if (digits === "" || digits.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw refused(field, "not bytes in hexadecimal");
  }
  return fromBytes(`0x${digits.toLowerCase()}`, field);
}

function fromBytes(bytes: Hex, field: string): Hex {
  switch (size(bytes)) {
    case PLAIN:
      return bytes;
    case SELECTOR + PLAIN:
      return slice(bytes, SELECTOR);
    case GNARK.raw:
      return slice(bytes, 0, PLAIN);
    case GNARK.compressed:
      return uncompressed(bytes, field);
    case SP1_V6:
      throw refused(
        field,
        `${SP1_V6} bytes, as SP1 from v6 on writes them: they have more public inputs than this market's verifiers`,
        "prove with SP1 v2 to v5",
      );
    default:
      throw refused(
        field,
        `${size(bytes)} bytes, where a zk proof has ${PLAIN}, or ${SELECTOR + PLAIN} with a selector`,
      );
  }
}

/** The first eight: tools append public inputs. */
function fromWords(words: readonly unknown[], field: string): Hex {
  if (words.length < WORDS) throw refused(field, `${words.length} words, where a zk proof has ${WORDS}`);
  return concat(words.slice(0, WORDS).map((word, i) => asWord(word, `${field}[${i}]`)));
}

/** Affine coordinates, then 1; the real part of each pair first. */
function fromSnarkjs(value: object, field: string): Hex {
  const at = (name: string, ...path: readonly number[]) => {
    const found = path.reduce<unknown>(
      (part, i) => (Array.isArray(part) ? part[i] : undefined),
      Reflect.get(value, name),
    );
    return asWord(found, `${field}.${name}${path.map((i) => `[${i}]`).join("")}`);
  };
  return concat([
    ...[at("pi_a", 0), at("pi_a", 1)],
    ...[at("pi_b", 0, 1), at("pi_b", 0, 0), at("pi_b", 1, 1), at("pi_b", 1, 0)],
    ...[at("pi_c", 0), at("pi_c", 1)],
  ]);
}

function fromGnark(value: object, field: string): Hex {
  const at = (...path: readonly string[]) => {
    const found = path.reduce<unknown>(
      (part, name) => (typeof part === "object" && part !== null ? Reflect.get(part, name) : undefined),
      value,
    );
    return asWord(found, [field, ...path].join("."));
  };
  return concat([
    ...[at("Ar", "X"), at("Ar", "Y")],
    ...[at("Bs", "X", "A1"), at("Bs", "X", "A0"), at("Bs", "Y", "A1"), at("Bs", "Y", "A0")],
    ...[at("Krs", "X"), at("Krs", "Y")],
  ]);
}

/** 32 bytes of a number in decimal or hexadecimal. */
function asWord(value: unknown, field: string): Hex {
  const text = typeof value === "string" ? value.trim() : Number.isSafeInteger(value) ? String(value) : "";
  if (!/^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/.test(text) || BigInt(text) >> 256n !== 0n) {
    throw refused(field, "not a number of 32 bytes");
  }
  return numberToHex(BigInt(text), { size: WORD });
}

function parsed(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(field, "neither JSON nor bytes in hexadecimal");
  }
}

function refused(
  field: string,
  problem: string,
  hint = "contracts/PROVERS.md shows the layouts",
): InputError {
  return new InputError("invalid", field, problem, hint);
}
