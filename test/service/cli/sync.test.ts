// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { deploySystem, ether, registerProver, type TestSystem, work } from "../helpers/system.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

let network: TestSystem;
const data = newFolder();

beforeAll(async () => {
  network = await deploySystem();
  const [ada] = network.accounts as [Address];
  await registerProver(network, ada, ether(5_000), 1_000n);
}, 60_000);

afterAll(() => {
  network?.anvil.stop();
  rmSync(data, { recursive: true, force: true });
});

const flags = () => [
  ...["sync", "--rpc", network.anvil.rpcUrl, "--distributor", network.distributor],
  ...["--data-dir", data],
];

describe("provender sync", () => {
  test("says where the database is, up to which block it is filled, and that it was checked", async () => {
    const { number, hash, timestamp } = await network.client.getBlock();
    const { code, stdout, stderr } = await cli(flags());
    const where = join(data, "provender.db");
    const time = new Date(Number(timestamp) * 1_000).toISOString().replace(".000Z", "Z");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        `^block ${number} of ${time} \\(.+\\) is read, checked against the contracts at block ${number}; database ${where}\n$`,
      ),
    });
    // Standard error is no terminal here: a line of JSON for a log.
    expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({
      msg: "reading the chain",
      block: Number(number),
      last: Number(number),
    });
    const again = await cli([...flags(), "--json"]);
    expect(JSON.parse(again.stdout)).toEqual({
      block: String(number),
      hash,
      timestamp: String(timestamp),
      checked: String(number),
      database: where,
    });
  });

  test("takes a database from DATABASE_URL, of which no message shows the password", async () => {
    const env = { DATABASE_URL: "postgres://us:a-secret@127.0.0.1:1/provender" };
    const { code, stderr } = await cli(flags(), { env });
    expect(code).toBe(1);
    expect(stderr).toContain("error: the database 127.0.0.1:1/provender cannot be read");
    const wrong = await cli(flags(), { env: { DATABASE_URL: "mysql://us:a-secret@127.0.0.1/provender" } });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("error: DATABASE_URL: not the URL of a PostgreSQL database; such as");
    expect(stderr + wrong.stderr).not.toContain("a-secret");
  });

  test("refuses a rest between looks at the chain that nobody takes", async () => {
    const { code, stderr } = await cli([...flags(), "--every", "9"]);
    expect([code, stderr]).toEqual([2, "error: --every is for --watch; give --watch too, or leave it out\n"]);
  });

  test("follows the chain in two processes on one file, until they are told to end", async () => {
    const watching = [1, 2].map(() => spawn(process.execPath, [PROVENDER, ...flags(), ...WATCH]));
    try {
      const ended = watching.map(exitOf);
      await Promise.all(watching.map((child) => blockOf(child, 0n)));
      await work(network, network.accounts[0] as Address, ether(3), 1n);
      const { number } = await network.client.getBlock();
      await Promise.all(watching.map((child) => blockOf(child, number)));
      for (const child of watching) child.kill("SIGTERM");
      expect(await Promise.all(ended)).toEqual([0, 0]);
      expect((await cli(flags())).code).toBe(0);
    } finally {
      for (const child of watching) child.kill("SIGKILL");
    }
  }, 120_000);
});

const WATCH = ["--watch", "--every", "1", "--json"];

const exitOf = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));

/** Waits until it says that it has read a block. */
function blockOf(child: ChildProcess, block: bigint): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
    child.stdout?.on("data", (chunk) => {
      for (const line of String(chunk).trim().split("\n")) {
        if (BigInt((JSON.parse(line) as { block: string }).block) >= block) resolve();
      }
    });
  });
}
