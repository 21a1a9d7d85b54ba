// SPDX-License-Identifier: AGPL-3.0-only
import { join } from "node:path";
import Libsql from "libsql";
import { initKeccak } from "../../../service/core/keccak.ts";
import { syncNetwork } from "../../../service/epoch/sync.ts";
import { provernet } from "../../../service/networks/provernet/network.ts";
import { deploymentKeyOf } from "../../../service/networks/provernet/store.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { fakeChain } from "../../../test/service/helpers/chain.ts";
import { inFolder, measured } from "../measured.ts";
import { CONTRACTS, endpointOf, LOGS_A_PROOF, PROOFS_A_BLOCK } from "./chain.ts";

export async function work({ proofs }: { readonly proofs: number }) {
  await initKeccak();
  const blocks = Math.ceil(proofs / PROOFS_A_BLOCK);
  const { request, spent } = endpointOf(blocks + 1);
  const chain = fakeChain(request, CONTRACTS.chainId);
  return inFolder(async (folder) => {
    const database = await openDatabase({ dataDir: folder });
    const deployment = await openDeployment(database, deploymentKeyOf(CONTRACTS));
    const witness = { answered: new Set(), unanswered: new Set(), contradicted: new Set() };
    const sources = { chain, contracts: CONTRACTS, database, deployment, pins: new Map(), witness };
    const network = provernet(sources as never);
    const how = { to: "finalized", check: false, log: () => undefined } as const;
    const { cpuSeconds, megabytes } = await measured(() =>
      syncNetwork({ chain, network, database, deployment, ...how }),
    );
    await database.close();
    return {
      logs: blocks * PROOFS_A_BLOCK * LOGS_A_PROOF,
      cpuSeconds: cpuSeconds - spent.cpu / 1e6,
      megabytes,
      bytes: statementBytes(join(folder, "provender.db")),
    };
  });
}

/** What the table of statements takes with its indexes, for each. */
function statementBytes(path: string): number {
  const file = new Libsql(path);
  const pages = `select sum(pgsize) as bytes from dbstat
    where name in (select name from sqlite_schema where tbl_name = 'network_statements')`;
  const { bytes } = file.prepare(pages).get() as { bytes: number };
  const { n } = file.prepare("select count(*) as n from network_statements").get() as { n: number };
  file.close();
  return bytes / n;
}
