// SPDX-License-Identifier: AGPL-3.0-only

/** @typedef {import("./figures.mjs").Figure} Figure */

/** One JSON object a line; what a figure has not is null. @param {Figure[]} figures */
export function printLines(figures) {
  for (const { name, value, unit, peer = null, peerValue, ratio } of figures) {
    console.log(
      JSON.stringify({
        name,
        value: short(value),
        unit,
        peer,
        peerValue: short(peerValue),
        ratio: short(ratio),
      }),
    );
  }
}

/** @param {string} title @param {Figure[]} figures */
export function printTable(title, figures) {
  const rows = figures.map(({ name, value, unit, peer = "", peerValue, ratio, bar = "", met }) => [
    name,
    `${short(value)} ${unit}`,
    peer,
    peerValue === undefined ? "" : String(short(peerValue)),
    ratio === undefined ? "" : `${short(ratio)} ×`,
    bar,
    met === undefined ? "" : met ? "met" : "missed",
  ]);
  const table = [["figure", "ours", "peer", "theirs", "ratio", "bar", ""], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log(`\n${title}`);
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}

/** Three digits tell what a measurement can. @param {number | undefined} value */
function short(value) {
  return value === undefined ? null : value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
