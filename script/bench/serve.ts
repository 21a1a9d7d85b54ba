// SPDX-License-Identifier: AGPL-3.0-only
// merkleProofs over HTTP: requests that a server answers for each second of its CPU's time.
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { fullLoad } from "./serve/load.ts";
import type { Peer } from "./serve/peers.ts";
import { type Stage, stageOf } from "./serve/stage.ts";
import { provenderServe, startWorker } from "./server-process.ts";
import { makeEntries } from "./tree/entries.ts";

/** The bars hold for this size. */
const LARGE = 1_000_000;
/** What the peers can keep, and build while somebody waits. */
const SMALL = 10_000;
const PEERS: readonly Peer[] = ["@openzeppelin/merkle-tree", "merkletreejs by leaf"];
const TURNS = 4;
/** Enough that what runs hot is compiled, and about a second's: the server asks the chain once a second, and short turns would each pay. */
const A_TURN = 10_000;
/** For peers, whom each takes milliseconds. */
const FEW = 1_000;
const unit = "requests/CPU-second";

export async function run({ size, oursOnly, ...options }: Options): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const leaves of size === undefined ? [SMALL, LARGE] : [size]) {
    const name = `proofs-${leaves}`;
    const what = `serve: ${leaves} leaves`;
    const barred = leaves === LARGE;
    const path = proofPaths(leaves);
    const stage = await stageOf({ epochs: 1, leaves });
    try {
      const ours = async () => ({ ...(await inTurns(stage, path)), ...(await underLoad(stage, path)) });
      const { provender } = await medians(options, what, { provender: ours });
      const { proofs: value, empty: peerValue, megabytes } = provender;
      const atLeast = barred ? 0.85 : undefined;
      const peer = "an empty route of the same app";
      figures.push(
        figure({ name, unit, value, peer, peerValue, better: "more", atLeast }),
        figure({ name: `${name}-memory`, unit: "MB", value: megabytes, atMost: barred ? 300 : undefined }),
      );
      if (leaves > SMALL || oursOnly) continue;
      const servers = Object.fromEntries(PEERS.map((each) => [each, () => ofPeer(each, leaves, path)]));
      for (const [each, { proofs }] of Object.entries(await medians(options, what, servers)))
        figures.push(figure({ name, unit, value, peer: each, peerValue: proofs, better: "more" }));
    } finally {
      stage.remove();
    }
  }
  return figures;
}

/** The path of one prover's merkleProof after another, across the whole tree. */
function proofPaths(leaves: number): () => string {
  const paths = makeEntries(leaves).map(({ prover }) => `/v1/provers/${prover}/proof`);
  let next = 0;
  return () => {
    next = (next + 7_919) % paths.length;
    return paths[next] as string;
  };
}

/**
 * A route that does nothing in the same app, and merkleProofs: by turns, so that whatever else the machine does meets
 * both alike.
 */
async function inTurns({ chain: { anvil, distributor }, directory }: Stage, path: () => string) {
  const server = await startWorker("proof-server", { rpcUrl: anvil.rpcUrl, distributor, directory });
  const nothing = () => server.said.empty;
  const rates = { empty: [] as number[], proofs: [] as number[] };
  for (const warm of [nothing, path]) await fullLoad(server, warm, A_TURN);
  for (let turn = 0; turn < TURNS; turn++) {
    rates.empty.push(await fullLoad(server, nothing, A_TURN));
    rates.proofs.push(await fullLoad(server, path, A_TURN));
  }
  server.stop();
  return { empty: overall(rates.empty), proofs: overall(rates.proofs) };
}

/** The rate of turns of one length, each at its own rate. */
function overall(rates: readonly number[]): number {
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
}

/** The command as it is run: how much memory it takes under load. */
async function underLoad({ flags }: Stage, path: () => string) {
  const server = await provenderServe(flags);
  for (const _ of [1, 2]) await fullLoad(server, path, A_TURN);
  const { megabytes } = server.usage();
  server.stop();
  return { megabytes };
}

async function ofPeer(peer: Peer, leaves: number, path: () => string) {
  const server = await startWorker("proof-server-of-a-peer", { peer, leaves });
  await fullLoad(server, path, FEW);
  const proofs = await fullLoad(server, path, FEW);
  server.stop();
  return { proofs };
}
