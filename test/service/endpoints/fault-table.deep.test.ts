// SPDX-License-Identifier: AGPL-3.0-only
import { describe } from "vitest";
import { CELLS, testCells } from "../helpers/fault-table.ts";

describe("fewer than half faulty endpoints change nothing, and more lead to nothing wrong:", () =>
  testCells(CELLS));
