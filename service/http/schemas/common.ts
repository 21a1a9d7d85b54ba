// SPDX-License-Identifier: AGPL-3.0-only
import { type Static, type TSchema, Type } from "typebox";
import { ERRORS, type ErrorCode } from "../errors.ts";

export const EXAMPLE = {
  prover: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  vault: "0x1A2b3C4d5E6F708192a3B4C5d6E7f80910A1b2C3",
  distributor: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
  root: "0x9f2a3b6e0f6a4d0b8ad1a3a5a2ad5b8ffd0e86ad4b2d8ef6a7a3c1e7f5d4c3b2",
  datasetHash: "0x1c7e5d4b3a29180716f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a09f",
  blockHash: "0x4e3a3754410177e6937ef1f84bba68ea139e8d1a2258c5f85db9f1cd715a1bdd",
} as const;

/** Points to a schema that has a name, so that the document describes it once and clients know it by that. */
export function refTo<T extends TSchema>(schema: T) {
  const { $id } = schema as { $id?: string };
  return Type.Unsafe<Static<T>>({ $ref: `${$id}#` });
}

const ADDRESS = "^0x[0-9a-fA-F]{40}$";

/** As it comes in. */
export const AddressText = Type.String({ pattern: ADDRESS, examples: [EXAMPLE.prover] });
/**
 * Digits hold nothing to be escaped, so that the serializer need not look for it: for answers that are given by the
 * thousand, without alternatives among their fields, as those go through a validator that knows no such format. The
 * document does not show it.
 */
export const DIGITS = { format: "unsafe" } as const;
/** As it goes out. */
export const Checksummed = (description: string, example: string, options?: typeof DIGITS) =>
  Type.String({ description, ...options, examples: [example] });
/** 32 bytes: 0x and 64 digits in lower case. */
export const Hash = (description: string, example: string, options?: typeof DIGITS) =>
  Type.String({ description, ...options, examples: [example] });
/** A token amount in wei, a time in seconds or a block number: never a JSON number. */
export const Decimal = (description: string, example: string, options?: typeof DIGITS) =>
  Type.String({ description, pattern: "^(0|[1-9][0-9]*)$", ...options, examples: [example] });
/** Whole, from 0 on. */
export const Count = (description: string, example: number) =>
  Type.Integer({ minimum: 0, description, examples: [example] });
/** A part in 1/10000, at most all of it. */
export const Bps = (description: string, example: number) =>
  Type.Integer({ minimum: 0, maximum: 10_000, description, examples: [example] });
/** One of these texts; `options` are the schema's. */
export const OneOf = <const T extends string[]>(values: readonly [...T], options: object) =>
  Type.Enum(values as [...T], { type: "string", ...options });
/** Null stands for what is not known, or not there. */
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T, description: string) =>
  Type.Union([type, Type.Null()], { description });

export const Point = Type.Object(
  {
    number: Decimal("Block number", "21843765"),
    timestamp: Decimal("The block's time, in seconds", "1764032400"),
  },
  { description: "A block" },
);

const CODES = Object.keys(ERRORS) as ErrorCode[];

export const ErrorBody = Type.Object(
  {
    error: Type.Object({
      code: OneOf(CODES, {
        description: CODES.map((code) => `${code} (${ERRORS[code].join("): ")}`).join(" "),
        examples: ["unknown-epoch"],
      }),
      message: Type.String({ examples: ["no root has been posted for epoch 9"] }),
      field: Type.Optional(
        Type.String({ description: "The part of the request that is wrong", examples: ["epoch"] }),
      ),
    }),
  },
  { $id: "Error", description: "An error" },
);
