// SPDX-License-Identifier: AGPL-3.0-only
import { assemble } from "./machine.ts";

/** Eight numbers further in the Fibonacci sequence that starts with the input and 0. */
export const FIBONACCI = assemble(`
  r2 = r1 + r2 + 0
  r1 = r1 + r2 + 0
`);
