// SPDX-License-Identifier: AGPL-3.0-only
import { describe } from "vitest";
import { CELLS, testCells } from "../helpers/fault-table.ts";

/** Another arrangement of each fault for each command; the whole table is for `npm run test:deep`. */
const FIFTH = CELLS.filter((_, i) => i % 5 === 0);

describe("fewer than half faulty endpoints change nothing, and more lead to nothing wrong:", () =>
  testCells(FIFTH));
