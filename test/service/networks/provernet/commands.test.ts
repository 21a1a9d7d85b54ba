// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildNetworkApp } from "../../../../service/http/network-app.ts";
import { OtherEpoch, OtherStatus } from "../../../../service/http/schemas/provernet.ts";
import { cli } from "../../helpers/cli.ts";
import { newFolder } from "../../helpers/folder.ts";
import { configOf, readHistory, type Scripted, scriptOf, serveScript } from "./scripted.ts";

const history = readHistory();
const folder = newFolder();
let endpoint: Scripted;
beforeAll(async () => {
  endpoint = await serveScript(scriptOf(history));
  writeFileSync(join(folder, "network.json"), JSON.stringify(configOf(history)));
});
afterAll(() => {
  endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...words: string[]) =>
  cli(
    [
      ...words,
      ...["--network", "provernet", "--network-config", "network.json", "--rpc", endpoint.rpcUrl],
      ...["--data-dir", "data"],
    ],
    { cwd: folder },
  );

const POLICY = {
  ...{ version: 1, id: "capped", params: { capNumerator: "1", capDenominator: "100" } },
  guards: { exclusions: [], minStake: "0", feeMatchBps: 9_000 },
};

test("policy check is never silent where the protocol fee is 0 (trap 6)", async () => {
  writeFileSync(join(folder, "policy.json"), JSON.stringify(POLICY));
  const free = JSON.parse((await run("policy", "check", "policy.json", "--epoch", "3", "--json")).stdout);
  // N's fee of 4 cost nothing: the rate was 0 by then.
  expect(free.selfDealing).toMatchObject({ free: 1, earnsBps: 9_000 });
  expect(free.selfDealing.warnings.join()).toMatch(
    /dealing with oneself costs gas alone.*pays nothing for them/,
  );
  const second = {
    ...{ version: 2, id: "work", params: {}, programs: null },
    guards: { exclusions: [], minStake: "0" },
  };
  const open = { ...second, campaigns: [{ requesters: null, partBps: 10_000, feeMatch: null }] };
  writeFileSync(join(folder, "open.json"), JSON.stringify(open));
  const { stdout } = await run("policy", "check", "open.json", "--epoch", "3");
  expect(stdout).toMatch(/earns anything up to the budget/);
  expect(stdout).toMatch(/can be bought for nothing/);
});

test("status, doctor and sync say where a network is", async () => {
  const status = JSON.parse((await run("epoch", "status", "--json")).stdout);
  expect(status.epochs.map(({ epoch, settled, over }: never) => [epoch, settled, over])).toEqual([
    [1, true, true],
    [2, true, true],
    [3, true, true],
    [4, false, false],
  ]);
  const { code, stdout } = await run("doctor");
  expect([code, stdout]).toEqual([0, expect.stringContaining("checked against state")]);
  expect((await run("sync")).stdout).toMatch(/block 296 .* is read, checked/);
});

test("commands that are for our own contracts refuse another network", async () => {
  const { code, stderr } = await run("requests");
  expect([code, stderr]).toEqual([2, expect.stringContaining("for Provender's own contracts")]);
  const ours = await cli(["epoch", "run", "--budget", "1", "--rpc", endpoint.rpcUrl], { cwd: folder });
  expect([ours.code, ours.stderr]).toEqual([
    2,
    expect.stringContaining("--budget is for --network provernet"),
  ]);
  for (const words of [
    ["audit", "--epoch", "1", "--report", "r.json"],
    ["audit", "--epoch", "1", "--act"],
    ["epoch", "run", "--epoch", "1", "--trusted-block", `0x${"1".repeat(64)}`],
  ]) {
    const refused = await run(...words);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/is for Provender's own contracts/),
    ]);
  }
});

test("the server answers with an epoch's figures, as its document describes them", async () => {
  let trouble: string | undefined = "nothing is read yet";
  const figures = JSON.parse((await run("provers", "--epoch", "1", "--json")).stdout);
  const status = { ...JSON.parse((await run("epoch", "status", "--json")).stdout), head: null };
  const app = await buildNetworkApp(
    {
      trouble: () => trouble,
      status: async () => ({ ...status, chainId: 31_337n }),
      epoch: async (number) => (number === 1 ? figures : undefined),
    },
    0,
    "0.0.0",
  );
  const get = (url: string) => app.inject({ url });
  expect((await get("/ready")).statusCode).toBe(503);
  trouble = undefined;
  expect((await get("/ready")).statusCode).toBe(200);
  const { paths } = (await get("/openapi.json")).json();
  expect(Object.keys(paths).sort()).toEqual(["/health", "/ready", "/v1/epochs/{epoch}", "/v1/status"]);
  const [stated, epoch] = [(await get("/v1/status")).json(), (await get("/v1/epochs/1")).json()];
  expect([stated, epoch]).toEqual([status, figures]);
  for (const [schema, answer] of [
    [OtherStatus, stated],
    [OtherEpoch, epoch],
  ] as const) {
    const known = Object.keys(schema.properties).sort();
    expect([[...Value.Errors(schema, answer)], Object.keys(answer).sort()]).toEqual([[], known]);
  }
  const [[, one]] = Object.entries(epoch.provers) as [[string, object]];
  const [, described] = Object.entries(OtherEpoch.properties.provers.patternProperties)[0] as [string, never];
  expect(Object.keys(one).sort()).toEqual(
    Object.keys((described as { properties: object }).properties).sort(),
  );
  expect((await get("/v1/epochs/9")).json().error.code).toBe("unknown-epoch");
  expect((await get("/v1/epochs/x")).json().error.code).toBe("invalid-request");
  await app.close();
});
