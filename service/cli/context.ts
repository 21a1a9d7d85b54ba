// SPDX-License-Identifier: AGPL-3.0-only

/** What a command sees of the process it runs in. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  /** Results: standard output, and nothing else goes there. */
  readonly out: (text: string) => void;
  /** Progress, notes and errors: standard error. */
  readonly note: (line: string) => void;
  /** Asks the person at the terminal, without showing what is typed; undefined if there is nobody to ask. */
  readonly askSecret?: ((question: string) => Promise<string>) | undefined;
  /** Where standard error is a terminal: what is written there may be written over. */
  readonly terminal?: Terminal | undefined;
  /** For a command that has said what is wrong and ends with another code than 0. */
  readonly exit: (code: number) => void;
}

export interface Terminal {
  readonly write: (text: string) => void;
  readonly columns: () => number;
}

/**
 * A result for programs: amounts and other big integers as decimal strings. One of several is on a line of its own, so
 * that they can be told apart.
 */
export function printJson({ out }: Context, value: unknown, oneOfSeveral = false): void {
  const text = JSON.stringify(
    value,
    (_, item: unknown) => (typeof item === "bigint" ? String(item) : item),
    2,
  );
  // No text holds a line's end as it is: JSON escapes it.
  out(`${oneOfSeveral ? text.replace(/\n */g, " ") : text}\n`);
}
