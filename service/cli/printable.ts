// SPDX-License-Identifier: AGPL-3.0-only

/**
 * Text with the control characters written out that others may have put into it (a backend, an endpoint, a file), which
 * would have a terminal overwrite what stands there: as JSON writes them, so that JSON stays the same.
 */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** On one line, whatever was said in several. */
export const oneLine = (text: string): string => text.trim().replace(/\s*[\r\n]\s*/g, " ");
