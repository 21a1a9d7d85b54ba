// SPDX-License-Identifier: AGPL-3.0-only

import { type Address, getAddress } from "viem";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../../../service/chain/client.ts";
import { EMPTY_STAKE_HASH } from "../../../service/core/ids.ts";
import type { App } from "../../../service/http/instance.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { chain, endpoint, provers, setScene, system, test } from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { ether } from "../helpers/system.ts";

setScene();

let app: App;

beforeEach(async () => {
  const database = await openDatabase({ dataDir: temporaryFolder() });
  onTestFinished(() => database.close());
  const { id: deployment } = await openDeployment(database, system);
  const { number, hash, timestamp } = await chain.client.getBlock({ blockTag: "finalized" });
  const start = Number(system.clockStart);
  await database.write(async (sql) => {
    const checked = { checked_block: Number(number) };
    const synced = {
      synced_block: Number(number),
      synced_hash: hash,
      synced_time: Number(timestamp),
      ...checked,
    };
    await sql.updateTable("deployments").set(synced).where("id", "=", deployment).execute();
    const rows = provers.map((prover, id) => ({
      ...{ deployment, id, prover, vault: `0x${"0".repeat(39)}${id}` },
      ...{ registered_at: start + id, block: id, rolling_hash: "0" },
    }));
    await sql.insertInto("provers").values(rows).execute();
    const worked = { fulfilments: 3, misses: 1, work: "30", fees: "31", protocol_fees: "3" };
    const held = {
      active: String(ether(1_000)),
      active_seconds: "0",
      rolling_hash: EMPTY_STAKE_HASH,
      changed_at: start,
      changed_in: 1,
    };
    await sql
      .insertInto("epoch_activity")
      .values({ deployment, epoch: 0, prover: 0, ...worked, ...held })
      .execute();
  });
  app = await sceneApi({ database });
});

describe("/v1/provers", () => {
  it("gives the standing that was last known where the chain does not say the present one", async () => {
    const through = await connect({ rpcUrl: endpoint.rpcUrl, rounds: 1 });
    const other = await sceneApi({ chain: through });
    // Reads the chain for the first time.
    await other.inject("/v1/epochs");
    const before = (await other.inject("/v1/provers")).json();
    expect(before.provers).toHaveLength(3);
    await test.client.mine({ blocks: 1 });
    endpoint.refuse = ({ method, params: [call] }) => {
      const { to } = call as { to?: string };
      const isOfRegistry = to === undefined || to.toLowerCase() === system.registry;
      return method === "eth_call" && isOfRegistry ? "service unavailable" : undefined;
    };
    const { statusCode, json } = await other.inject("/v1/provers");
    expect([statusCode, json().provers]).toEqual([200, before.provers]);
  });

  it("lists provers by address, page by page, each with its standing on the chain", async () => {
    const sorted = [...provers].sort();
    const first = (await app.inject("/v1/provers?limit=2")).json();
    expect(first.provers.map(({ prover }: { prover: Address }) => prover)).toEqual(
      sorted.slice(0, 2).map((prover) => getAddress(prover)),
    );
    expect(first.next).toBe(getAddress(sorted[1] as Address));
    const rest = (await app.inject(`/v1/provers?limit=2&after=${first.next}`)).json();
    expect(rest.provers.map(({ prover }: { prover: Address }) => prover)).toEqual([
      getAddress(sorted[2] as Address),
    ]);
    expect(rest.next).toBeNull();
    expect(rest.synced.number).toMatch(/^[0-9]+$/);
  });

  it.each(["limit=0", "limit=201", "after=0x12", "epochs=0", "epochs=53"])("refuses ?%s", async (query) => {
    const { statusCode, json } = await app.inject(`/v1/provers?${query}`);
    expect([statusCode, json().error.field]).toEqual([400, query.split("=")[0]]);
  });
});

describe("/v1/provers/:address", () => {
  it("tells a requester what it wants to know before it trusts a prover", async () => {
    const [prover] = provers;
    const { statusCode, json } = await app.inject(`/v1/provers/${prover.toUpperCase().replace("X", "x")}`);
    expect(statusCode).toBe(200);
    expect(json()).toMatchObject({
      prover: getAddress(prover),
      state: "active",
      stake: String(ether(1_000)),
      collateral: { locked: "0", free: expect.stringMatching(/^[1-9][0-9]*$/), unbonding: "0" },
      // 10 % for everybody until the scene lowered it.
      commissionBps: { fees: 500, rewards: 500 },
      fulfilments: 3,
      misses: 1,
      onTimeBps: 7_500,
    });
    const { epochs } = json();
    expect(epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([2, 1, 0]);
    expect(epochs[2]).toEqual({
      ...{ epoch: 0, fulfilments: 3, misses: 1, onTimeBps: 7_500 },
      ...{ work: "30", fees: "31", protocolFees: "3", stake: String(ether(1_000)) },
    });
    expect(epochs[0].onTimeBps).toBeNull();
    const short = (await app.inject(`/v1/provers/${prover}?epochs=1`)).json();
    expect(short.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([2]);
  });

  it("does not know who is not registered", async () => {
    const { statusCode, json } = await app.inject(`/v1/provers/${test.requester}`);
    expect([statusCode, json().error]).toEqual([
      404,
      expect.objectContaining({ code: "unknown-prover", field: "address" }),
    ]);
  });

  it("asks to come again while there is nothing in the database", async () => {
    const empty = await openDatabase({ dataDir: temporaryFolder() });
    onTestFinished(() => empty.close());
    const other = await sceneApi({ database: empty });
    for (const url of [
      "/v1/provers",
      `/v1/provers/${provers[0]}`,
      "/v1/epochs",
      `/v1/provers/${provers[0]}/proof`,
    ]) {
      const { statusCode, json } = await other.inject(url);
      expect([statusCode, json().error.code]).toEqual([503, "not-synced"]);
    }
    const ready = await other.inject("/ready");
    expect(ready.statusCode).toBe(503);
    expect(ready.json().checks).toContainEqual(expect.objectContaining({ name: "database", ok: false }));
    expect((await app.inject("/ready")).json().checks).toContainEqual(
      expect.objectContaining({ name: "database", ok: true }),
    );
  });
});
