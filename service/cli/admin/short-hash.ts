// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../../core/types.ts";

/** Enough of a hash to tell two apart by eye. */
export const shortHash = (hash: Hex): string => `${hash.slice(0, 10)}…${hash.slice(-8)}`;
