// SPDX-License-Identifier: AGPL-3.0-only
import { type UseQueryResult, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  lazy,
  Suspense,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { useLocation, useSearchParams } from "wouter";
import { usePage } from "../context.tsx";
import { shownBps, shownCount } from "../format/amount.ts";
import type { Point, ProverPage, ProverRow } from "../source/types.ts";
import { Announcements, ReturnOf, StateBadge } from "../ui/prover.tsx";
import { AsOf, Empty, Loading, Missing, Result } from "../ui/states.tsx";
import { Address, Amount, Title } from "../ui/values.tsx";
import { type Column, type Days, type Sorting, WINDOWS } from "./column.ts";

const Sorted = lazy(() => import("./sorted.tsx"));

/** Below all that is known. */
const UNKNOWN = -1n;
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
    show: ({ returns }, days) => <ReturnOf of={returns?.find((each) => each.days === days)} />,
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
        {row.locked > 0n && (
          <small className="note"> {shownBps(Number((row.locked * 10_000n) / (atRisk(row) || 1n)))}</small>
        )}
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

interface Wanted {
  readonly sort: string;
  readonly descending: boolean;
  readonly search: string;
}

interface Found {
  readonly rows: readonly ProverRow[];
  readonly at: Point;
  /** Of those searched for; undefined: the rows are all there are. */
  readonly total: number | undefined;
}

interface FoundQuery {
  readonly query: UseQueryResult<Found>;
  /** Asks for more rows, if there are any. */
  readonly more: () => void;
}

/** Everybody, from the chain, as they come: sorted and searched here. */
function useAll(): FoundQuery {
  const { source, network } = usePage();
  const queries = useQueryClient();
  const queryKey = useMemo(() => [network.chainId, network.distributor, "all provers"], [network]);
  const query = useQuery<Found>({
    queryKey,
    enabled: source.provers !== undefined,
    refetchInterval: 30_000,
    // Rows by the thousand, again with each page: to compare them takes longer than to show them.
    structuralSharing: false,
    queryFn: async ({ signal }) => {
      const all = await source.provers?.((rows, at) => {
        const before = queries.getQueryData<Found>(queryKey);
        // A longer list of before stays until the new one is whole.
        if ((before?.rows.length ?? 0) <= rows.length) {
          queries.setQueryData<Found>(queryKey, { rows, at, total: undefined });
        }
      }, signal);
      if (all === undefined) throw new Error("this source gives pages");
      return { rows: all.value, at: all.at, total: undefined };
    },
  });
  return { query, more: () => undefined };
}

/** Pages of those searched for, sorted by who keeps them. */
function usePages(wanted: Wanted): FoundQuery {
  const { source, network } = usePage();
  const search = useDeferredValue(wanted.search);
  const pages = useInfiniteQuery({
    queryKey: [network.chainId, network.distributor, "provers", { ...wanted, search }],
    enabled: source.proverPage !== undefined,
    // All pages are read again: the more there are, the more rarely.
    refetchInterval: ({ state }) => Math.max(30, 3 * (state.data?.pages.length ?? 0)) * 1_000,
    placeholderData: (before) => before,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }: ProverPage) => next,
    queryFn: ({ signal, pageParam }) => {
      if (source.proverPage === undefined) throw new Error("this source gives all at once");
      return source.proverPage({ ...wanted, search, after: pageParam }, signal);
    },
  });
  const { data: told } = pages;
  const data = useMemo(() => {
    const [first] = told?.pages ?? [];
    if (told === undefined || first === undefined) return undefined;
    return { rows: told.pages.flatMap(({ rows }) => rows), at: first.at, total: first.total };
  }, [told]);
  const more = () => {
    if (pages.hasNextPage && !pages.isFetching) void pages.fetchNextPage();
  };
  return { query: { ...pages, data } as unknown as UseQueryResult<Found>, more };
}

const FIRST = { id: "stake", desc: true };

/** What is looked for, as the address says it, so that a link leads to the same. */
function useWanted() {
  const [params, setParams] = useSearchParams();
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    next.set(name, value);
    if (value === "") next.delete(name);
    setParams(next, { replace: true });
  };
  const [, id = FIRST.id, order = ""] = /^([a-z]+)(-up)?$/.exec(params.get("sort") ?? "") ?? [];
  const isKnown = COLUMNS.some((column) => column.id === id);
  const sorting: Sorting = [isKnown ? { id, desc: order === "" } : FIRST];
  return {
    sorting,
    setSorting: ([{ id: by, desc }]: Sorting) =>
      set("sort", by === FIRST.id && desc ? "" : `${by}${desc ? "" : "-up"}`),
    search: params.get("search") ?? "",
    setSearch: (text: string) => set("search", text),
    days: WINDOWS.find((each) => String(each) === params.get("days")) ?? 30,
    setDays: (chosen: Days) => set("days", chosen === 30 ? "" : String(chosen)),
  };
}

/** All provers: sorted and searched by the source where it can, and here where it cannot. */
export function Provers() {
  const { source } = usePage();
  const { sorting, setSorting, search, setSearch, days: chosen, setDays } = useWanted();
  const [{ id, desc }] = sorting;
  // A search that finds nothing leaves the columns that there were.
  const [sample, setSample] = useState<readonly ProverRow[]>([]);
  const days = hasAllTimeOnly(sample) ? 0 : chosen;
  const all = useAll();
  const paged = usePages({ sort: id === "return" ? `return${days}` : id, descending: desc, search });
  const { query, more } = source.proverPage === undefined ? all : paged;
  const rows = query.data?.rows;
  if (rows !== undefined && rows.length > 0 && rows !== sample) setSample(rows);
  return (
    <>
      <Title>Provers</Title>
      <p className="lead">
        Each has a vault of its own: who stakes with one shares its fees and rewards, and its slashes, and
        nothing of the others.
      </p>
      {source.kind === "chain" && (
        <Missing what="Net returns, what was on time, commission of fees, and announced changes" />
      )}
      <Result query={query} what="the provers" rows={8}>
        {(found) =>
          found.rows.length === 0 && search === "" ? (
            <Empty>Nobody has registered yet. The first prover to do so appears here.</Empty>
          ) : (
            <>
              <List {...{ found, sample, more, sorting, setSorting, search, setSearch, days, setDays }} />
              <AsOf at={found.at} />
            </>
          )
        }
      </Result>
    </>
  );
}

/** A young network has no window but all of its time. */
function hasAllTimeOnly(rows: readonly ProverRow[]): boolean {
  return (
    rows.some(({ returns }) => returns !== undefined) &&
    !rows.some(({ returns }) => returns?.some((each) => each.days !== 0))
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

interface ListProps {
  readonly found: Found;
  /** What tells which figures the source has. */
  readonly sample: readonly ProverRow[];
  readonly more: () => void;
  readonly sorting: Sorting;
  readonly setSorting: (sorting: Sorting) => void;
  readonly search: string;
  readonly setSearch: (text: string) => void;
  readonly days: Days;
  readonly setDays: (days: Days) => void;
}

/** The columns of which the source has figures, and the rows in their order. */
function List(props: ListProps) {
  const { found, sample, sorting, search, days } = props;
  const isPaged = usePage().source.proverPage !== undefined;
  const hasReturns = sample.some(({ returns }) => returns !== undefined);
  const hasOwn = sample.some(({ selfStake }) => selfStake !== undefined);
  const hasRecord = sample.some(({ onTimeBps }) => onTimeBps !== undefined);
  const columns = useMemo(() => {
    const hidden = [hasReturns ? "" : "return", hasOwn ? "" : "self", hasRecord ? "" : "ontime"];
    return COLUMNS.filter(({ id }) => !hidden.includes(id));
  }, [hasReturns, hasOwn, hasRecord]);
  const { rows } = found;
  if (isPaged) return <Rows {...props} columns={columns} shown={rows} />;
  return (
    <Suspense fallback={<Loading what="the provers" rows={8} />}>
      <Sorted {...{ rows, columns, days, sorting, search }}>
        {(shown) => <Rows {...props} columns={columns} shown={shown} />}
      </Sorted>
    </Suspense>
  );
}

interface RowsProps extends ListProps {
  readonly columns: readonly Column[];
  readonly shown: readonly ProverRow[];
}

function Rows({
  found,
  columns: visible,
  shown,
  more,
  sorting,
  setSorting,
  search: text,
  setSearch: setText,
  days,
  setDays,
}: RowsProps) {
  const { source, network } = usePage();
  const { rows } = found;
  const [, go] = useLocation();
  const isNarrow = useNarrow();
  const isPaged = source.proverPage !== undefined;
  const hasReturns = visible.some(({ id }) => id === "return");
  const sortable = (id: string) =>
    source.sorts === undefined || source.sorts.includes(id === "return" ? `return${days}` : id);
  const list = useRef<HTMLDivElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: shown.length,
    // A card has its title, and three figures beside each other.
    estimateSize: () => (isNarrow ? 46 * (1 + Math.ceil((visible.length - 1) / 3)) : 49),
    overscan: 6,
    gap: isNarrow ? 10 : 0,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: (index) => shown[index]?.prover ?? index,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= shown.length - 10) more();
  }, [last, shown.length, more]);
  const total = found.total ?? (isPaged ? undefined : rows.length);
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
            placeholder="Address"
            spellCheck={false}
          />
        </label>
        <label className="only-narrow">
          <span>Sort by</span>
          <select
            value={sorted?.id}
            onChange={(event) => setSorting([{ id: event.target.value, desc: true }])}
          >
            {visible
              .filter(({ id }) => sortable(id))
              .map(({ id, title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
          </select>
        </label>
        <label className="only-narrow">
          <span>Order</span>
          <select
            value={sorted?.desc ? "highest" : "lowest"}
            onChange={({ target }) => setSorting([{ ...sorted, desc: target.value === "highest" }])}
          >
            <option value="highest">Highest first</option>
            <option value="lowest">Lowest first</option>
          </select>
        </label>
        {hasReturns && (
          <label>
            <span>Return over</span>
            <select value={days} onChange={(event) => setDays(Number(event.target.value) as Days)}>
              {WINDOWS.map((each) => (
                <option key={each} value={each}>
                  {each === 0 ? "all time" : `${each} days`}
                </option>
              ))}
            </select>
          </label>
        )}
        <p className="count" role="status">
          {text === ""
            ? `${shownCount(total ?? shown.length)} provers, amounts in ${network.symbol}`
            : `${shownCount(isPaged ? (total ?? shown.length) : shown.length)} found`}
        </p>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: rows that are placed by their offset are no rows of a table element */}
      <div
        role="table"
        className="provers"
        style={template}
        aria-label="Provers"
        aria-rowcount={(isPaged ? (total ?? -2) : shown.length) + 1}
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
                {sortable(id) ? (
                  <button
                    type="button"
                    title={about}
                    onClick={() => setSorting([{ id, desc: isSorted ? !sorted.desc : id !== "prover" }])}
                  >
                    {title}
                    {isSorted && <span aria-hidden="true">{sorted.desc ? "↓" : "↑"}</span>}
                  </button>
                ) : (
                  <span title={about}>{title}</span>
                )}
              </div>
            );
          })}
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div ref={list} role="rowgroup" className="body" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = shown[item.index];
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
