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
  const text = jsonText(value);
  // No text holds a line's end as it is: JSON escapes it.
  out(`${oneOfSeveral ? text.replace(/\n */g, " ") : text}\n`);
}

/** The same for one with a list of any length, which is its last field, and is written as its items are made. */
export function printJsonList(context: Context, value: object, name: string, items: Iterable<unknown>): void {
  const whole = jsonText({ ...value, [name]: [] });
  const end = "]\n}";
  function* parts(): Generator<string> {
    yield whole.slice(0, -end.length);
    let between = "\n    ";
    for (const item of items) {
      yield between + jsonText(item).replaceAll("\n", "\n    ");
      between = ",\n    ";
    }
    yield `${between === ",\n    " ? "\n  " : ""}${end}\n`;
  }
  printParts(context, parts());
}

const PORTION = 65_536;

/** Text that is made part by part, in fewer writes than there are parts. */
export function printParts({ out }: Context, parts: Iterable<string>): void {
  let text = "";
  for (const part of parts) {
    text += part;
    if (text.length < PORTION) continue;
    out(text);
    text = "";
  }
  if (text !== "") out(text);
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item), 2);
}
