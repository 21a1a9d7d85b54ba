// SPDX-License-Identifier: AGPL-3.0-only
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { usePage } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import type { Point } from "../source/types.ts";
import { explain } from "../wallet/errors.ts";
import { When } from "./values.tsx";

/** Where something will be. */
export function Loading({ what, rows = 3 }: { what: string; rows?: number }) {
  return (
    <div className="loading" role="status">
      <span className="hidden">Reading {what}…</span>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines without anything of their own
        <span key={i} className="bone" aria-hidden="true" />
      ))}
    </div>
  );
}

/** What is said where a list has nothing in it. */
export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

/** A line that a screen reader speaks: at once if it is bad, else when it is free. */
export function Notice({
  kind = "info",
  children,
}: {
  kind?: "info" | "warn" | "bad" | "good";
  children: ReactNode;
}) {
  return (
    <div className={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** What went wrong, and what to do. */
export function Failure({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const { message, hint } = explain(error);
  return (
    <div className="notice bad" role="alert">
      <p>
        <strong>{message}</strong>
        {hint && <> {hint}</>}
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What this source cannot say, and who could. */
export function Missing({ what }: { what: string }) {
  const { source } = usePage();
  return (
    <p className="empty">
      {source.kind === "chain" ? (
        <>
          {what}: the chain alone does not tell. A server of Provender does: add <code>?api=</code> and its
          address.
        </>
      ) : (
        <>{what}: this server does not tell it now.</>
      )}
    </p>
  );
}

/** A query's states in one: reading, failed, old, or what it says. */
export function Result<T>({
  query,
  what,
  rows,
  children,
}: {
  query: UseQueryResult<T>;
  what: string;
  rows?: number;
  children: (value: NonNullable<T>) => ReactNode;
}) {
  const { data, error, refetch, dataUpdatedAt } = query;
  if (data === undefined || data === null) {
    if (error) return <Failure error={error} retry={() => void refetch()} />;
    return <Loading what={what} {...(rows !== undefined && { rows })} />;
  }
  return (
    <>
      {error && (
        <Notice kind="warn">
          <p>
            Not up to date: {explain(error).message} What you see was read at{" "}
            {new Date(dataUpdatedAt).toISOString().slice(11, 19)} UTC.
          </p>
          <button type="button" onClick={() => void refetch()}>
            Try again
          </button>
        </Notice>
      )}
      {children(data)}
    </>
  );
}

/** Block, time and source of what stands above. */
export function AsOf({ at }: { at: Point }) {
  return (
    <p className="as-of">
      As of block {shownCount(at.block)}, <When at={at.time} />,{" "}
      {at.source === "api" ? "by the API" : "read from the chain"}
    </p>
  );
}

/** One number with its label; inside of `Figures`, whose list it is an entry of. */
export function Figure({
  label,
  children,
  note,
}: {
  label: ReactNode;
  children: ReactNode;
  note?: ReactNode;
}) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>
        {children}
        {note && <small className="note">{note}</small>}
      </dd>
    </div>
  );
}

/** A list of figures, side by side where there is room. */
export function Figures({ children }: { children: ReactNode }) {
  return <dl className="figures">{children}</dl>;
}

/** A part of a screen, named by its title for screen readers; `aside` stands beside the title. */
export function Panel({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A word or two; its colour says nothing that the words do not. */
/** A table that may be wider than the screen: a keyboard reaches it, and scrolls it. */
export function Scrolling({
  label,
  isPanel = false,
  children,
}: {
  label: string;
  isPanel?: boolean;
  children: ReactNode;
}) {
  return (
    <section
      className={isPanel ? "panel scroll" : "scroll"}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
      tabIndex={0}
      aria-label={`${label}, scrolls sideways`}
    >
      {children}
    </section>
  );
}

/** A state in a word; its colour says no more than the word does. */
export function Badge({ kind, children }: { kind: "good" | "bad" | "warn" | "info"; children: ReactNode }) {
  return <span className={`badge ${kind}`}>{children}</span>;
}
