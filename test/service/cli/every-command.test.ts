// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Hex, parseEther } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { commandsFor } from "../../../service/cli/program.ts";
import { EXAMPLES } from "../../../service/cli/usage/examples.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { deploySystem, ether, registerProver, type TestSystem } from "../helpers/system.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const nothing = () => undefined;
const newProgram = () =>
  commandsFor({ env: {}, cwd: "/", version: "test", out: nothing, note: nothing, exit: nothing });
const program = newProgram();

/** A command that does something, by its whole name. */
interface Leaf {
  readonly name: string;
  readonly command: Command;
}

function leavesOf(command: Command, path: readonly string[] = []): Leaf[] {
  if (command.commands.length === 0) return [{ name: path.join(" "), command }];
  return command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]));
}

const LEAVES = leavesOf(program);
const has = (flag: string) =>
  LEAVES.filter(({ command }) => command.options.some(({ long }) => long === flag));

const NOBODY = `0x${"99".repeat(20)}`;
const KEY = `0x${"07".repeat(32)}`;
/** Nobody has ever seen them: neither has a role. The first has nothing either. */
const POOR: Hex = `0x${"51".repeat(32)}`;
const STRANGER: Hex = `0x${"52".repeat(32)}`;

const folder = newFolder();
let network: TestSystem;

beforeAll(async () => {
  network = await deploySystem();
  await registerProver(network, network.accounts[0] as Hex, ether(5_000), 1_000n);
  const address = privateKeyToAddress(STRANGER);
  await network.client.setBalance({ address, value: parseEther("10") });
  writeFileSync(join(folder, "file.json"), "{}");
});

afterAll(() => {
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** For arguments and required options, by their names; addresses as `who`. */
function sample(name: string, who: string): string {
  const known: Readonly<Record<string, string>> = {
    "--config": "file.json",
    "--epoch": "0",
    "--stake": "10000",
    "--commission": "5",
    "--program": KEY,
    "--input": "data:,1",
    "--fee": "5",
    "--deadline": "2h",
    amount: "10000",
    percent: "5",
    request: KEY,
    file: "file.json",
    count: "1",
    duration: "10m",
    level: "1",
    version: "1",
    "program-key": KEY,
  };
  return known[name] ?? (/address|prover|vault|market|verifier|auditor/.test(name) ? who : "1");
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  request: ["--digest", KEY],
  claim: [],
  "prover run": ["--cost", "1", "--backend", "true", "--dry-run"],
};

function argsOf({ name, command }: Leaf, who: string): string[] {
  const given = command.registeredArguments.map((argument) => sample(argument.name(), who));
  const required = command.options
    .filter(({ mandatory, defaultValue }) => mandatory && defaultValue === undefined)
    .flatMap(({ long }) => [long as string, sample(long as string, who)]);
  const more = command.options.some(({ long }) => long === "--send") ? ["--send"] : [];
  return [...name.split(" "), ...given, ...required, ...(NEEDED[name] ?? []), ...more];
}

const on = () => [
  "--rpc",
  network.anvil.rpcUrl,
  "--distributor",
  network.distributor,
  "--data-dir",
  join(folder, "data"),
];

/** One line that says which field or condition it is, then what to do; nothing of the code, and no result. */
const ERROR = /^error: (?!unexpected)[^\n]{5,}; [^\n]{5,}$/;

function expectRefusal(
  row: string,
  { code, stdout, stderr }: Awaited<ReturnType<typeof cli>>,
  codes: readonly number[],
) {
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  expect([row, codes.includes(code), code, stdout], stderr).toEqual([row, true, code, ""]);
  expect(last, row).toMatch(ERROR);
  expect(stderr.match(/^error: /gm), row).toHaveLength(1);
}

/** Flags for what leaves an account. */
const MOVING = ["--stake", "--fee"];

/** They run until they are stopped. */
const ENDLESS = ["serve", "prover run"];
/** Its result is what is wrong, whatever that is. */
const isDoctor = ({ name }: Leaf) => name === "doctor";

describe("every command", () => {
  test.each(LEAVES)("$name: --help says what it does, takes and gives", async ({ name, command }) => {
    const { code, stdout, stderr } = await cli([...name.split(" "), "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^Usage: provender ${name} `));
    expect(stdout).toContain(`\nExample:\n  provender ${name} `);
    expect(command.description().length).toBeGreaterThan(20);
    for (const { long, description, hidden } of command.options) {
      if (!hidden) expect(description.length, `${name} ${long}`).toBeGreaterThan(3);
    }
  });

  test.each(Object.entries(EXAMPLES))(
    "%s: the example of --help is a command line",
    async (name, example) => {
      const parsed: string[] = [];
      const commands = newProgram();
      for (const leaf of leavesOf(commands)) leaf.command.action(() => void parsed.push(leaf.name));
      // What follows is the shell's.
      const [line = ""] = example.split(">");
      const words = line.match(/'[^']*'|\S+/g) ?? [];
      await commands.parseAsync([...name.split(" "), ...words], { from: "user" });
      expect(parsed).toEqual([name]);
    },
  );

  const chained = has("--chain-id").filter((leaf) => !leaf.name.startsWith("policy") && !isDoctor(leaf));

  test.each(has("--json").filter((leaf) => !isDoctor(leaf)))(
    "$name: on another chain than is meant, with --json, ends with 2 and a document on one line",
    async (leaf) => {
      const args = [...argsOf(leaf, NOBODY), "--json", ...on(), "--chain-id", "999"];
      const { code, stdout, stderr } = await cli(args, { cwd: folder, env: { PROVENDER_PRIVATE_KEY: POOR } });
      const lines = stderr.trimEnd().split("\n");
      const { error } = JSON.parse(lines.at(-1) ?? "");
      expect([stdout, lines.filter((line) => line.includes('"error"'))]).toEqual(["", [lines.at(-1)]]);
      expect(error).toMatchObject({ message: expect.any(String), hint: expect.any(String), exitCode: code });
      // What is wrong with a policy's file is said before any chain is asked.
      expect(chained.includes(leaf) ? [2] : [1, 2]).toContain(code);
    },
  );

  test("with an address where no distributor is, ends with 2", async () => {
    await Promise.all(
      chained.map(async (leaf) => {
        const args = [...argsOf(leaf, NOBODY), ...on(), "--distributor", NOBODY];
        const env = { PROVENDER_PRIVATE_KEY: STRANGER };
        expectRefusal(leaf.name, await cli(args, { cwd: folder, env }), [2]);
      }),
    );
  });

  const signing = has("--account").filter((leaf) => !ENDLESS.includes(leaf.name) && !isDoctor(leaf));

  test.each([
    ["of somebody who has nothing", POOR],
    ["of somebody with no role", STRANGER],
  ])("with a key %s, says so, and sends nothing", async (_, key) => {
    const { client } = network;
    const before = await client.getBlockNumber();
    await Promise.all(
      signing.map(async (leaf) => {
        const env = { PROVENDER_PRIVATE_KEY: key };
        const result = await cli([...argsOf(leaf, NOBODY), ...on()], { cwd: folder, env });
        // What only shows, or has nothing to do, is anybody's.
        if (result.code === 0) expect(result.stderr, leaf.name).not.toContain("error");
        else expectRefusal(leaf.name, result, [1, 2, 4]);
      }),
    );
    expect(await client.getBlockNumber()).toBe(before);
  });

  test("that sends takes --dry-run, in the same words; the others have nothing to try", () => {
    const tries = has("--dry-run");
    const others = has("--account").filter((leaf) => !tries.includes(leaf));
    // What only shows what an account has; and a server, which without --job sends nothing.
    expect(others.map(({ name }) => name).toSorted()).toEqual(
      ["doctor", "exits", "positions", "prover status", "requests", "serve"].toSorted(),
    );
    const worded = tries.map(({ command }) => command.options.find(({ long }) => long === "--dry-run"));
    for (const option of worded) expect(option?.description).toMatch(/^(say|show) [^;]+, and send nothing/);
  });

  test.each([
    ["audit --epoch 0 --every 5", "--every is for --watch"],
    ["audit --epoch 0 --notify https://example.org", "--notify is for --watch"],
    ["audit --epoch 0 --policy file.json", "--policy is for --network provernet"],
    ["audit --epoch 0 --budget 1", "--budget is for --network provernet"],
    ["audit --epoch 0 --output epoch-rewards", "--output is for --network provernet"],
    ["attest --epoch 0 --policy file.json", "--policy is for --network provernet"],
    ["attest --epoch 0 --output distributor", "--output is for --network provernet"],
    ["epoch run --attestations file.json", "--attestations is for --network provernet"],
    ["epoch run --safe-address", "--safe-address is for --safe"],
    ["policy check file.json --budget 1", "--budget is for --network provernet"],
    ["sync --every 5", "--every is for --watch"],
    ["admin set-window 2h --safe-address", "--safe-address is for --safe"],
    ["admin set-window 2h --delay 2h", "--delay is for --schedule"],
  ])("%s: what would be left undone is refused, and not in silence", async (line, problem) => {
    const args = line.split(" ");
    if (line.endsWith("-address")) args.push(NOBODY);
    const chain = line.startsWith("policy") ? [] : on();
    const result = await cli([...args, ...chain], { cwd: folder });
    expectRefusal(line, result, [2]);
    expect(result.stderr).toContain(`error: ${problem}; `);
  });

  test("that takes an amount to be moved refuses 0 by name", async () => {
    const amounts = LEAVES.flatMap((leaf) => {
      const { registeredArguments, options } = leaf.command;
      const names = registeredArguments.map((argument) => argument.name());
      const at = names.indexOf("amount");
      const flags = options.filter(({ long, mandatory }) => mandatory && MOVING.includes(long ?? ""));
      return [
        ...(at >= 0 && registeredArguments[at]?.required ? [{ leaf, what: "<amount>" }] : []),
        ...flags.map(({ long }) => ({ leaf, what: long as string })),
      ];
    });
    expect(amounts.map(({ leaf, what }) => `${leaf.name} ${what}`).toSorted()).toEqual([
      "admin withdraw-surplus <amount>",
      "exit <amount>",
      "prover register --stake",
      "prover top-up <amount>",
      "request --fee",
      "stake <amount>",
    ]);
    for (const { leaf, what } of amounts) {
      const args = argsOf(leaf, network.accounts[0] as Hex).map((text) => (text === "10000" ? "0" : text));
      const zero = what === "--fee" ? args.with(args.indexOf("--fee") + 1, "0") : args;
      const more = leaf.name.startsWith("admin") ? ["--to", network.owner] : [];
      const env = { PROVENDER_PRIVATE_KEY: STRANGER };
      const result = await cli([...zero, ...more, ...on()], { cwd: folder, env });
      expectRefusal(leaf.name, result, [2]);
      expect(result.stderr).toContain(`error: ${what}: 0 `);
    }
  });

  const naming = LEAVES.filter(({ command }) =>
    command.registeredArguments.some((argument) => sample(argument.name(), "who") === "who"),
  );
  const withAddress = (leaf: Leaf, who: string) =>
    cli([...argsOf(leaf, who), ...on()], { cwd: folder, env: { PROVENDER_PRIVATE_KEY: STRANGER } });

  test("with an address that is none, says so", async () => {
    expect(naming.length).toBeGreaterThan(20);
    await Promise.all(
      naming.map(async (leaf) => expectRefusal(leaf.name, await withAddress(leaf, "0x12"), [2])),
    );
  });

  test("with an address that nobody knows, says so", async () => {
    // Whoever has a role may name anybody: what strangers are told of it is above.
    for (const leaf of naming.filter(({ name }) => !name.startsWith("admin"))) {
      const unknown = await withAddress(leaf, NOBODY);
      if (unknown.code === 0) expect(unknown.stdout, leaf.name).toMatch(/has (no shares|asked for)/);
      else expectRefusal(leaf.name, unknown, [2, 4]);
    }
  });
});
