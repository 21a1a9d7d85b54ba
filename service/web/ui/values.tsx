// SPDX-License-Identifier: AGPL-3.0-only
import { blo } from "blo";
import { type ClipboardEvent, type ReactNode, useState } from "react";
import type { Address as Account, Hex } from "viem";
import { useNow, usePage } from "../context.tsx";
import { checksummed } from "../format/address.ts";
import { exactAmount, shownAmount, shownGain } from "../format/amount.ts";
import { relativeTime, utcTime } from "../format/time.ts";

function copyExactly(event: ClipboardEvent, exact: string): void {
  event.clipboardData.setData("text/plain", exact);
  event.preventDefault();
}

/** An amount of the staking token: rounded as shown, whole on hover and when copied. */
export function Amount({ wei, unit = true }: { wei: bigint; unit?: boolean }) {
  return <Exactly {...{ wei, unit }} shown={shownAmount(wei)} />;
}

/** What was gained or lost: what may be roundings alone is shown as 0, and stays whole on hover and when copied. */
export function Gain({ wei, rounding = 0n }: { wei: bigint; rounding?: bigint | undefined }) {
  return <Exactly wei={wei} unit shown={shownGain(wei, rounding)} />;
}

function Exactly({ wei, unit, shown }: { wei: bigint; unit: boolean; shown: string }) {
  const { symbol } = usePage().network;
  const exact = exactAmount(wei);
  return (
    <data
      className="amount"
      value={exact}
      title={`${exact} ${symbol}`}
      onCopy={(event) => copyExactly(event, exact)}
    >
      {shown}
      {unit && <small> {symbol}</small>}
    </data>
  );
}

/** A moment, relative to now; absolute on hover. */
export function When({ at, absolute = false }: { at: bigint | number; absolute?: boolean }) {
  const now = useNow();
  const seconds = Number(at);
  const utc = utcTime(seconds);
  return (
    <time dateTime={new Date(seconds * 1_000).toISOString()} title={utc}>
      {relativeTime(seconds, now)}
      {absolute && <small> · {utc}</small>}
    </time>
  );
}

const shortOf = (text: string, head = 6, tail = 4) => `${text.slice(0, head)}…${text.slice(-tail)}`;

/** An account in its short form with a picture of its own; whole on hover and when copied. */
export function Address({ of, link = true, copy = true }: { of: Account; link?: boolean; copy?: boolean }) {
  const whole = checksummed(of);
  const text = (
    <span className="mono" title={whole} onCopy={(event) => copyExactly(event, whole)}>
      {shortOf(whole)}
    </span>
  );
  return (
    <span className="address">
      <img src={blo(whole as Hex)} alt="" width={18} height={18} />
      {link ? (
        <a href={`#/provers/${whole}`} aria-label={`Prover ${whole}`}>
          {text}
        </a>
      ) : (
        text
      )}
      {copy && <Copy text={whole} what={`address ${shortOf(whole)}`} />}
    </span>
  );
}

/** A hash, of which the ends are shown. */
export function Hash({ of, what }: { of: string; what: string }) {
  return (
    <span className="address">
      <span className="mono" title={of} onCopy={(event) => copyExactly(event, of)}>
        {shortOf(of, 10, 6)}
      </span>
      <Copy text={of} what={what} />
    </span>
  );
}

/** Puts texts on the clipboard, and says for a moment whether it did. */
function useCopying(): readonly ["done" | "failed" | undefined, (text: string) => Promise<void>] {
  const [state, setState] = useState<"done" | "failed">();
  const copy = async (text: string) => {
    // None where the page came unencrypted; and a browser may refuse.
    const isDone = await Promise.resolve(navigator.clipboard?.writeText(text) ?? Promise.reject()).then(
      () => true,
      () => copyBySelection(text),
    );
    setState(isDone ? "done" : "failed");
    setTimeout(() => setState(undefined), 1_500);
  };
  return [state, copy];
}

/** The old way, which asks nobody. */
function copyBySelection(text: string): boolean {
  const put = (event: globalThis.ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  };
  document.addEventListener("copy", put, { once: true });
  try {
    return document.execCommand("copy");
  } finally {
    document.removeEventListener("copy", put);
  }
}

function Copy({ text, what }: { text: string; what: string }) {
  const [state, copy] = useCopying();
  const isDone = state === "done";
  return (
    <button
      type="button"
      className="icon"
      onClick={() => void copy(text)}
      aria-label={
        isDone ? "Copied" : state === "failed" ? "The browser does not let it be copied" : `Copy ${what}`
      }
      title={`Copy ${what}`}
    >
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        {isDone ? <path d="m3 8 3.5 3.5L13 5" /> : <path d="M5.5 5.5v-3h8v8h-3m-8-5h8v8h-8z" />}
      </svg>
    </button>
  );
}

/** A screen's title, with what shares it. */
export function Title({ children, path }: { children: ReactNode; path?: string | undefined }) {
  return (
    <header className="title">
      <h1>{children}</h1>
      <Share path={path} />
    </header>
  );
}

/** Puts this screen's address on the clipboard; or that of a path, where the screen's does not say all. */
export function Share({ path }: { path?: string | undefined }) {
  const [state, copy] = useCopying();
  const share = () => {
    const { href, hash } = location;
    const own = href.slice(0, href.length - hash.length);
    void copy(path === undefined ? href : `${own}#${path}`);
  };
  return (
    <button type="button" className="link" onClick={share}>
      {state === "done" ? "Link copied" : state === "failed" ? "Not copied: take it from above" : "Copy link"}
    </button>
  );
}
