// SPDX-License-Identifier: AGPL-3.0-only
// What somebody writes who follows the same contracts with Ponder: each fulfilment as a row, each vault as it is now.
import { getAbiItem } from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi } from "../../../service/chain/abi.ts";
import { DEPLOYMENT } from "../ingest/logs.ts";

/** Pinned here, and installed in a folder of its own: no dependency of this project. */
export const VERSIONS = { ponder: "0.16.10", viem: "2.57.20", hono: "4.13.19", typescript: "5.9.3" };

const fulfilled = getAbiItem({ abi: iProofMarketAbi, name: "Fulfilled" });
const registered = getAbiItem({ abi: iProverRegistryAbi, name: "ProverRegistered" });
const changed = getAbiItem({ abi: iProverVaultAbi, name: "ActiveAssetsChanged" });

/** Files by name. */
export const FILES = {
  "package.json": JSON.stringify({ name: "beside", private: true, type: "module", dependencies: VERSIONS }),
  "ponder.config.ts": `import { createConfig, factory } from "ponder";
const { DATABASE_URL, BENCH_RPC, BENCH_FOLDER } = process.env;
export default createConfig({
  database: DATABASE_URL
    ? { kind: "postgres", connectionString: DATABASE_URL }
    : { kind: "pglite", directory: BENCH_FOLDER },
  chains: { bench: { id: ${DEPLOYMENT.chainId}, rpc: BENCH_RPC, maxRequestsPerSecond: 1000 } },
  contracts: {
    Market: { chain: "bench", abi: ${JSON.stringify([fulfilled])}, address: "${DEPLOYMENT.market}", startBlock: 0 },
    Registry: { chain: "bench", abi: ${JSON.stringify([registered])}, address: "${DEPLOYMENT.registry}", startBlock: 0 },
    Vault: {
      chain: "bench",
      abi: ${JSON.stringify([changed])},
      address: factory({ address: "${DEPLOYMENT.registry}", event: ${JSON.stringify(registered)}, parameter: "vault" }),
      startBlock: 0,
    },
  },
});
`,
  "ponder.schema.ts": `import { onchainTable } from "ponder";
export const prover = onchainTable("prover", (t) => ({ id: t.hex().primaryKey(), vault: t.hex(), registeredAt: t.bigint() }));
export const vault = onchainTable("vault", (t) => ({ id: t.hex().primaryKey(), active: t.bigint(), changedAt: t.bigint() }));
export const fulfilment = onchainTable("fulfilment", (t) => ({
  id: t.text().primaryKey(), prover: t.hex(), epoch: t.bigint(), fee: t.bigint(), protocolFee: t.bigint(), weight: t.bigint(),
}));
`,
  "src/index.ts": `import { ponder } from "ponder:registry";
import { fulfilment, prover, vault } from "ponder:schema";
ponder.on("Registry:ProverRegistered", async ({ event, context }) => {
  const { args } = event;
  await context.db.insert(prover).values({ id: args.prover, vault: args.vault, registeredAt: args.timestamp });
});
ponder.on("Market:Fulfilled", async ({ event, context }) => {
  const { args } = event;
  await context.db.insert(fulfilment).values({
    id: event.id, prover: args.prover, epoch: args.epoch, fee: args.fee, protocolFee: args.protocolFee, weight: args.countedWeight,
  });
});
ponder.on("Vault:ActiveAssetsChanged", async ({ event, context }) => {
  const row = { active: event.args.activeAssets, changedAt: event.args.timestamp };
  await context.db.insert(vault).values({ id: event.log.address, ...row }).onConflictDoUpdate(row);
});
`,
  "src/api/index.ts": `import { Hono } from "hono";
import { db } from "ponder:api";
import { fulfilment } from "ponder:schema";
import { count } from "ponder";
const app = new Hono();
app.get("/count", async (c) => c.json(await db.select({ count: count() }).from(fulfilment)));
export default app;
`,
};
