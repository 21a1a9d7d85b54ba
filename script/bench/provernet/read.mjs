// SPDX-License-Identifier: AGPL-3.0-only
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { createPublicClient, custom } from "viem";
import { initKeccak } from "../../../service/core/keccak.ts";
import { syncNetwork } from "../../../service/epoch/sync.ts";
import { provernet } from "../../../service/networks/provernet/network.ts";
import { deploymentKeyOf } from "../../../service/networks/provernet/store.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { measured, peakMegabytes } from "../worker.mjs";
import { CONTRACTS, endpointOf, LOGS_A_PROOF, PROOFS_A_BLOCK } from "./chain.mjs";

/** @param {{ proofs: number }} size */
export async function readGenerated({ proofs }) {
  await initKeccak();
  const blocks = Math.ceil(proofs / PROOFS_A_BLOCK);
  const { request, spent } = endpointOf(blocks + 1);
  const client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
  const chain = { client, chainId: 31_337n, rpcUrl: "generated", agreement: 1 };
  const folder = mkdtempSync(join(tmpdir(), "provender-bench-"));
  try {
    const contracts = /** @type {import("../../../service/networks/provernet/open.ts").Contracts} */ (
      CONTRACTS
    );
    const database = await openDatabase({ dataDir: folder });
    const deployment = await openDeployment(database, deploymentKeyOf(contracts));
    const witness = { answered: new Set(), unanswered: new Set(), contradicted: new Set() };
    const sources = { chain, contracts, database, deployment, pins: new Map(), witness };
    const network = provernet(/** @type {never} */ (sources));
    const { cpuSeconds } = await measured(() =>
      syncNetwork({
        chain,
        network,
        database,
        deployment,
        to: "finalized",
        check: false,
        log: () => undefined,
      }),
    );
    await database.close();
    return {
      logs: blocks * PROOFS_A_BLOCK * LOGS_A_PROOF,
      cpuSeconds: cpuSeconds - spent.cpu / 1e6,
      megabytes: peakMegabytes(),
      bytes: statementBytes(join(folder, "provender.db")),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the table of statements takes, alone in its file. @param {string} path */
function statementBytes(path) {
  const file = new Libsql(path);
  const count = /** @type {any} */ (file.prepare("select count(*) as n from network_statements").get()).n;
  for (const table of ["pages", "network_states", "network_facts"]) file.exec(`delete from ${table}`);
  file.exec("vacuum");
  const { page_count } = /** @type {any} */ (file.prepare("pragma page_count").get());
  const { page_size } = /** @type {any} */ (file.prepare("pragma page_size").get());
  file.close();
  return (page_count * page_size) / count;
}
