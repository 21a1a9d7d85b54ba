// SPDX-License-Identifier: AGPL-3.0-only
// For who has all provers at once, as the chain alone gives them: an API sorts and searches by itself.
import {
  columnFilteringFeature,
  createColumnHelper,
  createFilteredRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type ReactNode, useMemo } from "react";
import type { ProverRow } from "../source/types.ts";
import type { Column, Days, Sorting, Value } from "./column.ts";

const features = tableFeatures({
  rowSortingFeature,
  columnFilteringFeature,
  globalFilteringFeature,
  sortedRowModel: createSortedRowModel(),
  filteredRowModel: createFilteredRowModel(),
});
const helper = createColumnHelper<typeof features, ProverRow>();
const compare = (a: Value, b: Value) => (a < b ? -1 : a > b ? 1 : 0);

interface SortedProps {
  readonly rows: readonly ProverRow[];
  readonly columns: readonly Column[];
  readonly days: Days;
  readonly sorting: Sorting;
  readonly search: string;
  readonly children: (rows: readonly ProverRow[]) => ReactNode;
}

/** Rows as they are sorted and searched for. */
export default function Sorted({ rows, columns, days, sorting, search, children }: SortedProps) {
  const accessors = useMemo(
    () =>
      helper.columns(
        columns.map((column) =>
          helper.accessor((row) => column.value(row, days), {
            id: column.id,
            sortFn: (a, b) => compare(column.value(a.original, days), column.value(b.original, days)),
          }),
        ),
      ),
    [days, columns],
  );
  const table = useTable({
    ...{ features, columns: accessors, data: rows, state: { sorting, globalFilter: search } },
    globalFilterFn: (row, _, value: string) => {
      const wanted = value.trim().toLowerCase();
      const { prover, vault } = row.original;
      return prover.toLowerCase().includes(wanted) || vault.toLowerCase().includes(wanted);
    },
    getColumnCanGlobalFilter: () => true,
  });
  const { rows: found } = table.getRowModel();
  return children(useMemo(() => found.map(({ original }) => original), [found]));
}
