// SPDX-License-Identifier: AGPL-3.0-only
// An audit of a large epoch: the command as an auditor runs it, of a local chain made by the real contracts, from an
// endpoint that answers at once. Once with the endpoint's word for its state, and once with proofs against a trusted block.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modelledBytes } from "./audit/state-size.ts";
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { inFolder } from "./measured.ts";
import { startWorker } from "./server-process.ts";
import { inWorker } from "./worker.ts";

/** The bars hold for this size. */
const LARGE = 20_000;
/** Of Ethereum's state: the model's formula is at `accountNodesBytes`. */
const ACCOUNTS = 350_000_000;
/** Each prover fulfils so many requests. */
const FULFILMENTS_EACH = 20;

export async function run({ size: fulfilments = LARGE, ...options }: Options): Promise<Figure[]> {
  const provers = Math.ceil(fulfilments / FULFILMENTS_EACH);
  const what = `audit: ${provers} provers and ${fulfilments} fulfilments`;
  options.note(`${what}: making the chain and its proofs, some minutes`);
  const chain = await startWorker("audited-chain", { provers, fulfilments });
  try {
    const { rpcUrl, distributor, hash, stateRoot } = chain.said;
    const where = ["--rpc", rpcUrl, "--distributor", distributor];
    const trusting = [...where, "--trusted-block", hash];
    const { believed, proven } = await medians(options, what, {
      believed: () => audit(where, fulfilments),
      proven: () => audit(trusting, fulfilments),
    });
    const proofs = await inFolder(async (folder) => {
      const bundle = join(folder, "bundle");
      await audit([...trusting, "--bundle", bundle], fulfilments);
      const bytes = readFileSync(bundle);
      return bytes.subarray(bytes.indexOf("\n") + 1);
    });
    const modelled = await modelledBytes(proofs, stateRoot, ACCOUNTS);
    const inLarge = `kB in a state of ${ACCOUNTS / 1e6} million accounts`;
    const rows: [suffix: string, unit: string, value: number, atMost?: number][] = [
      ["", "s", believed.seconds, 10],
      ["-requests", "requests", believed.requests, 100],
      ["-calls", "calls", believed.calls, 100],
      ["-proven", "s", proven.seconds],
      ["-proven-times", "× as long", proven.seconds / believed.seconds, 3.5],
      ["-proven-requests", "requests", proven.requests, 40],
      ["-proven-calls", "calls", proven.calls, 1_100],
      ["-proofs", "kB", proofs.length / 1_000, 1_000],
      ["-proofs-modelled", inLarge, modelled / 1_000, 5_000],
    ];
    return rows.map(([suffix, unit, value, bar]) => {
      const atMost = fulfilments === LARGE ? bar : undefined;
      return figure({ name: `audit-${fulfilments}${suffix}`, unit, value, atMost });
    });
  } finally {
    chain.stop();
  }
}

async function audit(where: readonly string[], wanted: number) {
  const { seconds, requests, calls, fulfilments } = await inWorker("audit", ["--epoch", "0", ...where]);
  if (fulfilments !== wanted) throw new Error(`${fulfilments} fulfilments, not ${wanted}`);
  return { seconds, requests, calls };
}
