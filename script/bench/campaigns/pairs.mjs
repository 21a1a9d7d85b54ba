// SPDX-License-Identifier: AGPL-3.0-only
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit } from "../../../service/audit/audit.ts";
import { connect } from "../../../service/chain/client.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { encodeResult } from "../../../service/core/encoded-artifact.ts";
import { computePacked } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { basisOf, inputOf } from "../../../service/epoch/continuation.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { serveRecorded } from "../../../test/service/helpers/recorded-chain.ts";
import { measured } from "../worker.mjs";
import { chainOf } from "./chain.mjs";

/** @typedef {{ rpcUrl: string, distributor: `0x${string}` }} Served */

/** Serves a chain under a policy of each version until the process ends, and tells its parent where. @param {import("./chain.mjs").Size} size */
export async function serveChains(size) {
  await initKeccak();
  /** @type {Served[]} */
  const served = [];
  for (const version of /** @type {const} */ ([1, 2])) {
    const chain = chainOf(size, version);
    const { distributor } = chain;
    const domain = domainOf(BigInt(chain.chainId), distributor);
    const { rpcUrl } = await serveRecorded(chain, { domain: () => domain });
    served.push({ rpcUrl, distributor });
  }
  process.send?.(served);
}

/** CPU-seconds of the job, or of an audit, in a process that does nothing else. @param {Served & { what: "job" | "audit" }} task */
export async function runOnce({ what, rpcUrl, distributor }) {
  await initKeccak();
  const chain = await connect({ rpcUrl });
  const { cpuSeconds } = await measured(() => (what === "job" ? runJob : runAudit)(chain, distributor));
  return cpuSeconds;
}

/** From an empty database to the artifact's hash. @param {import("../../../service/chain/client.ts").Chain} chain @param {`0x${string}`} distributor */
async function runJob(chain, distributor) {
  const dataDir = mkdtempSync(join(tmpdir(), "campaigns-"));
  const database = await openDatabase({ dataDir });
  try {
    const system = await readSystem(chain, distributor);
    const deployment = await openDeployment(database, system);
    const basis = await basisOf({ chain, system, database, deployment, log: () => undefined });
    const previous = { root: system.domain, leavesRoot: system.domain, total: 0n, leaves: packLeaves([]) };
    await encodeResult(computePacked(await inputOf(basis, 0, { previous, carry: 0n })));
  } finally {
    await database.close();
    rmSync(dataDir, { recursive: true });
  }
}

/** @param {import("../../../service/chain/client.ts").Chain} chain @param {`0x${string}`} distributor */
async function runAudit({ client }, distributor) {
  for await (const { report } of audit({ client, distributor, from: 0, to: 0 })) {
    const { verdicts, recomputed } = report;
    // What was posted is nobody's root.
    if (verdicts.inputs.verdict !== "match" || recomputed === undefined)
      throw new Error(JSON.stringify(verdicts));
  }
}
