// SPDX-License-Identifier: AGPL-3.0-only
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getAddress } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../service/helpers/cli.ts";
import { newFolder } from "../service/helpers/folder.ts";
import {
  activate,
  deploySystem,
  endEpoch,
  ether,
  registerProver,
  type TestSystem,
  work,
} from "../service/helpers/system.ts";
import { privateKeyOf } from "./helpers/network.ts";
import { type Options, provender } from "./helpers/provender.ts";

const SECRET = "5ec4e7";

let system: TestSystem;
let prover: `0x${string}`;
/** Answers every request with a web page. */
let website: Server;
let websiteUrl: string;
const folder = newFolder();
const data = join(folder, "data");

beforeAll(async () => {
  system = await deploySystem();
  prover = getAddress(system.accounts[0] as string);
  await registerProver(system, prover, ether(5_000), 1_000n);
  await work(system, prover, ether(30), 1n);
  await endEpoch(system);
  const posted = await cli(on("epoch", "run", "--post", "--from", system.publisher));
  expect(posted.code).toBe(0);
  await activate(system);
  website = createServer((_, response) => response.end("<html>not found</html>"));
  await new Promise<void>((resolve) => website.listen(0, "127.0.0.1", resolve));
  websiteUrl = `http://127.0.0.1:${(website.address() as AddressInfo).port}/v2/${SECRET}`;
});

afterAll(() => {
  system?.anvil.stop();
  website?.close();
  rmSync(folder, { recursive: true, force: true });
});

const to = (rpc: string, distributor: string, ...args: string[]) => [
  ...args,
  ...["--rpc", rpc, "--distributor", distributor, "--data-dir", data],
];
const on = (...args: string[]) => to(system.anvil.rpcUrl, system.distributor, ...args);

/** Every file below the folder, with its bytes. The database is a copy of the chain: whoever reads that brings it forward. */
function everything(): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith("provender.db"))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, "hex")]),
  );
}

interface BadInput extends Options {
  readonly args: readonly string[];
  readonly code: number;
  readonly isLocal?: true;
  /** What is wrong, and what to do about it. */
  readonly says: readonly [problem: string, remedy: string];
}

/** All at once: nothing may be written or sent, and no secret or stack shown. */
async function expectRefusals(cases: readonly BadInput[]): Promise<void> {
  const files = everything();
  const block = await system.client.getBlockNumber();
  const results = await Promise.all(
    // A process costs seconds: what is refused before the chain is asked runs in this one.
    cases.map(({ args, isLocal, ...options }) => (isLocal ? cli : provender)(args, options)),
  );
  results.forEach(({ code, stdout, stderr }, i) => {
    const { args, code: expected, says } = cases[i] as BadInput;
    const lines = stderr.trimEnd().split("\n");
    const errors = lines.filter((line) => line.startsWith("error: "));
    expect([code, stdout], `${args.join(" ")}\n${stderr}`).toEqual([expected, ""]);
    expect(errors).toEqual([lines.at(-1)]);
    for (const part of says) expect(errors[0]).toContain(part);
    expect(stderr).not.toMatch(/^\s+at |node_modules|viem/m);
    expect(stderr).not.toContain(SECRET);
  });
  expect(everything()).toEqual(files);
  expect(await system.client.getBlockNumber()).toBe(block);
}

test("an epoch that is none, has not begun, has not ended, is not final, or is not posted, is refused by name", async () => {
  await expectRefusals([
    {
      args: on("epoch", "run", "--epoch", "one", "--post", "--from", system.publisher),
      code: 2,
      isLocal: true,
      says: ["--epoch: not a whole number", "write it in digits"],
    },
    {
      args: on("epoch", "run", "--epoch", "99", "--post", "--from", system.publisher),
      code: 2,
      says: ["epoch 99 has not begun: now is epoch 1", "name an epoch that has ended"],
    },
    {
      args: on("epoch", "run", "--epoch", "1", "--post", "--from", system.publisher),
      code: 4,
      says: ["epoch 1 has not ended: it ends at 20", "try again after it"],
    },
    {
      args: on("audit", "--epoch", "1"),
      code: 4,
      says: ["epoch 1 has not ended", ""],
    },
  ]);
  const checkpoint = await system.client.snapshot();
  await endEpoch(system);
  await expectRefusals([
    {
      args: on("audit", "--epoch", "1"),
      code: 4,
      says: ["no root has been posted for epoch 1", ""],
    },
    {
      args: on("attest", "--epoch", "1", "--from", system.auditor),
      code: 4,
      says: ["no root has been posted for epoch 1", ""],
    },
  ]);
  await system.client.revert({ id: checkpoint });
  const { timestamp } = await system.client.getBlock();
  await system.client.setNextBlockTimestamp({ timestamp: timestamp + 3_600n });
  await system.client.mine({ blocks: 1 });
  await expectRefusals([
    {
      args: on("epoch", "run", "--epoch", "1", "--post", "--from", system.publisher),
      code: 4,
      says: ["its last block is not final yet", "try again when a block past the end is finalized"],
    },
  ]);
});

test("an endpoint that is down, is none, or serves another chain, is refused by name", async () => {
  await expectRefusals([
    {
      args: to(`http://127.0.0.1:1/v2/${SECRET}`, system.distributor, "epoch", "status"),
      code: 3,
      says: ["127.0.0.1:1 does not answer", "check the URL and that the node runs"],
    },
    {
      args: to(websiteUrl, system.distributor, "audit", "--epoch", "0"),
      code: 3,
      says: [new URL(websiteUrl).host, "check the URL"],
    },
    {
      args: to(`ftp://127.0.0.1/${SECRET}`, system.distributor, "epoch", "status"),
      code: 2,
      isLocal: true,
      says: ["--rpc: not an http or https URL", "such as http://127.0.0.1:8545"],
    },
    {
      args: on("claim", "--all", "--from", prover, "--chain-id", "1"),
      code: 2,
      says: ["serves chain 31337, not 1", "give endpoints of the chain that the distributor is on"],
    },
  ]);
});

test("an address that is none, has no contract, or is of another contract, is refused by name", async () => {
  const { rpcUrl } = system.anvil;
  const wrong = prover.replace(/[a-f]/, (letter) => letter.toUpperCase());
  await expectRefusals([
    {
      args: to(rpcUrl, "0x1234", "epoch", "status"),
      code: 2,
      isLocal: true,
      says: ["--distributor: not an address: 0x1234", "give 0x and 40 hexadecimal digits"],
    },
    {
      args: on("proof", wrong),
      code: 2,
      says: [`the checksum of ${wrong} is wrong`, "copy the address again"],
    },
    {
      args: to(rpcUrl, prover, "epoch", "run", "--post", "--from", system.publisher),
      code: 2,
      says: [`there is no contract at ${prover}`, "check the distributor's address"],
    },
    {
      args: to(rpcUrl, system.market, "audit", "--epoch", "0"),
      code: 2,
      says: [
        `the contract at ${getAddress(system.market)} is not a Provender distributor`,
        "give the distributor's address",
      ],
    },
  ]);
});

test("a config file or deployment record that is malformed is refused by the field", async () => {
  const folderWith = (name: string, path: string, text: string) => {
    const cwd = join(folder, name);
    mkdirSync(join(cwd, ".provender"), { recursive: true });
    writeFileSync(join(cwd, path), text);
    return cwd;
  };
  const config = "provender.config.json";
  const record = ".provender/deployment.json";
  const { rpcUrl } = system.anvil;
  const status = ["epoch", "status"];
  await expectRefusals([
    {
      args: status,
      cwd: folderWith("not-json", config, "{rpcUrl: 'http://127.0.0.1'}"),
      code: 2,
      isLocal: true,
      says: [`${config}: not JSON`, "correct the file"],
    },
    {
      args: status,
      cwd: folderWith("unknown", config, `{"privateKey":"0x${SECRET}"}`),
      code: 2,
      says: [`${config}: privateKey: unknown setting`, "keys are never kept in this file"],
    },
    {
      args: status,
      cwd: folderWith("number", config, '{"distributor":1234}'),
      code: 2,
      isLocal: true,
      says: [`${config}: distributor: not a string`, "between quotes"],
    },
    {
      args: [...status, "--rpc", rpcUrl],
      cwd: folderWith("record", record, '{"schema":"provender.deployment/1","chainId":31337}'),
      code: 2,
      isLocal: true,
      says: ["deployment.json: chainId: ", "`provender deploy`"],
    },
  ]);
});

test("options that are missing or unknown are named, and the command ends with 2", async () => {
  await expectRefusals([
    { args: ["epok"], code: 2, isLocal: true, says: ["unknown command 'epok'", "see --help"] },
    {
      args: ["epoch", "run", "--now"],
      code: 2,
      isLocal: true,
      says: ["unknown option '--now'", "see --help"],
    },
    { args: ["audit"], code: 2, says: ["--epoch", "see --help"] },
    {
      args: ["epoch", "status"],
      code: 2,
      isLocal: true,
      says: ["an RPC endpoint is missing", "PROVENDER_RPC_URL"],
    },
    {
      args: ["epoch", "status", "--rpc", system.anvil.rpcUrl],
      code: 2,
      isLocal: true,
      says: ["the distributor's address is missing", "PROVENDER_DISTRIBUTOR"],
    },
    {
      args: on("claim", "--from", prover),
      code: 2,
      isLocal: true,
      says: ["neither a prover nor --all is given", "name one prover, or pay all of them with --all"],
    },
  ]);
});

test("a private key that is none or of somebody else is refused, and never shown", async () => {
  const malformed = `0x${SECRET.repeat(11)}`;
  const stranger = privateKeyOf("stranger");
  await endEpoch(system);
  const post = on("epoch", "run", "--post");
  await expectRefusals([
    {
      args: post,
      env: { PROVENDER_PRIVATE_KEY: malformed },
      code: 2,
      says: ["PROVENDER_PRIVATE_KEY is not a private key", "give 0x and 64 hexadecimal digits"],
    },
    {
      args: post,
      env: { PROVENDER_PRIVATE_KEY: `${SECRET}`.repeat(11).slice(0, 64) },
      code: 2,
      says: ["PROVENDER_PRIVATE_KEY is not a private key", "give 0x and 64 hexadecimal digits"],
    },
    {
      args: post,
      code: 2,
      says: ["no key was given", "set PROVENDER_PRIVATE_KEY"],
    },
    {
      args: post,
      env: { PROVENDER_PRIVATE_KEY: stranger },
      code: 1,
      says: ["nothing was sent (publisher)", ""],
    },
  ]);
});

test("an artifact edited by hand is refused by its dataset hash", async () => {
  const [name] = readdirSync(join(data, "artifacts")) as [string];
  const file = join(data, "artifacts", name);
  const whole = readFileSync(file, "utf8");
  const edited = whole.replace('"commissionBps":1000', '"commissionBps":0');
  expect(edited).not.toBe(whole);
  writeFileSync(file, edited);
  const damaged = {
    code: 1,
    says: [`${file} is damaged or was edited`, "delete it: it is rebuilt from the chain"],
  } as const;
  await expectRefusals([
    { args: on("proof", prover), ...damaged },
    { args: on("claim", "--all", "--from", prover), ...damaged },
    { args: on("epoch", "run", "--post", "--from", system.publisher), ...damaged },
  ]);
  rmSync(file);
  expect((await cli(on("proof", prover))).code).toBe(0);
});
