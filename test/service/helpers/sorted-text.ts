// SPDX-License-Identifier: AGPL-3.0-only

/** JSON with its keys in order, of anything: also of what canonical JSON cannot hold. */
export function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
