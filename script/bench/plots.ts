// SPDX-License-Identifier: AGPL-3.0-only
// Figures as small pictures for a README: ours and each peer's by size, both axes logarithmic.
import { mkdirSync, writeFileSync } from "node:fs";
import type { Figure } from "./figures.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** Figures by name and size, such as tree-100000, that make one picture each; of growth, each part's are a line. */
const GROWTH = "provers, fulfilments, leaves";
const PLOTS = [
  { prefix: "growth-cpu", title: "CPU seconds, by how many there are", x: GROWTH },
  { prefix: "growth-memory", title: "Peak memory in MB", x: GROWTH },
  { prefix: "tree", title: "CPU seconds, from entries to root", x: "leaves" },
  { prefix: "proofs", title: "merkleProofs served per CPU-second", x: "leaves" },
  { prefix: "ingest", title: "Fulfilments read per second", x: "fulfilments" },
];
const OURS = "provender";
const [WIDTH, HEIGHT] = [680, 360];
const BOX = { left: 64, right: 430, top: 48, bottom: 312 };

/** Writes a picture of each topic that has at least two sizes; gives their paths. */
export function writePlots(figures: readonly Figure[], folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return PLOTS.flatMap((plot) => {
    const lines = linesOf(figures, plot.prefix);
    if (new Set(lines.flatMap(({ points }) => points.map(({ x }) => x))).size < 2) return [];
    const path = `${folder}/${plot.prefix}.svg`;
    writeFileSync(path, drawing(plot, lines));
    return [path];
  });
}

/** Ours and each peer's; of growth, each part's. */
function linesOf(figures: readonly Figure[], prefix: string): Line[] {
  const lines = new Map<string, Map<number, number>>();
  const add = (name: string, x: number, y: number) =>
    lines.set(name, (lines.get(name) ?? new Map()).set(x, y));
  for (const { name, value, peer, peerValue } of figures) {
    const [, part = OURS, size] = new RegExp(`^${prefix}-(?:([a-z]+)-)?([0-9]+)$`).exec(name) ?? [];
    if (size === undefined) continue;
    add(part, Number(size), value);
    if (peer !== undefined && peerValue !== undefined) add(peer, Number(size), peerValue);
  }
  return Array.from(lines, ([name, points]) => ({
    name,
    points: Array.from(points, ([x, y]) => ({ x, y })).sort((a, b) => a.x - b.x),
  }));
}

function drawing({ title, x: unit }: { title: string; x: string }, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const x = axis(
    all.map((point) => point.x),
    [BOX.left, BOX.right],
  );
  const y = axis(
    all.map((point) => point.y),
    [BOX.bottom, BOX.top],
  );
  const grid = [
    ...x.ticks.map((tick) => rule(x.at(tick), BOX.bottom, x.at(tick), BOX.top)),
    ...y.ticks.map((tick) => rule(BOX.left, y.at(tick), BOX.right, y.at(tick))),
    ...x.ticks.map((tick) => label(x.at(tick), BOX.bottom + 20, short(tick), "middle")),
    ...y.ticks.map((tick) => label(BOX.left - 8, y.at(tick) + 5, short(tick), "end")),
    label(BOX.right, BOX.bottom + 40, unit, "end"),
  ];
  const names = apart(lines.map(({ points }) => y.at(points.at(-1)?.y ?? 1)));
  const drawn = lines.flatMap(({ name, points }, i) => {
    const places = points.map((point) => `${x.at(point.x).toFixed(1)},${y.at(point.y).toFixed(1)}`);
    const end = x.at(points.at(-1)?.x ?? 1);
    return [
      `<g class="${name === OURS ? "ours" : "peer"}"><polyline points="${places.join(" ")}"/>`,
      ...places.map((place) => `<circle cx="${place.replace(",", '" cy="')}" r="3.5"/>`),
      `${label(end + 12, (names[i] ?? 0) + 5, name, "start")}</g>`,
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
${label(BOX.left, 26, title, "start", "title")}
${[...grid, ...drawn].join("\n")}
</svg>
`;
}

/** Read on white and on black alike: a page says which it is. */
const STYLE = `
text{font:14px system-ui,sans-serif;fill:#57606a}.title{font-size:16px;font-weight:600;fill:#1f2328}
line{stroke:#8c959f;stroke-opacity:.3}polyline{fill:none;stroke-width:2}.peer polyline{stroke:#8c959f}.peer circle{fill:#8c959f}
.ours polyline{stroke:#0969da;stroke-width:3}.ours circle{fill:#0969da}.ours text{fill:#0969da;font-weight:600}
@media(prefers-color-scheme:dark){text{fill:#9198a1}.title{fill:#f0f6fc}.ours polyline{stroke:#4493f8}.ours circle,.ours text{fill:#4493f8}}
`;

/** A logarithmic axis over whole powers of ten. */
function axis(values: readonly number[], [from, to]: readonly [number, number]) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

/** Heights at which no two names overlap. */
function apart(heights: readonly number[]): number[] {
  const placed = [...heights];
  const order = heights.map((_, i) => i).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  for (let i = 1; i < order.length; i++) {
    const [above = 0, here = 0] = [order[i - 1], order[i]];
    placed[here] = Math.max(placed[here] ?? 0, (placed[above] ?? 0) + 18);
  }
  return placed;
}

function rule(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;
}

function label(x: number, y: number, text: string, anchor: string, name = ""): string {
  const kind = name === "" ? "" : ` class="${name}"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${kind}>${escaped(text)}</text>`;
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
