// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../../core/types.ts";
import { hashOfWords } from "../hash.ts";
import { LAYOUT } from "./layout.ts";

/** Where in a word something is, in bytes from its low end. */
interface Place {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
}

interface Variable {
  readonly slot: number;
  /** Words that an element takes, in a mapping or an array. */
  readonly size: number;
  readonly offset?: number;
  readonly bytes?: number;
  readonly members?: Readonly<Record<string, Place>>;
}

type Contract = keyof typeof LAYOUT &
  ("RewardDistributor" | "ProverRegistry" | "ProofMarket" | "ProverVault");
type VariableOf<C extends Contract> = keyof (typeof LAYOUT)[C]["variables"] & string;

/** How an element is found: by a mapping's key, or by an index into an array of fixed or of variable length. */
export type Step =
  | { readonly key: Hex | bigint }
  | { readonly index: bigint; readonly of: "fixed" | "dynamic" };

/** A part of one word of storage. */
export interface Cell {
  readonly slot: bigint;
  readonly shift: bigint;
  readonly bits: bigint;
}

/**
 * The cell of a variable, or of one of its members, as the compiler laid it out.
 * @throws Error if the contract has no such variable or member.
 */
export function cellOf<C extends Contract>(
  contract: C,
  variable: VariableOf<C>,
  step?: Step,
  member?: string,
): Cell {
  const { slot, size, offset, bytes, members } = (LAYOUT[contract].variables as Record<string, Variable>)[
    variable
  ] as Variable;
  const start = step === undefined ? BigInt(slot) : elementAt(BigInt(slot), size, step);
  const place = member === undefined ? { slot: 0, offset, bytes } : members?.[member];
  if (place?.bytes === undefined || place.offset === undefined) {
    throw new Error(`${contract} has no ${variable}${member === undefined ? "" : `.${member}`}`);
  }
  return {
    slot: start + BigInt(place.slot),
    shift: BigInt(8 * place.offset),
    bits: BigInt(8 * place.bytes),
  };
}

/** The word that holds how many elements an array of variable length has. */
export function lengthOf<C extends Contract>(contract: C, variable: VariableOf<C>): Cell {
  const { slot } = (LAYOUT[contract].variables as Record<string, Variable>)[variable] as Variable;
  return { slot: BigInt(slot), shift: 0n, bits: 256n };
}

/** What a variable holds, of the word that it shares with others. */
export function valueIn(word: bigint, { shift, bits }: Cell): bigint {
  return (word >> shift) & ((1n << bits) - 1n);
}

function elementAt(slot: bigint, size: number, step: Step): bigint {
  if ("key" in step) return BigInt(hashOfWords(step.key, slot));
  const start = step.of === "fixed" ? slot : BigInt(hashOfWords(slot));
  return start + step.index * BigInt(size);
}
