// SPDX-License-Identifier: AGPL-3.0-only
// npm run bench [-- TOPIC… options]: figures of ours beside those of other software that does the same work. Each topic
// is a file beside this one, and a line in TOPICS.
import { cpus, totalmem } from "node:os";
import { Argument, Command, InvalidArgumentError } from "commander";
import { printTable } from "../table.mjs";
import { type Figure, type Options, printed } from "./figures.ts";
import { writePlots } from "./plots.ts";
import { workHere } from "./worker.ts";

interface Topic {
  readonly title: string;
  readonly load: () => Promise<{ run: (options: Options) => Promise<Figure[]> }>;
}

const TOPICS: Readonly<Record<string, Topic>> = {
  tree: {
    title: "Tree: entries to root, and 1,000 merkleProofs; CPU time",
    load: () => import("./tree.ts"),
  },
  serve: {
    title: "Serve: merkleProofs over HTTP from a posted root; requests per CPU-second of the server",
    load: () => import("./serve.ts"),
  },
  ready: {
    title:
      "Ready: from the start of provender serve to the first 200 of /ready, over posted epochs of 10,000 provers",
    load: () => import("./ready.ts"),
  },
  audit: {
    title: "Audit: from an RPC endpoint to a verdict on one epoch, by provender audit on a local chain",
    load: () => import("./audit.ts"),
  },
  "audit-growth": {
    title: "Audit of a whole history: a verdict on every epoch in one pass; CPU time",
    load: () => import("./audit-growth.ts"),
  },
  ingest: {
    title: "Ingest: packed recorded logs into SQLite; fulfilments a CPU-second and peak memory",
    load: () => import("./ingest.ts"),
  },
  epoch: {
    title: "Epoch job: from epoch activity to the stored artifact and its tree; CPU time",
    load: () => import("./epoch.ts"),
  },
  "ingest-rpc": {
    title: "Ingest: fulfilments a second, from a JSON-RPC endpoint into SQLite",
    load: () => import("./ingest-rpc.ts"),
  },
  endpoints: {
    title:
      "Endpoints: reads answered rightly within 5 s, and their 99th percentile, where the first of three is faulty",
    load: () => import("./endpoints.ts"),
  },
  provernet: {
    title: "ProverNet: logs read, folded and stored, from an endpoint that answers at once",
    load: () => import("./provernet.ts"),
  },
  ponder: {
    title: "Beside Ponder: the same logs from the same endpoint into a database",
    load: () => import("./ponder.ts"),
  },
  growth: {
    title: "Growth: CPU seconds, peak memory, and microseconds for each one, by size",
    load: () => import("./growth.ts"),
  },
};
/** One installs what it measures first; the other runs parts of the rest again. */
const BY_NAME_ONLY = ["ponder", "growth"];
const MAX_SIZE = 2_000_000;
const MAX_RUNS = 99;

if (process.argv[2] === "--worker") await workHere(process.argv[3] ?? "", process.argv[4] ?? "");
else await commandLine().parseAsync();

function commandLine(): Command {
  const names = Object.keys(TOPICS);
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
      ["\nTopics:", ...names.map((name) => `  ${name.padEnd(14)}${TOPICS[name]?.title}`)].join("\n"),
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

async function compare(names: string[], { full, size: sizes, runs, json, plots }: Flags): Promise<void> {
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const [cpu] = cpus();
  note(`${cpus().length} × ${cpu?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`);
  const all: Figure[] = [];
  for (const name of names) {
    const { title, load } = TOPICS[name] as Topic;
    const { run } = await load();
    const figures: Figure[] = [];
    for (const size of sizes ?? [undefined]) figures.push(...(await run({ full, size, runs, note })));
    if (json) for (const figure of figures) console.log(JSON.stringify(printed(figure)));
    else {
      console.log(`\n${title}`);
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
