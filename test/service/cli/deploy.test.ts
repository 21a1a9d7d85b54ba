// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Anvil, startAnvil } from "../helpers/anvil.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const EXAMPLE = fileURLToPath(new URL("../../../script/deploy.example.json", import.meta.url));
const DEVELOPMENT_KEY = fileURLToPath(
  new URL("../../../script/devzk/artifacts/verifying-key.json", import.meta.url),
);

let anvil: Anvil;
let owner: string;

beforeAll(async () => {
  anvil = await startAnvil();
  [owner = ""] = await anvil.client.getAddresses();
});

afterAll(() => anvil?.stop());

function deploy(config: string, out: string) {
  return cli(["deploy", "--config", config, "--rpc", anvil.rpcUrl, "--from", owner, "--out", out], {
    env: { PATH: process.env.PATH ?? "" },
  });
}

describe("deploying", () => {
  test("writes a record that every other command starts from, and never over another", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "deployment.json");
    const { code, stdout, stderr } = await deploy(EXAMPLE, out);
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(stdout).toContain(`written to ${out}`);
    expect(JSON.parse(readFileSync(out, "utf8"))).toMatchObject({
      schema: "provender.deployment/1",
      chainId: "31337",
      distributor: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
    });
    const status = await cli(["epoch", "status", "--rpc", anvil.rpcUrl, "--deployment", out]);
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining("UNDERFUNDED") });
    expect(await deploy(EXAMPLE, out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("exists already"),
    });
  }, 120_000);

  test("refuses a config by the name of its field, and sends nothing", async () => {
    const folder = temporaryFolder();
    const config = join(folder, "deploy.json");
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(EXAMPLE, "utf8")), chainId: 5 }));
    const before = await anvil.client.getBlockNumber();
    expect(await deploy(config, join(folder, "out.json"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("deploy config: chainId"),
    });
    expect(await anvil.client.getBlockNumber()).toBe(before);
  }, 120_000);

  test.each([
    ['{"version":1, "id":"wurk","params":{}}', "distributor.policy: $: differs from its canonical form"],
    [undefined, "distributor.policy: $: differs from its canonical form at character 0"],
    [
      '{"guards":{},"id":"caped","params":{},"version":1}',
      "distributor.policy: policy.guards.exclusions: missing",
    ],
  ])("refuses a policy that nobody can run, before anything else: %s", async (policy, message) => {
    const folder = temporaryFolder();
    const config = join(folder, "deploy.json");
    const example = JSON.parse(readFileSync(EXAMPLE, "utf8"));
    const distributor = { ...example.distributor, policy: policy ?? ` ${example.distributor.policy}` };
    writeFileSync(config, JSON.stringify({ ...example, distributor }));
    expect(await deploy(config, join(folder, "out.json"))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        new RegExp(
          `error: deploy config: ${message.replace("$", "\\$")}.*provender policy check FILE.*nothing was sent`,
        ),
      ),
    });
  });

  test("refuses the development key on any chain but a local one, and sends nothing", async () => {
    const folder = temporaryFolder();
    const config = join(folder, "deploy.json");
    const example = JSON.parse(readFileSync(EXAMPLE, "utf8"));
    const { words } = JSON.parse(readFileSync(DEVELOPMENT_KEY, "utf8"));
    const token = `0x${"70".repeat(20)}` as const;
    const verifiers = [{ ...example.verifiers[0], words }];
    writeFileSync(config, JSON.stringify({ ...example, chainId: 1, token, verifiers }));
    const mainnet = await startAnvil({ chainId: 1 });
    try {
      // Answers 18 to every question: decimals and supply among them.
      await mainnet.client.setCode({ address: token, bytecode: "0x60125f5260205ff3" });
      const before = await mainnet.client.getBlockNumber();
      const args = ["deploy", "--config", config, "--rpc", mainnet.rpcUrl, "--out", join(folder, "out.json")];
      const env = { PATH: process.env.PATH ?? "", PROVENDER_PRIVATE_KEY: `0x${"11".repeat(32)}` };
      expect(await cli(args, { env })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("deploy config: verifiers[0].words: is the development key"),
      });
      expect(await mainnet.client.getBlockNumber()).toBe(before);
    } finally {
      mainnet.stop();
    }
  }, 120_000);

  test("refuses a config that is not there or not JSON", async () => {
    const folder = temporaryFolder();
    const config = join(folder, "deploy.json");
    expect(await deploy(config, join(folder, "out.json"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--config: cannot read"),
    });
    writeFileSync(config, "{");
    expect(await deploy(config, join(folder, "out.json"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--config: not JSON"),
    });
  });
});
