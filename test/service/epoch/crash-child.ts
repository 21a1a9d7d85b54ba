// SPDX-License-Identifier: AGPL-3.0-only
// One run of the job, as a process that a test kills. Prints "step N NAME" before and after all that outlives it.
import { appendFileSync } from "node:fs";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address } from "../../../service/core/types.ts";
import { runEpoch } from "../../../service/epoch/run.ts";
import type { Database } from "../../../service/store/database.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import type { Store } from "../../../service/store/store.ts";

const [rpcUrl, distributor, publisher, directory, steps, dieAt] = process.argv.slice(2) as [
  string,
  Address,
  Address,
  string,
  string,
  string,
];
let count = 0;

/** Counts a moment, and dies of it if it is the one. */
function at(name: string): void {
  appendFileSync(steps, `${name}\n`);
  if (count++ === Number(dieAt)) process.kill(process.pid, "SIGKILL");
}

function mortalDatabase(database: Database): Database {
  return {
    ...database,
    async write(action) {
      at("before storing");
      const result = await database.write(async (sql) => {
        const outcome = await action(sql);
        at("before committing");
        return outcome;
      });
      at("after storing");
      return result;
    },
  };
}

function mortalStore(store: Store): Store {
  return {
    ...store,
    async put(key, bytes) {
      at(`before writing ${key}`);
      await store.put(key, bytes);
      at(`after writing ${key}`);
    },
  };
}

/** Everything that a signer sends goes through its chain's endpoint. */
function mortalChain(chain: Chain): Chain {
  const request = async (call: { readonly method: string }) => {
    const sends = call.method.startsWith("eth_send");
    if (sends) at("before sending");
    const result = await chain.client.request(call as Parameters<typeof chain.client.request>[0]);
    if (sends) at("after sending");
    return result;
  };
  return { ...chain, client: Object.assign(Object.create(chain.client), { request }) };
}

await initKeccak();
const chain = await connect({ rpcUrl });
const system = await readSystem(chain, distributor);
const database = mortalDatabase(await openDatabase({ dataDir: directory }));
await runEpoch({
  chain,
  system,
  store: mortalStore(fileStore(directory)),
  open: async () => ({ database, deployment: await openDeployment(database, system) }),
  signer: signerFor(mortalChain(chain), { from: publisher }),
  version: "test",
  log: () => undefined,
});
await database.close();
at("at the end");
