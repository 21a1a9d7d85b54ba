// SPDX-License-Identifier: AGPL-3.0-only
import { useId } from "react";
import { AmountError, parseAmount, typedAmount } from "../format/amount.ts";
import { Amount } from "./values.tsx";

export interface Typed {
  /** Undefined: nothing that can be used. */
  readonly wei: bigint | undefined;
  readonly error: string | undefined;
}

/** What a text comes to, at most `most`. An empty one is no error, and no amount. */
export function readTyped(text: string, most: bigint | undefined, tooMuch: string): Typed {
  if (text.trim() === "") return { wei: undefined, error: undefined };
  try {
    const wei = parseAmount(text);
    return most !== undefined && wei > most ? { wei: undefined, error: tooMuch } : { wei, error: undefined };
  } catch (error) {
    if (error instanceof AmountError) return { wei: undefined, error: error.message };
    throw error;
  }
}

/** A field for tokens, with what there is, and all of it at one press: to the last wei, never rounded up. */
export function AmountField({
  label,
  text,
  setText,
  typed,
  most,
  mostLabel,
  isNext = false,
}: {
  label: string;
  text: string;
  setText: (text: string) => void;
  typed: Typed;
  most: bigint | undefined;
  mostLabel: string;
  /** It was asked for: the focus goes on here. */
  isNext?: boolean;
}) {
  const id = useId();
  return (
    <div className="stacked">
      <label htmlFor={id}>{label}</label>
      <div className="field">
        <input
          id={id}
          ref={isNext ? takeFocus : undefined}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={typed.error !== undefined}
          aria-describedby={`${id}-note`}
        />
        <button
          type="button"
          disabled={most === undefined || most === 0n}
          onClick={() => setText(typedAmount(most ?? 0n))}
        >
          All
        </button>
      </div>
      <p id={`${id}-note`} className={typed.error ? "error" : "note"} aria-live="polite">
        {typed.error ?? (
          <>
            {typed.wei !== undefined && <Amount wei={typed.wei} />}
            {typed.wei !== undefined && most !== undefined && " · "}
            {most !== undefined && (
              <>
                {mostLabel} <Amount wei={most} />
              </>
            )}
          </>
        )}
      </p>
    </div>
  );
}

const takeFocus = (field: HTMLElement | null) => field?.focus();
