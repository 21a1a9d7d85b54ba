// SPDX-License-Identifier: AGPL-3.0-only
// provender serve under attack: how long /health takes meanwhile, and how much memory the server takes at the most.
import { alone, beside, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title = "Hostile: provender serve, as it is run, while somebody attacks it";

const LEAVES = 10_000;
const MOST_MILLISECONDS = 200;
/** As many times its memory when idle as it may take. */
const MOST_MEMORY = 2;

/** @typedef {{ attack: string, p99: number, megabytes: number, attacks: number }} Siege */
/** @typedef {{ idle: number, sieges: Siege[] }} Run */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size: leaves = LEAVES, runs, note }) {
  note(`hostile: a server over ${leaves} leaves`);
  /** @type {Run[]} */
  const done = await inWorker("hostile", { role: "defend", leaves, runs });
  const idle = median(done.map((one) => one.idle));
  return (done[0]?.sieges ?? []).flatMap(({ attack }, index) => {
    const middle = (/** @type {"p99" | "megabytes" | "attacks"} */ key) =>
      median(done.map(({ sieges }) => sieges[index]?.[key] ?? Number.NaN));
    return [
      alone({ name: `hostile-${attack}`, unit: "ms", value: middle("p99"), atMost: MOST_MILLISECONDS }),
      beside({
        ...{ name: `hostile-${attack}-memory`, unit: "MB", value: middle("megabytes") },
        ...{ peer: "idle", peerValue: idle, better: "less", atLeast: 1 / MOST_MEMORY },
      }),
      alone({ name: `hostile-${attack}-attacks`, unit: "a second", value: middle("attacks") }),
    ];
  });
}

/** @param {never} task */
export async function work(task) {
  return (await import("./hostile/work.ts")).workOn(task);
}
