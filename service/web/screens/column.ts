// SPDX-License-Identifier: AGPL-3.0-only
import type { ReactNode } from "react";
import type { ProverRow } from "../source/types.ts";

/** In days; 0: since each registered. */
export const WINDOWS = [7, 30, 90, 0] as const;
export type Days = (typeof WINDOWS)[number];
export type Sorting = [{ id: string; desc: boolean }];
export type Value = bigint | number | string;

/** A column of the list of provers. */
export interface Column {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly value: (row: ProverRow, days: Days) => Value;
  readonly show: (row: ProverRow, days: Days) => ReactNode;
}
