// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEPLOYABLE } from "../../../service/deploy/artifacts.ts";
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
    expect(existsSync(`${out}.under-way`)).toBe(false);
    expect(JSON.parse(readFileSync(out, "utf8"))).toMatchObject({
      schema: "provender.deployment/1",
      chainId: "31337",
      distributor: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
      factory: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
      lens: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
      verifiers: [
        { version: 1, name: "pico-v1.2.2", verifierKeyHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
      ],
    });
    const status = await cli(["epoch", "status", "--rpc", anvil.rpcUrl, "--deployment", out]);
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining("UNDERFUNDED") });
    expect(await deploy(EXAMPLE, out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("exists already"),
    });
  }, 120_000);

  test("shows addresses, sizes and cost, and sends nothing with --dry-run", async () => {
    const before = await anvil.client.getTransactionCount({ address: owner as `0x${string}` });
    const flags = ["--config", EXAMPLE, "--rpc", anvil.rpcUrl, "--from", owner, "--dry-run"];
    const shown = await cli(["deploy", ...flags]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/\ndry run: nothing was sent\n$/) });
    expect(shown.stdout).toMatch(/^registry +0x[0-9a-fA-F]{40} +nonce \d+ +\d+ bytes .* \d+ gas$/m);
    const { contracts, cost } = JSON.parse((await cli(["deploy", ...flags, "--json"])).stdout);
    expect(contracts.map(({ name }: { name: string }) => name)).toContain("lens");
    expect(BigInt(cost)).toBeGreaterThan(0n);
    expect(await anvil.client.getTransactionCount({ address: owner as `0x${string}` })).toBe(before);
  });

  test("writes unsigned transactions, waits for them, and then writes the record", async () => {
    const folder = temporaryFolder();
    const [file, out] = [join(folder, "unsigned.json"), join(folder, "deployment.json")];
    const args = [
      "--config",
      EXAMPLE,
      "--rpc",
      anvil.rpcUrl,
      "--from",
      owner,
      "--out",
      out,
      "--unsigned",
      file,
    ];
    const run = () => cli(["deploy", ...args]);
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining(`written to ${file}`) });
    const { transactions } = JSON.parse(readFileSync(file, "utf8"));
    expect(await run()).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(
        `${transactions.length} of ${transactions.length} transactions are not mined`,
      ),
    });
    for (const { data, gas, nonce } of transactions) {
      const sent = { account: owner as `0x${string}`, data, gas: BigInt(gas), nonce, chain: null };
      const hash = await anvil.client.sendTransaction(sent);
      await anvil.client.waitForTransactionReceipt({ hash });
    }
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining(`written to ${out}`) });
    const status = await cli(["epoch", "status", "--rpc", anvil.rpcUrl, "--deployment", out]);
    expect(status).toMatchObject({ code: 0 });
  });

  test("says of unsigned transactions that can no longer be sent that they cannot", async () => {
    const file = join(temporaryFolder(), "unsigned.json");
    const run = () =>
      cli(["deploy", "--config", EXAMPLE, "--rpc", anvil.rpcUrl, "--from", owner, "--unsigned", file]);
    expect(await run()).toMatchObject({ code: 0 });
    const account = owner as `0x${string}`;
    const hash = await anvil.client.sendTransaction({ account, to: account, chain: null });
    await anvil.client.waitForTransactionReceipt({ hash });
    expect(await run()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("another transaction came in between"),
    });
  });

  test("writes the compiler's input of each contract", async () => {
    const folder = temporaryFolder();
    const flags = ["--config", EXAMPLE, "--rpc", anvil.rpcUrl, "--from", owner, "--dry-run"];
    expect(await cli(["deploy", ...flags, "--standard-json", folder])).toMatchObject({ code: 0 });
    // Of what can be deployed, this config has no timelock, and is of no adapter for another network.
    const others = ["DevToken", "TimelockController", "ProverNetAdapter"];
    const verified = DEPLOYABLE.filter((name) => !others.includes(name));
    expect(readdirSync(folder).toSorted()).toEqual(verified.map((name) => `${name}.json`).toSorted());
  });

  test("goes on with a deployment that was not finished only as it was begun", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "deployment.json");
    writeFileSync(`${out}.under-way`, "{");
    expect(await deploy(EXAMPLE, out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${out}.under-way is damaged or was edited`),
    });
    const progress = {
      schema: "provender.deploying/1",
      chainId: "31337n",
      deployer: owner.toLowerCase(),
      configHash: "0x",
      startBlock: "0n",
      sent: {},
    };
    writeFileSync(`${out}.under-way`, JSON.stringify(progress));
    expect(await deploy(EXAMPLE, out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("of another config, account or chain"),
    });
    expect(existsSync(out)).toBe(false);
  });

  test("goes on with no contract that another release has made, sent or handed out, and sends nothing", async () => {
    const folder = temporaryFolder();
    const [file, out] = [join(folder, "unsigned.json"), join(folder, "deployment.json")];
    const shared = ["deploy", "--config", EXAMPLE, "--rpc", anvil.rpcUrl, "--out", out];
    const handedOut = () => cli([...shared, "--from", owner, "--unsigned", file]);
    expect(await handedOut()).toMatchObject({ code: 0 });
    const { configHash, from, startBlock, transactions } = JSON.parse(readFileSync(file, "utf8"));
    const market = transactions.find(({ key }: { key: string }) => key === "market");
    // One instruction is another.
    market.data = `${market.data.slice(0, 400)}${market.data.slice(400, 402) === "00" ? "01" : "00"}${market.data.slice(402)}`;
    const unsigned = { ...JSON.parse(readFileSync(file, "utf8")), transactions };
    writeFileSync(file, JSON.stringify(unsigned));
    const refused = (path: string) => ({
      code: 2,
      stderr: expect.stringContaining(
        `${path} was written by another release: its market is not the one that this release deploys; finish it with that release, or move the file away to begin anew\n`,
      ),
    });
    expect(await handedOut()).toMatchObject(refused(file));

    const { address, nonce, data } = market;
    const sending = { chainId: "31337n", from, nonce, to: null, data, gas: "1n", attempts: [] };
    const progress = {
      ...{ schema: "provender.deploying/1", chainId: "31337n", deployer: from, configHash },
      ...{ startBlock: `${startBlock}n`, sent: { market: { address, sending, mined: true } } },
    };
    writeFileSync(`${out}.under-way`, JSON.stringify(progress));
    const before = await anvil.client.getTransactionCount({ address: owner as `0x${string}` });
    expect(await deploy(EXAMPLE, out)).toMatchObject(refused(`${out}.under-way`));
    expect(await anvil.client.getTransactionCount({ address: owner as `0x${string}` })).toBe(before);
    expect(existsSync(out)).toBe(false);
  });

  test("refuses an account that cannot pay by what it holds and what it may cost, and sends nothing", async () => {
    const out = join(temporaryFolder(), "deployment.json");
    const key = `0x${"12".repeat(32)}`;
    const args = ["deploy", "--config", EXAMPLE, "--rpc", anvil.rpcUrl, "--out", out];
    const { code, stderr } = await cli(args, { env: { PROVENDER_PRIVATE_KEY: key } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/0x[0-9a-f]{40} holds 0 of .* deploying may cost 0\.\d+: nothing was sent/);
    expect(existsSync(`${out}.under-way`)).toBe(false);
  });

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
      'distributor.policy: policy.id: unknown policy; choose "capped", "min-share" or "work"',
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
