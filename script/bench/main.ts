// SPDX-License-Identifier: AGPL-3.0-only
// npm run bench [-- TOPIC… options]: figures of ours beside those of other software that does the same work. Each topic
// is a file beside this one, and a line in TITLES and in TOPICS.
import { cpus, totalmem } from "node:os";
import { Argument, Command, InvalidArgumentError } from "commander";
import { printTable } from "../table.mjs";
import { type Figure, type Options, printed } from "./figures.ts";
import { writePlots } from "./plots.ts";
import { workHere } from "./worker.ts";

/** The topics, and what each is called. */
const TITLES = {
  tree: "Tree: entries to root, and 1,000 merkleProofs; CPU time",
  serve: "Serve: merkleProofs over HTTP from a posted root; requests per CPU-second of the server",
  ready:
    "Ready: from the start of provender serve to the first 200 of /ready, over posted epochs of 10,000 provers",
  audit: "Audit: from an RPC endpoint to a verdict on one epoch, by provender audit on a local chain",
  "audit-growth": "Audit of a whole history: a verdict on every epoch in one pass; CPU time",
  ingest: "Ingest: packed recorded logs into SQLite; fulfilments a CPU-second and peak memory",
  epoch: "Epoch job: from epoch activity to the stored artifact and its tree; CPU time",
  "ingest-rpc": "Ingest: fulfilments a second, from a JSON-RPC endpoint into SQLite",
  endpoints:
    "Endpoints: reads answered rightly within 5 s, and their 99th percentile, where the first of three is faulty",
  provernet: "ProverNet: logs read, folded and stored, from an endpoint that answers at once",
  ponder: "Beside Ponder: the same logs from the same endpoint into a database",
  growth: "Growth: CPU seconds, peak memory, and microseconds for each one, by size",
};
type Topic = keyof typeof TITLES;

/** Loaded when they are asked for. */
const TOPICS: Readonly<Record<Topic, () => Promise<{ run: (options: Options) => Promise<Figure[]> }>>> = {
  tree: () => import("./tree.ts"),
  serve: () => import("./serve.ts"),
  ready: () => import("./ready.ts"),
  audit: () => import("./audit.ts"),
  "audit-growth": () => import("./audit-growth.ts"),
  ingest: () => import("./ingest.ts"),
  epoch: () => import("./epoch.ts"),
  "ingest-rpc": () => import("./ingest-rpc.ts"),
  endpoints: () => import("./endpoints.ts"),
  provernet: () => import("./provernet.ts"),
  ponder: () => import("./ponder.ts"),
  growth: () => import("./growth.ts"),
};
/** One installs what it measures first; the other runs parts of the rest again. */
const BY_NAME_ONLY = ["ponder", "growth"];
const MAX_SIZE = 2_000_000;
const MAX_RUNS = 99;

if (process.argv[2] === "--worker") await workHere(process.argv[3] ?? "", process.argv[4] ?? "");
else await commandLine().parseAsync();

function commandLine(): Command {
  const names = Object.keys(TITLES) as Topic[];
  const few = names.filter((name) => !BY_NAME_ONLY.includes(name));
  return new Command("npm run bench --")
    .description("Figures of ours beside those of other software that does the same work.")
    .addArgument(
      new Argument("[topic...]", "what to measure")
        .choices(names)
        .default(few, `all but ${BY_NAME_ONLY.join(" and ")}`),
    )
    .option("--full", "take the largest sizes and the slowest peers too", false)
    .option("--size <numbers>", "how many provers, leaves, logs and so on; several with commas", asCounts)
    .option("--runs <number>", "measure each so often; the median counts", asCount(MAX_RUNS), 3)
    .option("--json", "print an object a line: name, value, unit, peer, peerValue, ratio", false)
    .option("--plots <folder>", "draw what was measured at several sizes into SVG files")
    .addHelpText(
      "after",
      ["\nTopics:", ...names.map((name) => `  ${name.padEnd(14)}${TITLES[name]}`)].join("\n"),
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action(compare);
}

interface Flags {
  readonly full: boolean;
  readonly size?: readonly number[];
  readonly runs: number;
  readonly json: boolean;
  readonly plots?: string;
}

async function compare(names: Topic[], { full, size: sizes, runs, json, plots }: Flags): Promise<void> {
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const [cpu] = cpus();
  note(`${cpus().length} × ${cpu?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`);
  const all: Figure[] = [];
  for (const name of names) {
    const { run } = await TOPICS[name]();
    const figures: Figure[] = [];
    for (const size of sizes ?? [undefined]) figures.push(...(await run({ full, size, runs, note })));
    if (json) for (const figure of figures) console.log(JSON.stringify(printed(figure)));
    else {
      console.log(`\n${TITLES[name]}`);
      printTable(figures.map(inCells));
    }
    if (figures.some(({ met }) => met === false)) process.exitCode = 1;
    all.push(...figures);
  }
  if (plots !== undefined) for (const path of writePlots(all, plots)) note(`wrote ${path}`);
}

function inCells(figure: Figure) {
  const { name, value, unit, peer, peerValue, ratio } = printed(figure);
  const { bar = "", met } = figure;
  return {
    ...{ figure: name, ours: `${value} ${unit}`, peer: peer ?? "", theirs: peerValue ?? "" },
    ...{ ratio: ratio === null ? "" : `${ratio} ×`, bar, met: met === undefined ? "" : met ? "yes" : "no" },
  };
}

/** @throws InvalidArgumentError, which the command line tells in a line */
function asCount(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 1 && count <= max) return count;
    throw new InvalidArgumentError(`Give a number from 1 to ${max}.`);
  };
}

function asCounts(text: string): number[] {
  return text.split(",").map(asCount(MAX_SIZE));
}
