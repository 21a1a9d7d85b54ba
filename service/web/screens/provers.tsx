// SPDX-License-Identifier: AGPL-3.0-only
import { useQuery, useQueryClient } from "@tanstack/react-query";
import {
  columnFilteringFeature,
  createColumnHelper,
  createFilteredRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useLocation } from "wouter";
import { usePage } from "../context.tsx";
import { shownBps, shownCount, shownRatio } from "../format/amount.ts";
import type { Dated, ProverRow } from "../source/types.ts";
import { Announcements, StateBadge } from "../ui/prover.tsx";
import { AsOf, Empty, Result } from "../ui/states.tsx";
import { Address, Amount } from "../ui/values.tsx";

const WINDOWS = [7, 30, 90] as const;
type Days = (typeof WINDOWS)[number];

const features = tableFeatures({
  rowSortingFeature,
  columnFilteringFeature,
  globalFilteringFeature,
  sortedRowModel: createSortedRowModel(),
  filteredRowModel: createFilteredRowModel(),
});
const helper = createColumnHelper<typeof features, ProverRow>();

/** Below all that is known. */
const UNKNOWN = -1n;
const compareBig = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

interface Column {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly value: (row: ProverRow, days: Days) => bigint | number | string;
  readonly show: (row: ProverRow, days: Days) => React.ReactNode;
}

const unknown = <span title="This source does not tell it">–</span>;

const COLUMNS: readonly Column[] = [
  {
    id: "prover",
    title: "Prover",
    about: "By address",
    value: ({ prover }) => prover.toLowerCase(),
    show: (row) => (
      <>
        <Address of={row.prover} copy={false} />
        <StateBadge state={row.state} />
      </>
    ),
  },
  {
    id: "return",
    title: "Net return",
    about: "What a share gained in the window, after commission and slashes",
    value: (row, days) => row.returns?.find((each) => each.days === days)?.ratio ?? Number.NEGATIVE_INFINITY,
    show: (row, days) => {
      const found = row.returns?.find((each) => each.days === days);
      if (found?.ratio !== undefined)
        return <span title={`over ${found.epochs} epochs`}>{shownRatio(found.ratio)}</span>;
      return unknown;
    },
  },
  {
    id: "stake",
    title: "Stake",
    about: "The vault's active assets",
    value: ({ stake }) => stake,
    show: ({ stake }) => <Amount wei={stake} unit={false} />,
  },
  {
    id: "self",
    title: "Own stake",
    about: "What of the stake is the prover's own",
    value: ({ selfStake }) => selfStake ?? UNKNOWN,
    show: ({ selfStake }) => (selfStake === undefined ? unknown : <Amount wei={selfStake} unit={false} />),
  },
  {
    id: "free",
    title: "Free",
    about: "Collateral that new assignments may lock",
    value: ({ free }) => free,
    show: ({ free }) => <Amount wei={free} unit={false} />,
  },
  {
    id: "risk",
    title: "At risk now",
    about: "What open assignments could take if all were missed, and the part of each stake",
    value: (row) => Number((row.locked * 1_000_000n) / (atRisk(row) || 1n)),
    show: (row) => (
      <span>
        <Amount wei={row.locked} unit={false} />
        <small className="note"> {shownBps(Number((row.locked * 10_000n) / (atRisk(row) || 1n)))}</small>
      </span>
    ),
  },
  {
    id: "ontime",
    title: "On time",
    about: "Of what was fulfilled or missed",
    value: ({ onTimeBps }) => onTimeBps ?? -1,
    show: ({ onTimeBps, fulfilments = 0, misses = 0 }) =>
      onTimeBps === undefined || onTimeBps === null ? (
        unknown
      ) : (
        <span title={`${fulfilments} proven, ${misses} missed`}>{shownBps(onTimeBps)}</span>
      ),
  },
  {
    id: "commission",
    title: "Commission",
    about: "Of rewards, and of fees",
    value: ({ commission }) => commission.rewards,
    show: ({ commission, announced }) => (
      <span>
        {shownBps(commission.rewards)}
        {commission.fees !== undefined && commission.fees !== commission.rewards && (
          <small className="note"> fees {shownBps(commission.fees)}</small>
        )}
        <Announcements of={announced} short />
      </span>
    ),
  },
];

function atRisk({ stake, unbonding = 0n }: ProverRow): bigint {
  return stake + unbonding;
}

/** The list of provers, as it comes. */
function useProvers() {
  const { source, network } = usePage();
  const queries = useQueryClient();
  const queryKey = useMemo(
    () => [network.chainId, network.distributor, source.kind, "provers"],
    [network, source],
  );
  return useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      source.provers((value, at) => {
        const before = queries.getQueryData<Dated<readonly ProverRow[]>>(queryKey);
        // A longer list of before stays until the new one is whole.
        if ((before?.value.length ?? 0) <= value.length) queries.setQueryData(queryKey, { at, value });
      }, signal),
    refetchInterval: 30_000,
  });
}

export function Provers() {
  const query = useProvers();
  return (
    <>
      <h1>Provers</h1>
      <p className="lead">
        Each has a vault of its own: who stakes with one shares its fees and rewards, and its slashes, and
        nothing of the others.
      </p>
      <Result query={query} what="the provers" rows={8}>
        {({ value, at }) =>
          value.length === 0 ? (
            <Empty>Nobody has registered yet. The first prover to do so appears here.</Empty>
          ) : (
            <>
              <List rows={value} />
              <AsOf at={at} />
            </>
          )
        }
      </Result>
    </>
  );
}

const narrow = "(max-width: 46rem)";

function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(narrow);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(narrow).matches,
  );
}

function List({ rows }: { rows: readonly ProverRow[] }) {
  const [path, go] = useLocation();
  const search = new URLSearchParams(path.split("?")[1] ?? "");
  const [sorting, setSorting] = useState<SortingState>([{ id: search.get("sort") ?? "stake", desc: true }]);
  const [text, setText] = useState("");
  const [days, setDays] = useState<Days>(30);
  const isNarrow = useNarrow();
  const hasReturns = rows.some(({ returns }) => returns !== undefined);
  const columns = useMemo(
    () =>
      helper.columns(
        COLUMNS.filter(({ id }) => id !== "return" || hasReturns).map((column) =>
          helper.accessor((row) => column.value(row, days), {
            id: column.id,
            sortFn: (a, b) => {
              const [left, right] = [column.value(a.original, days), column.value(b.original, days)];
              return typeof left === "bigint"
                ? compareBig(left, right as bigint)
                : left < right
                  ? -1
                  : left > right
                    ? 1
                    : 0;
            },
          }),
        ),
      ),
    [days, hasReturns],
  );
  const table = useTable({
    features,
    columns,
    data: rows,
    state: { sorting, globalFilter: text },
    onSortingChange: setSorting,
    onGlobalFilterChange: setText,
    globalFilterFn: (row, _, value: string) => {
      const wanted = value.trim().toLowerCase();
      const { prover, vault } = row.original;
      return prover.toLowerCase().includes(wanted) || vault.toLowerCase().includes(wanted);
    },
    getColumnCanGlobalFilter: () => true,
  });
  const shown = table.getRowModel().rows;
  const list = useRef<HTMLDivElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: shown.length,
    estimateSize: () => (isNarrow ? 148 : 49),
    overscan: 6,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: (index) => shown[index]?.original.prover ?? index,
  });
  const visible = COLUMNS.filter(({ id }) => id !== "return" || hasReturns);
  const [sorted] = sorting;
  const template = { "--columns": visible.length } as CSSProperties;
  return (
    <>
      <div className="tools">
        <label>
          <span>Search</span>
          <input
            type="search"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="Address of prover or vault"
            spellCheck={false}
          />
        </label>
        <label className="only-narrow">
          <span>Sort by</span>
          <select
            value={sorted?.id}
            onChange={(event) => setSorting([{ id: event.target.value, desc: true }])}
          >
            {visible.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
        {hasReturns && (
          <label>
            <span>Return over</span>
            <select value={days} onChange={(event) => setDays(Number(event.target.value) as Days)}>
              {WINDOWS.map((each) => (
                <option key={each} value={each}>
                  {each} days
                </option>
              ))}
            </select>
          </label>
        )}
        <p className="count" role="status">
          {shown.length === rows.length
            ? `${shownCount(rows.length)} provers`
            : `${shownCount(shown.length)} of ${shownCount(rows.length)} provers`}
        </p>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: rows that are placed by their offset are no rows of a table element */}
      <div
        role="table"
        className="provers"
        style={template}
        aria-label="Provers"
        aria-rowcount={shown.length + 1}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div role="row" className="head" aria-rowindex={1} tabIndex={-1}>
          {visible.map(({ id, title, about }) => {
            const isSorted = sorted?.id === id;
            return (
              // biome-ignore lint/a11y/useSemanticElements: as above
              // biome-ignore lint/a11y/useFocusableInteractive: its button is
              <div
                key={id}
                role="columnheader"
                aria-sort={isSorted ? (sorted.desc ? "descending" : "ascending") : "none"}
                className={`cell ${id}`}
              >
                <button
                  type="button"
                  title={about}
                  onClick={() => setSorting([{ id, desc: isSorted ? !sorted.desc : id !== "prover" }])}
                >
                  {title}
                  <span aria-hidden="true">{isSorted ? (sorted.desc ? " ↓" : " ↑") : ""}</span>
                </button>
              </div>
            );
          })}
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div ref={list} role="rowgroup" className="body" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = shown[item.index]?.original;
            if (row === undefined) return null;
            const style = { transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)` };
            return (
              // biome-ignore lint/a11y/useSemanticElements: as above
              // biome-ignore lint/a11y/useKeyWithClickEvents: a shortcut for the link that the row holds
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                role="row"
                tabIndex={-1}
                aria-rowindex={item.index + 2}
                className="row"
                style={style}
                onClick={(event) => {
                  if (!(event.target as HTMLElement).closest("a, button") && !getSelection()?.toString()) {
                    go(`/provers/${row.prover}`);
                  }
                }}
              >
                {visible.map(({ id, title, show }) => (
                  // biome-ignore lint/a11y/useSemanticElements: as above
                  <div key={id} role="cell" className={`cell ${id}`}>
                    {id !== "prover" && (
                      <span className="cell-title" aria-hidden="true">
                        {title}
                      </span>
                    )}
                    <span>{show(row, days)}</span>
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {shown.length === 0 && <Empty>No prover has an address with “{text}” in it.</Empty>}
    </>
  );
}
