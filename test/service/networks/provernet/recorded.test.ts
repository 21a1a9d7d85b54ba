// SPDX-License-Identifier: AGPL-3.0-only
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Hex, keccak256 } from "viem";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { EXIT } from "../../../../service/cli/exit.ts";
import { cli } from "../../helpers/cli.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { configOf, readHistory, type Script, type Scripted, scriptOf, serveScript } from "./scripted.ts";

const history = readHistory();
const whole = scriptOf(history);
let endpoint: Scripted;

beforeAll(async () => {
  endpoint = await serveScript(whole);
});
afterAll(() => endpoint.close());
afterEach(() => {
  endpoint.script = whole;
});

/** The command in a folder of its own, or in one that is there. */
function run(epoch: number, folder: string) {
  const file = join(folder, "network.json");
  writeFileSync(file, JSON.stringify(configOf(history)));
  return cli(
    [
      ...["provers", "--network", "provernet", "--network-config", file, "--epoch", String(epoch), "--json"],
      ...["--rpc", endpoint.rpcUrl, "--data-dir", folder],
    ],
    { cwd: folder },
  );
}

async function figures(epoch: number, folder: string) {
  const { code, stdout, stderr } = await run(epoch, folder);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** What the history's README defines; names are for people. */
function expectedOf(epoch: number) {
  const { provers: each, ...rest } = history.expected[epoch];
  return {
    ...rest,
    provers: Object.fromEntries(
      Object.entries(each as Record<string, { name: string }>).map(([prover, { name: _, ...own }]) => [
        prover,
        own,
      ]),
    ),
  };
}

async function expectAll(folder: string): Promise<void> {
  for (const epoch of [1, 2, 3]) {
    const found = await figures(epoch, folder);
    expect(found).toMatchObject(expectedOf(epoch));
    expect(Object.keys(found.provers)).toEqual(Object.keys(expectedOf(epoch).provers).sort());
  }
}

/** The chain up to a block, which is its last final one. */
function upTo(block: number, script: Script = whole): Script {
  return {
    ...script,
    blocks: script.blocks.slice(0, block + 1),
    logs: script.logs.filter(({ blockNumber }) => blockNumber <= block),
  };
}

/** Another chain from a block on: other hashes, and none of the logs. */
function forkedFrom(block: number, script: Script): Script {
  const other = (hash: Hex, number: number): Hex => (number < block ? hash : keccak256(hash));
  return {
    ...script,
    blocks: script.blocks.map((own) => ({
      ...own,
      hash: other(own.hash, own.number),
      parentHash: other(own.parentHash, own.number - 1),
    })),
    logs: script.logs.filter(({ blockNumber }) => blockNumber < block),
  };
}

test("every expected figure is reached", () => expectAll(temporaryFolder()));

test("every expected figure is reached from a database that was stopped, rolled back and gone on with", async () => {
  const folder = temporaryFolder();
  endpoint.script = upTo(120);
  expect((await run(1, folder)).code).toBe(EXIT.notReady);
  // A job of this chain is under way in the replaced blocks: statements, fees and bids go back too.
  endpoint.script = upTo(190);
  expect((await run(1, folder)).code).toBe(0);
  endpoint.script = forkedFrom(110, upTo(200));
  await run(1, folder);
  endpoint.script = upTo(150);
  await run(1, folder);
  endpoint.script = whole;
  await expectAll(folder);
});

test("whoever is stopped between any two pages goes on from there", async () => {
  const folder = temporaryFolder();
  for (let block = 10; block < whole.blocks.length; block += 41) {
    endpoint.script = upTo(block);
    const { code, stderr } = await run(3, folder);
    expect([EXIT.notReady, EXIT.usage], stderr).toContain(code);
  }
  endpoint.script = whole;
  const before = endpoint.calls.get("eth_getLogs") ?? 0;
  await expectAll(folder);
  // Only what is new was asked for.
  expect((endpoint.calls.get("eth_getLogs") ?? 0) - before).toBeLessThan(8);
});
