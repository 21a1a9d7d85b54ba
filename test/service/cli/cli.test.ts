// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeFunctionData, getAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { checksumOf } from "../../../service/chain/safe.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder, temporaryFolder } from "../helpers/folder.ts";
import { importSafeBatch } from "../helpers/safe.ts";
import {
  activate,
  deploySystem,
  endEpoch,
  ether,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

let network: TestSystem;
let ada: `0x${string}`;
const data = newFolder();

beforeAll(async () => {
  network = await deploySystem();
  ada = network.accounts[0] as `0x${string}`;
  await registerProver(network, ada, ether(5_000), 1_000n);
}, 60_000);

afterAll(() => {
  network?.anvil.stop();
  rmSync(data, { recursive: true, force: true });
});

/** A command with everything that it needs to know of the network. */
const on = (...args: string[]) =>
  cli([...args, "--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", data]);

const ONE_LINE = /^error: [^\n]+\n$/;

describe("bad input ends with one line and the right exit code", () => {
  test("2 for an unknown flag, command or missing argument", async () => {
    for (const args of [["epoch", "run", "--bad"], ["epok"], ["proof"]]) {
      const { code, stderr, stdout } = await cli(args);
      expect(code).toBe(2);
      expect(stderr).toMatch(ONE_LINE);
      expect(stdout).toBe("");
    }
  });

  test("2 for an epoch that is no number", async () => {
    expect(await on("epoch", "run", "--epoch", "-1")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--epoch: not a whole number up to 9007199254740991: -1"),
    });
  });

  test("2 for an epoch that has not begun", async () => {
    expect(await on("epoch", "run", "--epoch", "9")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("epoch 9 has not begun: now is epoch 0"),
    });
  });

  test("4 for an epoch that has not ended", async () => {
    for (const args of [
      ["epoch", "run"],
      ["epoch", "run", "--epoch", "0"],
    ]) {
      expect(await on(...args)).toMatchObject({
        code: 4,
        stderr: expect.stringContaining("epoch 0 has not ended"),
      });
    }
  });

  test("4 for a proof or claim before any root is posted", async () => {
    expect((await on("proof", ada)).code).toBe(4);
    expect((await on("claim", "--all", "--from", ada)).code).toBe(4);
  });

  test("3 for an RPC endpoint that is down", async () => {
    const { code, stderr } = await cli([
      "epoch",
      "status",
      "--rpc",
      "http://127.0.0.1:1",
      "--distributor",
      ada,
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toContain("127.0.0.1:1 does not answer");
  });

  test("2 for an RPC endpoint of another chain", async () => {
    expect(await on("epoch", "status", "--chain-id", "1")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("serves chain 31337, not 1"),
    });
  });

  test("2 for an address without a contract, and for a contract that is no distributor", async () => {
    const status = (address: string) =>
      cli(["epoch", "status", "--rpc", network.anvil.rpcUrl, "--distributor", address]);
    expect(await status(ada)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no contract at"),
    });
    for (const other of [network.token, network.market, network.registry]) {
      expect(await status(other)).toMatchObject({
        code: 2,
        stderr: `error: the contract at ${getAddress(other)} is not a Provender distributor; give the distributor's address, as in the deployment record\n`,
      });
    }
  });

  test("2 for a key that is none, which is never shown", async () => {
    const secret = `0x${"5ec4e7".repeat(11)}`;
    const args = ["claim", "--all", "--rpc", network.anvil.rpcUrl, "--distributor", network.distributor];
    const { code, stderr, stdout } = await cli(args, {
      env: { PROVENDER_PRIVATE_KEY: secret, PROVENDER_DEBUG: "1" },
    });
    expect(code).toBe(2);
    expect(stderr).toContain("PROVENDER_PRIVATE_KEY is not a private key");
    expect(stderr + stdout).not.toContain("5ec4e7");
  });

  test("2 for a post without a signer", async () => {
    await endEpoch(network);
    expect(await on("epoch", "run", "--post")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no key was given"),
    });
    expect(readdirSync(data)).toEqual([]);
  });
});

// One story: each test goes on where the one before ended.
describe("the commands of an epoch", () => {
  test("status shows runway and what is due", async () => {
    const { code, stdout } = await on("epoch", "status");
    expect(code).toBe(0);
    expect(stdout).toContain("funding runway: 19 epochs");
    expect(stdout).toContain("due: epoch 0 has ended: run `provender epoch run --post`");
    const json = JSON.parse((await on("epoch", "status", "--json")).stdout);
    expect(json).toMatchObject({
      currentEpoch: 1,
      nextEpoch: 0,
      runwayEpochs: 19,
      due: [{ kind: "post", epoch: 0 }],
    });
  });

  test("run writes a post for a Safe to sign, and what it must show", async () => {
    const file = join(data, "post.json");
    const propose = (...more: string[]) => on("epoch", "run", "--safe", file, ...more);
    const { publisher, client } = network;
    expect(await propose()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`the publisher ${getAddress(publisher)} is an account with a key`),
    });
    expect(await propose("--safe-address", ada)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing was sent (publisher): only the publisher"),
    });
    expect((await propose("--post")).code).toBe(2);
    expect((await on("epoch", "run", "--safe-address", ada)).stderr).toContain(
      "--safe-address is for --safe",
    );
    expect(existsSync(file)).toBe(false);
    await client.setCode({ address: publisher, bytecode: "0x00" });
    const dry = await propose("--dry-run");
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("dry run: nothing was written or"),
    });
    expect(existsSync(file)).toBe(false);
    const { code, stdout } = await propose("--safe-address", publisher);
    const [imported] = importSafeBatch(readFileSync(file, "utf8"));
    expect(code).toBe(0);
    const { root, total, datasetHash, safe } = JSON.parse((await propose("--json")).stdout);
    expect(safe).toEqual({ path: file, checksum: checksumOf(JSON.parse(readFileSync(file, "utf8"))) });
    for (const shown of [`root ${root}`, `cumulativeTotal ${total}`, `datasetHash ${datasetHash}`]) {
      expect(stdout).toContain(`  ${shown}\n`);
    }
    expect(existsSync(join(data, "artifacts", `${datasetHash}.json`))).toBe(true);
    const { to, data: calldata } = imported ?? { to: undefined, data: undefined };
    expect(to).toBe(getAddress(network.distributor));
    expect((await on("epoch", "status", "--json")).stdout).toContain('"nextEpoch": 0');
    const posted = decodeFunctionData({ abi: iRewardDistributorAbi, data: calldata ?? "0x" });
    expect(posted).toMatchObject({
      functionName: "postRoot",
      args: expect.arrayContaining([root, BigInt(total)]),
    });
    // Whoever signs it posts just that.
    await client.call({ account: publisher, to, data: calldata });
    await client.setCode({ address: publisher, bytecode: "0x" });
  });

  test("run posts an epoch in which nobody worked", async () => {
    const { code, stdout } = await on("epoch", "run", "--post", "--from", network.publisher);
    expect(code).toBe(0);
    expect(stdout).toContain("paid 0 TEST, carried on 1,000 TEST");
    await activate(network);
  });

  test("run prints a table with units, and with --json nothing but JSON", async () => {
    await work(network, ada, ether(30), 1n);
    await endEpoch(network);
    const { stdout, stderr } = await on("epoch", "run");
    expect(stdout).toMatch(
      /^prover +work +stake +fulfilments +misses +amount +commission +rate +limited by +cumulative$/m,
    );
    expect(stdout).toContain("budget 1,000 TEST, carried in 1,000 TEST");
    expect(stdout).toContain("dry run: nothing was written or sent");
    expect(stderr).toContain("read up to final block");
    const json = JSON.parse((await on("epoch", "run", "--json")).stdout);
    expect(json).toMatchObject({
      status: "dry-run",
      epoch: 1,
      carryIn: String(ether(1_000)),
      token: { symbol: "TEST" },
      provers: [
        { prover: getAddress(ada), work: String(ether(30) * 10_000n), fulfilments: 1, limitedBy: "stake" },
      ],
    });
  });

  test("run takes a key from the environment, and refuses another than --from names", async () => {
    // Anvil's second account: the publisher.
    const env = {
      PROVENDER_PRIVATE_KEY: "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    };
    const args = [
      "epoch",
      "run",
      "--post",
      "--rpc",
      network.anvil.rpcUrl,
      "--distributor",
      network.distributor,
    ];
    const wrong = await cli([...args, "--data-dir", data, "--from", ada], { env });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("is the key of") });
    const before = readdirSync(join(data, "artifacts"));
    const dry = await cli([...args, "--data-dir", data, "--dry-run"], { env });
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("dry run: nothing was written or"),
    });
    const stranger = await on("epoch", "run", "--post", "--dry-run", "--from", ada);
    expect(stranger).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("(publisher)") });
    expect(readdirSync(join(data, "artifacts"))).toEqual(before);
    const posted = await cli([...args, "--data-dir", data], { env });
    expect(posted.code).toBe(0);
    const [, root = ""] = /^root (0x\w{64}),/m.exec(posted.stdout) ?? [];
    const words = `post the root ${root} of epoch 1, with [\\d.]+ TEST earned since epoch 0`;
    expect(dry.stderr).toMatch(new RegExp(`^would ${words}$`, "m"));
    expect(posted.stderr).toMatch(new RegExp(`^will ${words}\nsent transaction`, "m"));
    expect(posted.stdout).toContain("posted as number 2 in transaction 0x");
    const again = await cli([...args, "--data-dir", data], { env });
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("already posted with this root: nothing was changed"),
    });
  });

  test("policy check works on a past epoch, beside the policy that was in force", async () => {
    const file = join(temporaryFolder(), "policy.json");
    const guards = {
      exclusions: [{ prover: ada, reason: "for the test" }],
      feeMatchBps: 9_000,
      minStake: "0",
    };
    writeFileSync(file, JSON.stringify({ version: 1, id: "work", params: {}, guards }));
    const json = JSON.parse((await on("policy", "check", file, "--epoch", "1", "--json")).stdout);
    const run = JSON.parse((await on("epoch", "run", "--epoch", "1", "--json")).stdout);
    expect(json).toMatchObject({
      source: "epoch 1 of chain 31337",
      epoch: 1,
      added: "0",
      provers: [{ prover: getAddress(ada), limitedBy: "excluded" }],
      against: {
        added: run.added,
        policyHash: run.policy.hash,
        provers: [{ amount: run.provers[0].amount }],
      },
    });
    expect(await on("policy", "check", file, "--epoch", "2")).toMatchObject({ code: 4 });
  });

  test("proof gives what a claim needs, and 1 for a prover without a leaf", async () => {
    await activate(network);
    const json = JSON.parse((await on("proof", ada, "--json")).stdout);
    expect(json).toMatchObject({
      prover: getAddress(ada),
      epoch: 1,
      claimed: "0",
      merkleProof: [],
      pending: null,
    });
    expect(json.claimable).toBe(json.cumulative);
    expect(BigInt(json.cumulative)).toBeGreaterThan(0n);
    const stranger = await on("proof", network.requester);
    expect(stranger).toMatchObject({ code: 1, stdout: expect.stringContaining("has earned nothing") });
  });

  test("a hand-edited artifact is refused by name, and rebuilt once it is deleted", async () => {
    const folder = join(data, "artifacts");
    const file = readdirSync(folder)
      .map((name) => join(folder, name))
      .find((path) => readFileSync(path, "utf8").includes('"epoch":1,')) as string;
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, whole.replace(/"commissionBps":1000/, '"commissionBps":0'));
    const refused = await on("proof", ada);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(ONE_LINE);
    expect(refused.stderr).toContain(`${file} is damaged or was edited`);
    rmSync(file);
    expect((await on("proof", ada)).code).toBe(0);
    writeFileSync(file, whole);
  });

  test("claim pays once, and says when nothing is left", async () => {
    const says = new RegExp(
      `pay ([\\d.]+ TEST( \\(\\d+ wei\\))?) to prover ${getAddress(ada)}: .* as commission, the rest into its vault`,
    );
    const before = await network.client.getBlockNumber();
    for (const whom of [ada, "--all"]) {
      const dry = await on("claim", whom, "--from", network.requester, "--dry-run");
      expect(dry).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/would be paid [\d.]+ TEST, commission [\d.]+ of it/),
        stderr: expect.stringMatching(new RegExp(`would ${says.source}\ndry run: nothing was sent`)),
      });
    }
    const json = await on("claim", ada, "--from", network.requester, "--dry-run", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ transactions: [], paid: [{}], dryRun: true });
    expect(await network.client.getBlockNumber()).toBe(before);
    const first = await on("claim", ada, "--from", network.requester);
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/paid [\d.]+ TEST, commission [\d.]+ of it/),
      stderr: expect.stringMatching(new RegExp(`will ${says.source}\nsent transaction`)),
    });
    const second = await on("claim", ada, "--from", network.requester);
    expect(second).toMatchObject({ code: 0, stdout: "nothing to claim: everything earned so far is paid\n" });
    expect(await on("claim", "--from", network.requester)).toMatchObject({ code: 2 });
    expect(await on("claim", network.owner, "--from", network.requester)).toMatchObject({ code: 1 });
  });
});

test("the executable runs from any folder and knows its version and that of the artifacts", () => {
  const entry = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
  const version = execFileSync(process.execPath, [entry, "--version"], { cwd: "/", encoding: "utf8" });
  expect(version).toMatch(/^\d+\.\d+\.\d+, reward spec 2\n$/);
});
