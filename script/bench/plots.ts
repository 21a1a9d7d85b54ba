// SPDX-License-Identifier: AGPL-3.0-only
// Figures as small pictures for a README: ours and each peer's by size, both axes logarithmic.
import { mkdirSync, writeFileSync } from "node:fs";
import { init, type SeriesOption } from "echarts";
import type { Figure } from "./figures.ts";

const GROWTH = "provers, fulfilments, leaves";
/** Figures by name and size, such as tree-100000, that make one picture each; of growth, each part's are a line. */
const PLOTS = [
  { prefix: "growth-cpu", title: "CPU seconds, by how many there are", unit: GROWTH },
  { prefix: "growth-memory", title: "Peak memory in MB", unit: GROWTH },
  { prefix: "tree", title: "CPU seconds, from entries to root", unit: "leaves" },
  { prefix: "proofs", title: "merkleProofs served per CPU-second", unit: "leaves" },
  { prefix: "ingest", title: "Fulfilments read per second", unit: "fulfilments" },
];
const OURS = "provender";
/** Read on white and on black alike: a page says which it is. */
const DARK = "@media(prefers-color-scheme:dark){text{fill:#9198a1}}";

/** Writes a picture of each topic that has at least two sizes; gives their paths. */
export function writePlots(figures: readonly Figure[], folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return PLOTS.flatMap((plot) => {
    const lines = linesOf(figures, plot.prefix);
    if (Math.max(0, ...Array.from(lines.values(), ({ size }) => size)) < 2) return [];
    const path = `${folder}/${plot.prefix}.svg`;
    writeFileSync(path, drawing(plot, lines));
    return [path];
  });
}

/** Ours and each peer's values by size; of growth, each part's. */
function linesOf(figures: readonly Figure[], prefix: string): Map<string, Map<number, number>> {
  const lines = new Map<string, Map<number, number>>();
  const add = (name: string, size: number, value: number) =>
    lines.set(name, (lines.get(name) ?? new Map()).set(size, value));
  for (const { name, value, peer, peerValue } of figures) {
    const [, part = OURS, size] = new RegExp(`^${prefix}-(?:([a-z]+)-)?([0-9]+)$`).exec(name) ?? [];
    if (size === undefined) continue;
    add(part, Number(size), value);
    if (peer !== undefined && peerValue !== undefined) add(peer, Number(size), peerValue);
  }
  return lines;
}

function drawing({ title, unit }: (typeof PLOTS)[number], lines: ReturnType<typeof linesOf>): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 680, height: 360 });
  const series = Array.from(lines, ([name, points]): SeriesOption => {
    const [color, width] = name === OURS ? ["#0969da", 3] : ["#8c959f", 2];
    return {
      ...{ type: "line", name, data: [...points].sort(([a], [b]) => a - b), color, lineStyle: { width } },
      ...{ symbol: "circle", symbolSize: 7, labelLayout: { moveOverlap: "shiftY" } },
      endLabel: { show: true, formatter: () => name, color: name === OURS ? color : "#57606a", fontSize: 14 },
    };
  });
  const axis = { type: "log", axisLabel: { fontSize: 14, formatter: short } } as const;
  chart.setOption({
    ...{ animation: false, title: { text: title, left: 48, textStyle: { fontSize: 16 } }, series },
    grid: { left: 64, right: 250, top: 48, bottom: 56 },
    xAxis: { ...axis, name: unit, nameLocation: "middle", nameGap: 32, nameTextStyle: { fontSize: 14 } },
    yAxis: axis,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg
    .replace("<svg", `<svg role="img" aria-label="${title}"`)
    .replace(">", `>\n<style>${DARK}</style>`);
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(Number(value.toPrecision(3)));
}
