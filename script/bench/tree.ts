// SPDX-License-Identifier: AGPL-3.0-only
// Merkle trees: from entries to the root, then 1,000 merkleProofs.
import { type Figure, figure, medians, type Options } from "./figures.ts";
import type { CONTESTANTS } from "./tree/contestants.ts";
import { inWorker } from "./worker.ts";

type Contestant = keyof typeof CONTESTANTS;

const DEFAULT = 100_000;
/** The bars hold for this size. */
const LARGE = 1_000_000;
/** How many times longer each takes at least, the fastest first. */
const PEERS = [
  ["merkletreejs + hash-wasm", 5],
  ["merkletreejs + keccak256", 15],
  ["@openzeppelin/merkle-tree", 60],
] as const;
/** Hashes leaves alike, but shapes odd trees differently: no root to compare. */
const OF_ANOTHER_SHAPE = "@openzeppelin/merkle-tree";

const QUANTITIES = [
  { key: "cpuSeconds", suffix: "", unit: "CPU-seconds", atMost: undefined },
  { key: "megabytes", suffix: "-peak", unit: "MB", atMost: 500 },
  { key: "proofMilliseconds", suffix: "-proofs", unit: "ms", atMost: 50 },
] as const;

export async function run({ full, size, oursOnly, ...options }: Options): Promise<Figure[]> {
  const all = oursOnly ? 0 : PEERS.length;
  if (size !== undefined) return compare(size, all, options);
  // The slower peers take minutes for a tree of a million leaves.
  const large = await compare(LARGE, full ? all : 1, options);
  return [...(await compare(DEFAULT, all, options)), ...large];
}

async function compare(
  size: number,
  peerCount: number,
  options: Pick<Options, "runs" | "note">,
): Promise<Figure[]> {
  const peers = PEERS.slice(0, peerCount);
  let common: string | undefined;
  const measure = (contestant: Contestant) => async () => {
    const { root, ...run } = await inWorker("tree", { contestant, size });
    common ??= root;
    if (root !== common && contestant !== OF_ANOTHER_SHAPE)
      throw new Error(`${contestant} built ${root}, not ${common}`);
    return run;
  };
  const names: Contestant[] = ["provender", ...peers.map(([name]) => name)];
  const of = await medians(
    options,
    `tree: ${size} leaves`,
    Object.fromEntries(names.map((name) => [name, measure(name)])),
  );
  const barred = size === LARGE;
  return QUANTITIES.flatMap(({ key, suffix, unit, atMost }) => {
    const ofContestant = (name: Contestant) => of[name]?.[key] ?? Number.NaN;
    const ours = { name: `tree-${size}${suffix}`, unit, value: ofContestant("provender") };
    const compared = peers.map(([peer, times]) => {
      const atLeast = barred && key === "cpuSeconds" ? times : undefined;
      return figure({ ...ours, peer, peerValue: ofContestant(peer), better: "less", atLeast });
    });
    if (barred && atMost !== undefined) return [figure({ ...ours, atMost }), ...compared];
    return compared.length === 0 ? [figure(ours)] : compared;
  });
}
