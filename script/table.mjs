import Table from "cli-table3";

/** Prints a line for each row, under what the first one calls its cells. @param {Record<string, string | number>[]} rows */
export function printTable(rows) {
  const [first = {}] = rows;
  const colAligns = Object.values(first).map((cell) => (typeof cell === "number" ? "right" : "left"));
  const style = { compact: true, head: [], border: [] };
  const table = new Table({ head: Object.keys(first), colAligns, style });
  table.push(...rows.map((row) => Object.values(row).map((cell) => cell.toLocaleString("en-US"))));
  console.log(String(table));
}
