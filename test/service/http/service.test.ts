// SPDX-License-Identifier: AGPL-3.0-only
import { renameSync } from "node:fs";
import { getAddress, keccak256 } from "viem";
import { describe, expect, it } from "vitest";
import { connect } from "../../../service/chain/client.ts";
import { newMetrics } from "../../../service/http/metrics.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import {
  chain,
  directory,
  endpoint,
  firstArtifact,
  honest,
  post,
  setScene,
  system,
  test,
} from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";
import { BUDGET } from "../helpers/system.ts";

setScene();

describe("/ready", () => {
  it("says yes once the chain was read and the active root's leaves are here", async () => {
    const app = await sceneApi();
    const { statusCode, json } = await app.inject("/ready");
    expect(statusCode).toBe(200);
    expect(json()).toMatchObject({
      ready: true,
      checks: [{ name: "chain" }, { name: "leaves" }, { name: "database" }],
    });
  });

  it("says no, and why, when the leaves are not here", async () => {
    const path = (kind: string) =>
      fileStore(directory).where(`artifacts/${keccak256(firstArtifact)}.${kind}`);
    const kinds = ["json", "tree"];
    for (const kind of kinds) renameSync(path(kind), `${path(kind)}~away`);
    try {
      const { statusCode, json } = await (await sceneApi()).inject("/ready");
      expect(statusCode).toBe(503);
      expect(json().checks).toContainEqual({
        name: "leaves",
        ok: false,
        message: "those of epoch 0's root are not here",
      });
    } finally {
      for (const kind of kinds) renameSync(`${path(kind)}~away`, path(kind));
    }
  });

  it.each([true, false])(
    "shows a root that was vetoed, and says no where roots are posted from: %s",
    async (own) => {
      const vetoed = {
        ...({ kind: "vetoed", own } as const),
        message: "the root was vetoed",
        hint: "find out why",
      };
      const stuck = {
        ...({ kind: "outbox", own } as const),
        message: "it is not mined",
        hint: "see the fees",
      };
      const troubles = async () => ({ found: [vetoed, stuck], overdue: 2, pending: 61 });
      const app = await sceneApi({ troubles, signer: test.publisher });
      const { statusCode, json } = await app.inject("/ready");
      expect([statusCode, json().ready]).toEqual(own ? [503, false] : [200, true]);
      expect(json().checks.slice(3)).toEqual([
        { name: "epochs", ok: false, message: "the root was vetoed; find out why" },
        { name: "outbox", ok: false, message: "it is not mined; see the fees" },
      ]);
      const { body } = await app.inject("/metrics");
      expect(body).toMatch(/^provender_epochs_overdue 2$/m);
      expect(body).toMatch(/^provender_outbox_pending_seconds 61$/m);
      expect(body).toMatch(/^provender_root_vetoed 0$/m);
    },
  );

  it("says no while the chain does not answer, though the process does, and yes when it does again", async () => {
    const app = await sceneApi({ chain: await connect({ rpcUrl: endpoint.rpcUrl, rounds: 1 }) });
    endpoint.down = true;
    expect((await app.inject("/health")).statusCode).toBe(200);
    const { statusCode, json, body } = await app.inject("/ready");
    expect([statusCode, json().ready]).toEqual([503, false]);
    expect(json().checks[0]).toMatchObject({ name: "chain", ok: false });
    expect(body).not.toContain(endpoint.rpcUrl);
    endpoint.down = false;
    // What failed rests a moment before it is asked again.
    await expect.poll(async () => (await app.inject("/ready")).statusCode, { timeout: 45_000 }).toBe(200);
  });
});

it("the rate limit counts requests by what the proxy in front has added, whatever was there before", async () => {
  const app = await sceneApi({ rateLimit: 2, trustProxy: 1 });
  const ask = async (forwarded: string) => {
    const headers = { "x-forwarded-for": forwarded };
    return (await app.inject({ url: "/v1/epochs", headers })).statusCode;
  };
  expect(await Promise.all(["1.1.1.1, 9.9.9.9", "2.2.2.2, 9.9.9.9"].map(ask))).toEqual([200, 200]);
  expect(await ask("3.3.3.3, 9.9.9.9")).toBe(429);
  expect(await ask("1.1.1.1, 8.8.8.8")).toBe(200);
});

describe("/status", () => {
  it("shows where the epochs are, what is due, and how long the funds last", async () => {
    const app = await sceneApi();
    const due = (await app.inject("/status")).json();
    expect(due).toMatchObject({
      version: "1.2.3",
      chainId: "31337",
      distributor: getAddress(test.distributor),
      currentEpoch: 2,
      nextEpoch: 1,
      active: { epoch: 0, status: "active", postNumber: "1", attestations: 1, quorum: 1 },
      due: [{ kind: "post", epoch: 1, until: null, missing: null }],
      budget: String(BUDGET),
      shortfall: "0",
      database: null,
    });
    expect(due.runway).toBeGreaterThan(0);
    await post(1);
    const pending = (await app.inject("/status")).json();
    expect(pending.latest).toMatchObject({ epoch: 1, status: "pending", root: honest.artifact.root });
    expect(pending.due.map(({ kind }: { kind: string }) => kind)).toContain("attestations");
  });
});

describe("/metrics", () => {
  const read = async (text: string) =>
    new Map(
      text
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
    );

  it("shows the state, what was counted, and how long answers took", async () => {
    const metrics = newMetrics();
    const app = await sceneApi({ metrics, signer: test.publisher });
    await app.inject("/v1/epochs");
    await app.inject("/v1/epochs/99");
    metrics.rpcFault({ host: "rpc.example", kind: "limited" });
    metrics.rpcFault({ host: "rpc.example", kind: "contradicted" });
    metrics.done("claim", 3);
    metrics.failed("job");
    const { headers, body } = await app.inject("/metrics");
    expect(headers["content-type"]).toContain("text/plain");
    const values = await read(body);
    const { startBlock } = system;
    expect(values.get("provender_chain_up")).toBe(1);
    expect(values.get("provender_head_block")).toBeGreaterThan(Number(startBlock));
    expect(values.get("provender_sync_lag_seconds")).toBeGreaterThanOrEqual(0);
    expect(values.get("provender_current_epoch")).toBe(2);
    expect(values.get("provender_last_posted_epoch")).toBe(0);
    expect(values.get("provender_epochs_due")).toBe(1);
    expect(values.get("provender_epoch_age_seconds")).toBeGreaterThan(0);
    expect(values.get("provender_funding_runway_epochs")).toBeGreaterThan(0);
    expect(values.get("provender_signer_balance_ether")).toBeGreaterThan(0);
    expect(values.get('provender_rpc_errors_total{endpoint="rpc.example",kind="limited"}')).toBe(1);
    expect(values.get('provender_mismatches_total{kind="endpoints"}')).toBe(1);
    expect(values.get('provender_mismatches_total{kind="artifact"}')).toBe(0);
    expect(values.get('provender_done_total{task="claim"}')).toBe(3);
    expect(values.get('provender_task_failures_total{task="job"}')).toBe(1);
    expect(values.get('provender_http_request_seconds_count{route="/v1/epochs",status="200"}')).toBe(1);
    expect(values.get('provender_http_request_seconds_count{route="/v1/epochs/:epoch",status="404"}')).toBe(
      1,
    );
    expect(body).toMatch(/provender_last_root_info\{epoch="0",status="active",root="0x[0-9a-f]{64}"\} 1/);
  });

  it("is there while the chain is not, and says so", async () => {
    const app = await sceneApi({ chain: await connect({ rpcUrl: endpoint.rpcUrl, rounds: 1 }) });
    endpoint.down = true;
    const { statusCode, body } = await app.inject("/metrics");
    endpoint.down = false;
    expect(statusCode).toBe(200);
    const values = await read(body);
    expect(values.get("provender_chain_up")).toBe(0);
    // Not zero, which would be taken for a balance or an epoch.
    expect(values.has("provender_current_epoch")).toBe(false);
    expect(values.has("provender_signer_balance_ether")).toBe(false);
  });

  it("reads the signer's balance once for many who ask", async () => {
    let asked = 0;
    const client = Object.assign(Object.create(chain.client), {
      getBalance: async () => {
        asked++;
        return 5n;
      },
    });
    const app = await sceneApi({ chain: { ...chain, client }, signer: test.publisher });
    for (let i = 0; i < 5; i++) {
      expect((await app.inject("/metrics")).body).toMatch(/^provender_signer_balance_ether 5e-18$/m);
    }
    expect(asked).toBe(1);
  });

  it("counts a damaged file", async () => {
    const metrics = newMetrics();
    const app = await sceneApi({ metrics });
    await fileStore(directory).put(`artifacts/${keccak256(firstArtifact)}.tree`, Buffer.from("no tree"));
    expect((await app.inject("/v1/epochs/0")).json().result).not.toBeNull();
    expect(await metrics.registry.getSingleMetricAsString("provender_mismatches_total")).toContain(
      'kind="artifact"} 1',
    );
  });
});
