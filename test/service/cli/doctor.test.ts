// SPDX-License-Identifier: AGPL-3.0-only
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keccak256 } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { checkQuorum, checkVesting } from "../../../service/epoch/doctor/contracts.ts";
import { checkClock } from "../../../service/epoch/doctor/endpoints.ts";
import type { Finding } from "../../../service/epoch/doctor/finding.ts";
import { lyingEndpoint } from "../audit/proxy.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { confirm, deploySystem, endEpoch, latestContent, type TestSystem } from "../helpers/system.ts";

let network: TestSystem;
const data = newFolder();

beforeAll(async () => {
  network = await deploySystem();
}, 60_000);

afterAll(() => {
  network?.anvil.stop();
  rmSync(data, { recursive: true, force: true });
});

async function doctor(...more: string[]) {
  const usual: readonly (readonly [string, string])[] = [
    ["--rpc", network.anvil.rpcUrl],
    ["--distributor", network.distributor],
    ["--data-dir", data],
  ];
  const where = usual.filter(([flag]) => !more.includes(flag)).flat();
  const { code, stdout } = await cli(["doctor", ...where, ...more, "--json"]);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const of = (check: Finding["check"]) => findings.filter((finding) => finding.check === check);
  return { code, of, findings };
}

describe("doctor", () => {
  test("finds each thing in order, and that this machine's clock is years behind the test's chain", async () => {
    const { code, of, findings } = await doctor("--from", network.publisher);
    expect(of("endpoint").map(({ level }) => level)).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    expect(of("roles")).toMatchObject([
      { level: "ok", message: expect.stringContaining("is the publisher") },
    ]);
    expect(of("quorum")).toMatchObject([{ level: "ok", message: "1 of 1 listed auditors must attest" }]);
    expect(of("clock")).toMatchObject([{ level: "problem", hint: expect.stringContaining("set the clock") }]);
    expect(findings.filter(({ level }) => level !== "ok")).toEqual(of("clock"));
    expect(code).toBe(1);
    for (const { level, hint } of findings) expect(hint === undefined).toBe(level === "ok");
  });

  test("goes on where the key cannot be had, and says why", async () => {
    const password = join(data, "password");
    writeFileSync(password, "wrong\n");
    const keystore = fileURLToPath(new URL("../../fixtures/keystores/ethers-6.15.json", import.meta.url));
    const { code, of } = await doctor("--keystore", keystore, "--password-file", password);
    expect(of("signer")).toMatchObject([
      { level: "problem", message: expect.stringContaining("the password does not open it") },
    ]);
    for (const check of ["contracts", "quorum", "funding", "policy", "storage"] as const) {
      expect(of(check)).toMatchObject([{ level: "ok" }, ...of(check).slice(1)]);
    }
    expect(code).toBe(1);
    rmSync(password);
  });

  test("prints a line for each", async () => {
    const where = ["--distributor", network.distributor, "--data-dir", data];
    const { stdout } = await cli(["doctor", "--rpc", network.anvil.rpcUrl, ...where]);
    expect(stdout).toMatch(/^ok {6} +endpoint: 127\.0\.0\.1:\d+ serves chain 31337, block \d+$/m);
    expect(stdout).toMatch(
      /^PROBLEM +clock: this machine's clock is \d+ hours behind the latest block of .*; set/m,
    );
  });

  test("names an endpoint that is down or of another chain, and ends with 3 if none answers", async () => {
    const both = await doctor("--rpc", `${network.anvil.rpcUrl},http://127.0.0.1:1`, "--agreement", "1");
    expect(both.of("agreement")).toMatchObject([
      { level: "ok", message: expect.stringContaining("1 of 2 endpoints agree") },
    ]);
    expect(both.of("endpoint").at(-1)).toMatchObject({
      level: "problem",
      message: "the RPC endpoint 127.0.0.1:1 does not answer",
    });
    expect(both.code).toBe(1);
    expect((await doctor("--rpc", "http://127.0.0.1:1")).code).toBe(3);
    const foreign = await doctor("--chain-id", "1");
    expect(foreign.of("endpoint")[0]?.message).toContain("serves chain 31337, not 1");
    expect(foreign.code).toBe(3);
  });

  test("tries batches, ranges, old state and agreement on each endpoint, and says what it learnt", async () => {
    const [first, second] = [
      await lyingEndpoint(network.anvil.rpcUrl),
      await lyingEndpoint(network.anvil.rpcUrl),
    ];
    try {
      first.intercept = ({ calls }) =>
        calls.length > 7
          ? {
              body: JSON.stringify({
                jsonrpc: "2.0",
                id: null,
                error: { code: -32_014, message: "maximum 7 calls in 1 batch" },
              }),
            }
          : undefined;
      first.refuse = ({ method, params: [filter, tag] }) => {
        const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: string; toBlock?: string };
        if (method === "eth_getLogs" && Number(toBlock) - Number(fromBlock) + 1 > 4)
          return "block range too high";
        return method === "eth_getBalance" && tag !== "latest" ? "missing trie node 00 (path )" : undefined;
      };
      second.twist = ({ method }, result) =>
        method === "eth_getBlockByNumber" ? { ...(result as object), hash: `0x${"99".repeat(32)}` } : result;
      const { of } = await doctor("--rpc", `${first.rpcUrl},${second.rpcUrl}`);
      const { host } = new URL(first.rpcUrl);
      expect(of("endpoint")).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ level: "warning", message: `${host} takes 7 calls in one request` }),
          expect.objectContaining({
            level: "warning",
            message: expect.stringMatching(/gives logs of \d+ blocks at a time/),
          }),
          expect.objectContaining({
            level: "warning",
            message: expect.stringContaining("no longer has the state of the last final block"),
          }),
        ]),
      );
      expect(of("agreement")).toMatchObject([
        {
          level: "problem",
          message: expect.stringMatching(/^1 of 2 endpoints agree on block \d+; 127.* gives another$/),
        },
      ]);
    } finally {
      first.close();
      second.close();
    }
  });

  test("names what is no distributor, a signer without a role, and one that cannot pay", async () => {
    expect((await doctor("--distributor", network.token)).of("contracts")).toMatchObject([
      { level: "problem", message: expect.stringContaining("is not a Provender distributor") },
    ]);
    const stranger = network.accounts[0] as `0x${string}`;
    await network.client.setBalance({ address: stranger, value: 1n });
    const { of } = await doctor("--from", stranger);
    expect(of("roles")).toMatchObject([
      { level: "warning", message: expect.stringContaining("has no role") },
    ]);
    expect(of("signer")).toMatchObject([
      { level: "problem", hint: expect.stringContaining("send it at least") },
    ]);
  });

  test("names a transaction that is not mined, and a file of one that is damaged", async () => {
    const folder = join(data, "outbox");
    const path = join(folder, `31337-${network.publisher.toLowerCase()}.json`);
    mkdirSync(folder, { recursive: true });
    const hash = keccak256("0x01");
    const attempts = [{ hash, maxFeePerGas: "1", maxPriorityFeePerGas: "1", raw: "0x01" }];
    const sending = {
      attempts,
      chainId: "31337",
      data: "0x",
      from: network.publisher.toLowerCase(),
      gas: "1",
    };
    const rest = { nonce: 99, schema: "provender.outbox/1", to: network.distributor.toLowerCase() };
    writeFileSync(path, JSON.stringify({ ...sending, ...rest }));
    expect((await doctor("--from", network.publisher)).of("outbox")).toMatchObject([
      { level: "warning", message: expect.stringContaining("with nonce 99 is not mined") },
    ]);
    writeFileSync(path, "{");
    expect((await doctor("--from", network.publisher)).of("outbox")).toMatchObject([
      { level: "problem", message: expect.stringContaining("is damaged or was edited") },
    ]);
    rmSync(folder, { recursive: true });
  });

  test("names an epoch that is due, funds that run out, and a vetoed root", async () => {
    const { client, distributor, publisher, guardian } = network;
    await endEpoch(network);
    const late = await doctor();
    expect(late.of("due")).toMatchObject([
      { level: "warning", hint: expect.stringContaining("epoch run --post") },
    ]);
    const checkpoint = await client.snapshot();
    await client.increaseTime({ seconds: 3_600 * 17 });
    await client.mine({ blocks: 1 });
    expect((await doctor()).of("funding")).toMatchObject([{ level: "warning", hint: "fund the next ones" }]);
    await client.increaseTime({ seconds: 3_600 * 9 });
    await client.mine({ blocks: 1 });
    expect((await doctor()).of("funding")).toMatchObject([
      { level: "problem", hint: "transfer that to the distributor" },
    ]);
    await client.revert({ id: checkpoint });
    const { number, hash } = await client.getBlock({ blockTag: "finalized" });
    const root = `0x${"01".repeat(32)}` as const;
    const contract = { address: distributor, abi: iRewardDistributorAbi } as const;
    const args = [0n, root, 0n, root, number, hash] as const;
    await confirm(
      client,
      client.writeContract({ ...contract, account: publisher, functionName: "postRoot", args }),
    );
    await confirm(
      client,
      client.writeContract({
        ...{ ...contract, account: guardian, functionName: "veto" },
        args: [await latestContent({ client, distributor })],
      }),
    );
    expect((await doctor()).of("due")).toMatchObject([
      { level: "problem", message: "the latest root was vetoed", hint: "find out why, then post anew" },
    ]);
  });

  test("names a damaged artifact, and a data directory that is a file", async () => {
    const hash = `0x${"ab".repeat(32)}`;
    mkdirSync(join(data, "artifacts"), { recursive: true });
    writeFileSync(join(data, "artifacts", `${hash}.json`), "{}");
    expect((await doctor()).of("storage")[1]).toMatchObject({
      level: "problem",
      message: expect.stringContaining(`${hash}.json is damaged or was edited`),
    });
    rmSync(join(data, "artifacts"), { recursive: true });
    const file = join(data, "file");
    writeFileSync(file, "");
    chmodSync(file, 0o400);
    expect((await doctor("--data-dir", file)).of("storage")).toMatchObject([
      { level: "problem", message: expect.stringContaining(file) },
      {
        level: "problem",
        message: expect.stringMatching(/^the database .*file\/provender\.db cannot be written/),
      },
    ]);
  });

  test("says up to where the database is filled, and whether it can be used", async () => {
    const { number } = await network.client.getBlock();
    const where = ["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", data];
    expect((await cli(["sync", ...where])).code).toBe(0);
    const path = join(data, "provender.db");
    expect((await doctor()).of("storage").at(-1)).toEqual({
      check: "storage",
      level: "ok",
      message: `the database ${path} is filled up to block ${number}, and agrees with the contracts at block ${number}`,
    });
    rmSync(`${path}-wal`, { force: true });
    writeFileSync(path, "no database at all, but long enough to be taken for the head of one".repeat(99));
    expect((await doctor()).of("storage").at(-1)).toMatchObject({
      level: "problem",
      message: expect.stringContaining(`the database ${path} is damaged`),
      hint: "move it away and run `provender sync`: everything in it is rebuilt from the chain",
    });
    rmSync(path);
  });
});

describe("a check", () => {
  test("of the clock allows an hour, and tells a clock a day behind from a chain that stands still", () => {
    expect(checkClock("a", 10_000, 13_600).level).toBe("ok");
    expect(checkClock("a", 10_000, 6_400).level).toBe("ok");
    expect(checkClock("a", 100_000, 100_000 + 86_400)).toMatchObject({
      level: "warning",
      message: "the latest block of a is 24 hours old by this machine's clock",
    });
    expect(checkClock("a", 100_000, 100_000 - 86_400)).toMatchObject({
      level: "problem",
      message: "this machine's clock is 24 hours behind the latest block of a",
    });
  });

  test("of the quorum refuses more than there are auditors, and warns of none", () => {
    expect(checkQuorum(3n, 2n).level).toBe("problem");
    expect(checkQuorum(0n, 2n).level).toBe("warning");
    expect(checkQuorum(2n, 2n).level).toBe("ok");
  });

  test("of vesting warns of less than a quarter of an epoch", () => {
    expect(checkVesting(3_600n, 90n * 86_400n)).toMatchObject({
      level: "warning",
      message: expect.stringContaining("3600 s, less than a quarter of an epoch (1944000 s)"),
    });
    expect(checkVesting(151_200n, 604_800n).level).toBe("ok");
  });
});
