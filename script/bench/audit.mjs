// SPDX-License-Identifier: AGPL-3.0-only
// An audit of a large epoch: the command as an auditor runs it, of a local chain made by the real contracts, from an
// endpoint that answers at once. Once with the endpoint's word for its state, and once with proofs against a trusted block.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";
import { modelledBytes } from "./audit/state-size.mjs";
import { alone, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title =
  "Audit: from an RPC endpoint to a verdict on one epoch, by provender audit on a local chain";

/** The bars hold for this size. */
const LARGE = 20_000;
const BARS = { seconds: 10, requests: 100 };
const PROVEN_BARS = { times: 3.5, requests: 40, calls: 1_100, kB: 1_000, modelledKB: 5_000 };
/** Of Ethereum's state: the model's formula is at `accountNodesBytes`. */
const ACCOUNTS = 350_000_000;
/** Each prover fulfils so many requests. */
const FULFILMENTS_EACH = 20;
const COMMAND = fileURLToPath(new URL("../../service/cli/provender.mjs", import.meta.url));

/** @typedef {{ seconds: number, requests: number, calls: number }} Run */
/** @typedef {{ believed: Run[], proven: Run[], kB: number, modelledKB: number }} Done */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size: fulfilments = LARGE, runs, note }) {
  const provers = Math.ceil(fulfilments / FULFILMENTS_EACH);
  note(
    `audit: making a chain of ${provers} provers and ${fulfilments} fulfilments, and its proofs, some minutes`,
  );
  /** @type {Done} */
  const { believed, proven, kB, modelledKB } = await inWorker("audit", { provers, fulfilments, runs });
  const [bars, provenBars] = fulfilments === LARGE ? [BARS, PROVEN_BARS] : [];
  const middle = (/** @type {Run[]} */ list, /** @type {keyof Run} */ key) =>
    median(list.map((one) => one[key]));
  const times = middle(proven, "seconds") / middle(believed, "seconds");
  /** @type {[suffix: string, unit: string, value: number, atMost?: number | undefined][]} */
  const rows = [
    ["", "s", middle(believed, "seconds"), bars?.seconds],
    ["-requests", "requests", middle(believed, "requests"), bars?.requests],
    ["-calls", "calls", middle(believed, "calls"), bars?.requests],
    ["-proven", "s", middle(proven, "seconds")],
    ["-proven-times", "× as long", times, provenBars?.times],
    ["-proven-requests", "requests", middle(proven, "requests"), provenBars?.requests],
    ["-proven-calls", "calls", middle(proven, "calls"), provenBars?.calls],
    ["-proofs", "kB", kB, provenBars?.kB],
    [
      "-proofs-modelled",
      `kB in a state of ${ACCOUNTS / 1e6} million accounts`,
      modelledKB,
      provenBars?.modelledKB,
    ],
  ];
  return rows.map(([suffix, unit, value, atMost]) =>
    alone({ name: `audit-${fulfilments}${suffix}`, unit, value, atMost }),
  );
}

/** @param {{ provers: number, fulfilments: number, runs: number }} task @returns {Promise<Done>} */
export async function work({ runs, ...size }) {
  const { askThrough, replayed } = await import("./audit/replay.mjs");
  const { crowdedChain } = await import("../../test/service/helpers/crowd.ts");
  const { anvil, client, distributor } = await crowdedChain(size);
  const { rpcUrl, close } = await replayed(anvil.rpcUrl);
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    const { hash } = await client.getBlock();
    const trusted = ["--trusted-block", hash];
    await askThrough(rpcUrl, distributor, hash);
    /** @type {Done} */
    const done = { believed: [], proven: [], kB: 0, modelledKB: 0 };
    const once = (/** @type {string[]} */ ...flags) =>
      audit(["--rpc", rpcUrl, "--distributor", distributor, ...flags], size.fulfilments);
    while (done.proven.length < runs) {
      done.believed.push(await once());
      done.proven.push(await once(...trusted));
    }
    const bundle = join(folder, "bundle");
    await once(...trusted, "--bundle", bundle);
    const bytes = readFileSync(bundle);
    const proofs = bytes.subarray(bytes.indexOf("\n") + 1);
    done.kB = proofs.length / 1_000;
    const { stateRoot } = await client.getBlock({ blockHash: hash });
    done.modelledKB = modelledBytes(entriesIn(proofs), stateRoot, ACCOUNTS) / 1_000;
    return done;
  } finally {
    rmSync(folder, { recursive: true });
    close();
    anvil.stop();
  }
}

/** What a bundle's proofs are made of, each behind its length in three bytes. @param {Buffer} deflated */
function entriesIn(deflated) {
  const bytes = inflateRawSync(deflated);
  const entries = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 3 + bytes.readUIntBE(at, 3);
    entries.push(bytes.subarray(at + 3, end));
    at = end;
  }
  return entries;
}

/** @param {string[]} where @param {number} fulfilments @returns {Promise<Run>} */
async function audit(where, fulfilments) {
  const flags = ["--epoch", "0", "--json", ...where];
  const began = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, "audit", ...flags]);
  const seconds = (performance.now() - began) / 1_000;
  const { verdict, recomputed, requests, calls } = JSON.parse(stdout);
  if (verdict !== "match" || recomputed.fulfilments !== fulfilments) throw new Error(stdout);
  return { seconds, requests, calls };
}
