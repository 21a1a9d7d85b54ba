// SPDX-License-Identifier: AGPL-3.0-only
// Merkle trees: from entries to the root, then 1,000 merkleProofs.
import { alone, beside, median } from "./figures.mjs";
import { makeEntries } from "./tree/entries.mjs";
import { inWorker, measured, peakMegabytes } from "./worker.mjs";

export const title =
  "Tree: entries to root, and 1,000 merkleProofs; CPU time, each contestant in its own process";

const PROOFS = 1_000;
const OURS = "provender";
/** The bars hold for this size. */
const LARGE = 1_000_000;
const DEFAULT = 100_000;

/** @type {{ key: "cpuSeconds" | "peakMegabytes" | "proofMilliseconds", suffix: string, unit: string, atMost?: number }[]} */
const QUANTITIES = [
  { key: "cpuSeconds", suffix: "", unit: "CPU-seconds" },
  { key: "peakMegabytes", suffix: "-peak", unit: "MB", atMost: 500 },
  { key: "proofMilliseconds", suffix: "-proofs", unit: "ms", atMost: 50 },
];

/** @typedef {{ root: string, cpuSeconds: number, proofMilliseconds: number, peakMegabytes: number }} Run */

/** @type {Record<string, { load: () => Promise<import("./tree/entries.mjs").Build>, atLeast?: number, sameShape: boolean }>} */
const CONTESTANTS = {
  [OURS]: { load: async () => (await import("./tree/provender.mjs")).load(), sameShape: true },
  "merkletreejs + hash-wasm": {
    load: async () => (await import("./tree/merkletreejs.mjs")).loadWithHashWasm(),
    atLeast: 5,
    sameShape: true,
  },
  "merkletreejs + keccak256": {
    load: async () => (await import("./tree/merkletreejs.mjs")).loadWithKeccak256(),
    atLeast: 15,
    sameShape: true,
  },
  // Hashes leaves alike, but shapes odd trees differently: no root to compare.
  "@openzeppelin/merkle-tree": {
    load: async () => (await import("./tree/openzeppelin.mjs")).load(),
    atLeast: 60,
    sameShape: false,
  },
};
const FASTEST_PEER = 2;

/** @param {import("../bench.mjs").Options} options */
export async function run({ full, size, runs, oursOnly, note }) {
  const all = oursOnly ? [OURS] : Object.keys(CONTESTANTS);
  if (size !== undefined) return compare(size, all, runs, note);
  // The slower peers take minutes for a tree of a million leaves.
  const large = await compare(LARGE, full ? all : all.slice(0, FASTEST_PEER), runs, note);
  return [...(await compare(DEFAULT, all, runs, note)), ...large];
}

/** @param {number} size @param {string[]} names @param {number} rounds @param {(line: string) => void} note */
async function compare(size, names, rounds, note) {
  /** @type {Map<string, Run[]>} */
  const runs = new Map(names.map((name) => [name, []]));
  // Round by round, so that whatever else the machine does meets all of them alike.
  for (let round = 1; round <= rounds; round++) {
    for (const [contestant, done] of runs) {
      note(`tree: ${size} leaves, ${contestant}, run ${round} of ${rounds}`);
      done.push(await inWorker("tree", { contestant, size }));
    }
  }
  assertSameRoots(runs);
  return figuresOf(size, runs);
}

/** @param {number} size @param {Map<string, Run[]>} runs */
function figuresOf(size, runs) {
  const barred = size === LARGE;
  const peers = [...runs.keys()].filter((name) => name !== OURS);
  return QUANTITIES.flatMap(({ key, suffix, unit, atMost }) => {
    const name = `tree-${size}${suffix}`;
    const middle = (/** @type {string} */ contestant) =>
      median((runs.get(contestant) ?? []).map((run) => run[key]));
    const value = middle(OURS);
    const compared = peers.map((peer) => {
      const atLeast = barred && key === "cpuSeconds" ? CONTESTANTS[peer]?.atLeast : undefined;
      return beside({ name, unit, value, peer, peerValue: middle(peer), better: "less", atLeast });
    });
    const bare = peers.length === 0 ? [alone({ name, unit, value })] : compared;
    return barred && atMost !== undefined ? [alone({ name, unit, value, atMost }), ...compared] : bare;
  });
}

/** @param {Map<string, Run[]>} runs */
function assertSameRoots(runs) {
  const root = runs.get(OURS)?.[0]?.root;
  for (const [name, done] of runs) {
    if (!CONTESTANTS[name]?.sameShape) continue;
    for (const run of done) if (run.root !== root) throw new Error(`${name} built ${run.root}, not ${root}`);
  }
}

/** @param {{ contestant: string, size: number }} task @returns {Promise<Run>} */
export async function work({ contestant, size }) {
  const chosen = CONTESTANTS[contestant];
  if (chosen === undefined) throw new Error(`no contestant ${contestant}`);
  const build = await chosen.load();
  const entries = makeEntries(size);
  globalThis.gc?.(); // The entries' garbage is not the contestant's.
  const { result: built, cpuSeconds } = await measured(() => build(entries));
  const indices = Array.from({ length: PROOFS }, (_, i) => Math.floor((i * size) / PROOFS));
  const proving = await measured(() => indices.every((index) => built.prove(index) !== undefined));
  if (!proving.result) throw new Error(`${contestant} has no merkleProof of an entry`);
  return {
    root: built.root,
    cpuSeconds,
    proofMilliseconds: 1_000 * proving.cpuSeconds,
    peakMegabytes: peakMegabytes(),
  };
}
