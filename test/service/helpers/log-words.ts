// SPDX-License-Identifier: AGPL-3.0-only
// Numbers as logs have them, written a hundred times as fast as by a library that checks them.
import type { Hex } from "../../../service/core/types.ts";

export const hex = (value: number | bigint): Hex => `0x${value.toString(16)}`;
/** 32 bytes, without a prefix: the data of a log is many. */
export const word = (value: number | bigint | Hex): string =>
  (typeof value === "string" ? value.slice(2) : value.toString(16)).padStart(64, "0");
export const topic = (value: number | bigint | Hex): Hex => `0x${word(value)}`;
