// SPDX-License-Identifier: AGPL-3.0-only

/** What of a text stands out on a terminal; nothing in JSON begins so. */
const COLOURS: readonly (readonly [RegExp, number])[] = [
  [/^(?:error:|UNDERFUNDED|UNRUNNABLE|PROBLEM)|\bMISMATCH\b/gm, 31],
  [/^WARNING|^warning:/gm, 33],
  [/^ok(?= {2,})|\bMATCH\b/gm, 32],
  [/^(?:nothing was sent|dry run)/gm, 36],
];

/**
 * Whether a stream shows colours: a terminal's does, unless the user wants none. See no-color.org; `TERM=dumb` is that
 * of editors' shells.
 */
export function showsColours(
  { isTTY }: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}

/** With the colours of a terminal around the words that matter. */
export function coloured(text: string): string {
  return COLOURS.reduce(
    (result, [pattern, code]) => result.replace(pattern, (word) => `\u001b[${code}m${word}\u001b[39m`),
    text,
  );
}
