// SPDX-License-Identifier: AGPL-3.0-only
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, type Hex, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { rolesOf, variablesOf } from "../../script/demo/roles.ts";
import { prepare, type Stage } from "../../script/demo/setup.ts";
import { proverVaultAbi } from "../abi.ts";
import { pass as passOn, privateKeyOf } from "../service/helpers/anvil.ts";
import { type CliResult, cli } from "../service/helpers/cli.ts";
import { newFolder } from "../service/helpers/folder.ts";
import { type Running, start } from "./helpers/provender.ts";
import { argumentsOf, commandsOf } from "./helpers/readme.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DAY = 86_400n;
const folder = newFolder();
let stage: Stage;
let variables: Record<string, string>;

// The demo's chain, before anything has happened on it.
beforeAll(async () => {
  const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  stage = await prepare(join(folder, "demo"));
  said.mockRestore();
  variables = variablesOf(stage, 7n);
});

afterAll(() => {
  stage?.chain.stop();
  rmSync(folder, { recursive: true, force: true });
});

const environment = (account: Address): Record<string, string> => ({
  ...stage.settings,
  PROVENDER_DATA_DIR: join(folder, "data"),
  PROVENDER_PRIVATE_KEY: privateKeyOf(stage.chain.accounts.indexOf(account)),
});

async function run(
  account: Address,
  command: string,
  { more = [], env = {} }: { more?: readonly string[]; env?: Record<string, string> } = {},
): Promise<CliResult> {
  const args = [...argumentsOf(command, variables), ...more];
  const result = await cli(args, { env: { ...environment(account), ...env }, cwd: folder });
  expect(result.code, `${command}\n${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

/** What a command says that it will do, or in a dry run would, without the moments: those pass between the two. */
function sayings({ stderr }: CliResult, word: "will" | "would"): string[] {
  return stderr
    .split("\n")
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length).replace(/20\d\d-\S+Z( \(.*?\))?/g, "then"));
}

/** A command that sends: its dry run says just what it then does, and sends nothing. */
async function send(account: Address, command: string, more: readonly string[] = []): Promise<CliResult> {
  const { client } = stage.chain;
  const before = await client.getTransactionCount({ address: account });
  const dry = await run(account, command, { more: [...more, "--dry-run"] });
  expect(await client.getTransactionCount({ address: account })).toBe(before);
  expect(dry.stderr).toMatch(/\ndry run: nothing was sent\n$/);
  const done = await run(account, command, { more });
  const said = sayings(dry, "would");
  expect(said.length, dry.stderr).toBeGreaterThan(0);
  expect(sayings(done, "will"), command).toEqual(said);
  // One transaction for each thing that was said, said before the first was sent.
  const lines = done.stderr.split("\n").map((line) => line.split(" ")[0]);
  expect(lines.lastIndexOf("will")).toBeLessThan(lines.indexOf("sent"));
  expect(lines.filter((word) => word === "sent")).toHaveLength(said.length);
  return done;
}

const pass = (seconds: bigint) => passOn(stage.chain, seconds);

describe("by the README's commands", () => {
  test("a prover joins, and a requester is served by it", async () => {
    const { viewer } = stage.cast;
    const [register, runNode, status, ...noMore] = commandsOf("a prover");
    expect(noMore).toEqual([]);
    const [provers, request, requests] = commandsOf("a requester");
    const joined = await send(viewer, register as string);
    expect(joined.stderr).toContain("will allow the registry");
    expect(joined.stderr).toMatch(
      /will register 0x\S+ with 1,000 PVD of its own at stake, a commission of 5 %/,
    );
    expect(joined.stdout).toMatch(/^0x[0-9a-fA-F]{40} is a prover; its vault is 0x/);

    const trusted = await run(viewer, provers as string);
    expect(trusted.stdout.match(/ active /g)).toHaveLength(6);
    const requester = stage.cast.requesters[0];
    const asked = await send(requester, request as string);
    const id = asked.stdout.split("\n")[0] as Hex;
    expect(asked.stderr).toMatch(
      /for at most 5 PVD, which are escrowed: .*; it has to be proven by \S+ \(in 10 min\), or the fee is refunded;/,
    );

    const args = argumentsOf(runNode as string, variables);
    const node = start([...args, "--every", "0.2", "--json"], {
      env: environment(viewer),
      cwd: ROOT,
    });
    const said = listenTo(node);
    const heard = (event: string) => said(new RegExp(`"event":"${event}"`));
    try {
      await heard("committed");
      expect((await run(requester, requests as string)).stdout).toMatch(
        /takes bids until .*\(in 1 min \d+ s\)/,
      );
      await pass(101n);
      await heard("revealed");
      await pass(101n);
      expect((await run(requester, requests as string)).stdout).toMatch(/to be proven by .*\(in \d min/);
      await heard("fulfilled");
    } finally {
      node.child.kill();
      await node.ended;
    }
    const served = await run(requester, requests as string, { more: ["--json"] });
    const { credit, requests: all } = JSON.parse(served.stdout);
    expect(all[0]).toMatchObject({ id, status: "fulfilled", winner: viewer, price: String(parseEther("2")) });
    expect(credit).toBe(String(parseEther("3")));
    expect((await send(requester, "npx provender refund")).stdout).toBe("paid: 3 PVD\n");
    const proven = await cli(["refund", id], { env: environment(requester), cwd: folder });
    expect([proven.code, proven.stderr]).toEqual([
      1,
      `error: request ${id} has ended: proven; nothing of it is owed\n`,
    ]);

    const shown = (await run(viewer, status as string)).stdout;
    for (const line of [
      /^state +active, may bid; registered 20.*ago\)$/m,
      /^stake +1,001.71 PVD, of which its own 1,000[\d.]* PVD \(at least 500 PVD\)$/m,
      /^collateral +0 PVD locked, 1,001.71 PVD free$/m,
      /^commission +5 %$/m,
      /^commission owed +0\.09 PVD, to 0x/m,
      /^rewards +no root is active yet; 0 PVD claimed so far$/m,
      /^vesting +1\.\d+ PVD until /m,
      /^next +it may bid: `provender prover run`$/m,
      /^ +commission: `provender prover claim-commission`$/m,
    ]) {
      expect(shown).toMatch(line);
    }
    expect((await send(viewer, "npx provender prover claim-commission")).stdout).toBe("paid: 0.09 PVD\n");
  });

  test("a prover changes its terms, names a submitter, leaves, and comes back", async () => {
    const { viewer, stakers } = stage.cast;
    const other = stakers[0]?.address as Address;
    const shown = async () => JSON.parse((await run(viewer, "npx provender prover status --json")).stdout);

    const lowered = await send(viewer, "npx provender prover set-commission 4% --for fees");
    expect(lowered.stdout).toBe("the commission of fees is 4 % at once\n");
    expect(lowered.stderr).toContain("will set the commission of fees from 5 % to 4 %, at once");
    const raised = await send(viewer, "npx provender prover set-commission 12.5");
    expect(raised.stderr).toMatch(
      /from 5 % to 12.5 %, from 20.* \(in 2 d\) on, as every increase is announced/,
    );
    const { commission } = await shown();
    expect(commission).toMatchObject([
      { of: "default", bps: 500, nextBps: 1_250, nextAt: expect.stringMatching(/^\d+$/) },
      { of: "fees", bps: 400, nextAt: null },
    ]);
    const paid = await send(viewer, `npx provender prover set-payout ${other}`);
    expect(paid.stdout).toBe(`commission is paid to ${other}\n`);
    expect((await shown()).payout).toBe(other);

    const named = await send(viewer, `npx provender prover submitter ${other}`);
    expect(named.stdout).toContain(
      `now the submitter, with its own key: \`provender prover submitter --accept ${viewer}\``,
    );
    const accepted = await send(other, `npx provender prover submitter --accept ${viewer}`);
    expect(accepted.stdout).toContain("both have agreed: run the node with its key and --prover");
    await send(viewer, `npx provender prover submitter ${other} --revoke`);

    const topped = await send(viewer, "npx provender prover top-up 50000000000000000000 --wei");
    expect(topped.stderr).toMatch(/^will deposit 50 PVD .*, in one transaction, by a signed permit for/m);
    expect(topped.stdout).toMatch(/^own stake 1,049.9/);
    await send(viewer, "npx provender prover deactivate");
    expect((await shown()).state).toBe("inactive");
    await send(viewer, `npx provender exit ${viewer} all`);
    const back = await send(viewer, "npx provender prover activate");
    expect(back.stderr).toMatch(/will become active again with (499.99\d*|500) PVD/);
    expect(await shown()).toMatchObject({ state: "active", eligible: true });
    await pass(DAY + 1n);
    expect((await send(viewer, "npx provender redeem")).stdout).toMatch(
      /^paid: 1,049\.9\d* PVD \(\d+ wei\)\n$/,
    );
  });

  test("what a prover sets to what it is already is said, and not sent", async () => {
    const { viewer, stakers } = stage.cast;
    const other = stakers[0]?.address as Address;
    const { client } = stage.chain;
    await run(viewer, "npx provender prover set-commission 12.5");
    const announced = await run(viewer, "npx provender prover status");
    await pass(60n);
    const before = await client.getTransactionCount({ address: viewer });
    for (const [command, says] of [
      ["set-commission 4% --for fees", "the commission of fees is 4 % already"],
      [`set-payout ${other}`, `commission is paid to ${other} already`],
      [`submitter ${other} --revoke`, `not approved already: ${other} for prover ${viewer}`],
      ["activate", "it is active already"],
    ] as const) {
      const { stdout, stderr } = await run(viewer, `npx provender prover ${command}`);
      expect([stdout, stderr]).toEqual([`${says}; nothing was sent\n`, ""]);
    }
    const again = await run(viewer, "npx provender prover set-commission 12.5");
    const [, from] = /12\.5 % from (\S+)/.exec(announced.stdout) as unknown as [string, string];
    expect(again.stdout).toContain(`the commission is 12.5 % from ${from} `);
    expect(again.stdout).toMatch(/ on, as is announced already; nothing was sent\n$/);
    const { stdout } = await run(viewer, "npx provender prover set-commission 12.5 --json");
    expect(JSON.parse(stdout)).toMatchObject({ beforeBps: 500, bps: 1_250, transactions: [] });
    expect(await client.getTransactionCount({ address: viewer })).toBe(before);
  });

  test("a requester's and a staker's mistakes are named by what was given, with what to give", async () => {
    const { viewer, requesters } = stage.cast;
    const requester = requesters[0];
    const [, ask] = commandsOf("a requester") as [string, string];
    const asking = (flags: string) => `${ask.replace(/--fee 5 --deadline 10m/, "")}${flags}`;
    const before = await stage.chain.client.getBlockNumber();
    for (const [account, command, says] of [
      [
        requester,
        asking("--fee 5 --deadline 40d"),
        /--deadline: 40d is later than the market takes, 20.*; give an earlier one, such as \d+h/,
      ],
      [
        requester,
        asking("--fee 5 --deadline 2"),
        /--deadline: not a duration: 2; such as 90m, 2h or 1d12h, or a date in UTC such as 2027-01-31T12:00Z; seconds as 2s/,
      ],
      [requester, asking("--fee 5 --deadline 30s"), /--deadline: 30s leaves no time to prove/],
      [requester, asking("--fee 5 --deadline 20h --bids 12h --reveals 15h"), /--(reveals|deadline): /],
      [requester, asking("--fee 0 --deadline 2h"), /--fee: 0 is nothing; give more than 0/],
      [requester, asking("--fee 2000000000 --deadline 2h"), /--fee: the most is 1,000,000,000 PVD/],
      [
        requester,
        asking("--fee 5 --min-stake 99999 --deadline 2h"),
        /--min-stake: the most is \d+ times the fee/,
      ],
      [requester, asking("--fee 5 --deadline 2h --verifier 9"), /--verifier: not a version from 1 to /],
      [
        requester,
        `npx provender request --program 0x${"f".repeat(64)} --digest $DIGEST --input "$INPUT" --fee 5 --deadline 2h`,
        /--program: not below the scalar field's order/,
      ],
      [
        requester,
        `npx provender request --program $PROGRAM --digest 0x${"f".repeat(64)} --input "$INPUT" --fee 5 --deadline 2h`,
        /--digest: not below the scalar field's order/,
      ],
      [viewer, "npx provender stake $PROVER 0", /<amount>: 0 is nothing; give more than 0$/m],
      [viewer, "npx provender exit $PROVER 0", /<amount>: 0 is nothing; give more than 0, or `all`/],
      [viewer, "npx provender prover top-up 0", /<amount>: 0 is nothing/],
      [
        viewer,
        "npx provender prover set-commission 101%",
        /<percent>: not a part in percent, from 0 to 100: 101%; such as 10%/,
      ],
      [viewer, `npx provender prover set-payout 0x${"0".repeat(40)}`, /<address>: is the zero address/],
    ] as const) {
      const result = await cli(argumentsOf(command, variables), { env: environment(account), cwd: folder });
      expect([result.code, result.stderr]).toEqual([2, expect.stringMatching(says)]);
    }
    expect(await stage.chain.client.getBlockNumber()).toBe(before);
  });

  test("a requester takes back what nobody bids for, and is refunded what nobody proves", async () => {
    const requester = stage.cast.requesters[1];
    const ask = commandsOf("a requester")[1] as string;
    const asked = async () => (await run(requester, ask)).stdout.split("\n")[0] as Hex;
    const [cancelled, overdue] = [await asked(), await asked()];
    const taken = await send(requester, `npx provender refund ${cancelled}`);
    expect(taken.stderr).toContain(`will cancel request ${cancelled}, for 5 PVD back`);
    expect(taken.stdout).toBe("paid: 5 PVD\n");
    await pass(1_000n);
    const shown = (await run(requester, "npx provender requests")).stdout;
    expect(shown).toMatch(/nobody bid: refund due since 20.* ago\) /);
    expect(shown).toMatch(/cancelled/);
    const ended = JSON.parse((await run(requester, "npx provender refund --json")).stdout);
    expect(ended).toMatchObject({ amount: String(parseEther("5")), ended: [overdue] });
    expect((await run(requester, "npx provender refund")).stdout).toMatch(/^nothing is owed/);
  });

  test("a staker stakes by permit, sees what it has, leaves, and is paid", async () => {
    const { viewer } = stage.cast;
    const [stake, positions, exit, ...noMore] = commandsOf("a staker");
    expect(noMore).toEqual([]);
    const staked = await send(viewer, stake as string);
    expect(staked.stderr).toMatch(
      /^will deposit 100 PVD .*, in one transaction, by a signed permit for the/m,
    );
    expect(staked.stdout).toMatch(
      /^got 100 shares for 100 PVD; nothing of the vault is locked now; to leave takes 1 d/,
    );
    const more = await send(viewer, `${stake} --no-permit`);
    expect(more.stderr).toContain("will allow the vault");
    const wrong = argumentsOf(`${stake} --router ${variables.PROVER}`, variables);
    expect(await cli(wrong, { env: environment(viewer), cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        `--router: ${variables.PROVER} is no deposit router of this deployment`,
      ),
    });

    const shown = JSON.parse((await run(viewer, positions as string, { more: ["--json"] })).stdout);
    const own = shown.positions.find(({ prover }: { prover: string }) => prover === variables.PROVER);
    expect(own).toMatchObject({
      shares: String(parseEther("200")),
      value: String(parseEther("200")),
      gain: "0",
      vesting: "0",
    });
    expect((await run(viewer, positions as string)).stdout).toMatch(/active +200 +200 +0 +0 +0 +– +0$/m);

    const part = await send(viewer, `npx provender exit ${variables.PROVER} 50`);
    expect(part.stdout).toMatch(/^leaves: 50 PVD, due 20.*\(in 1 d\); then `provender redeem 0x/);
    await run(viewer, exit as string);
    const waiting = await run(viewer, "npx provender exits");
    expect(waiting.stdout.match(/waits$/gm)).toHaveLength(2);
    expect(waiting.stdout).toMatch(/ 50 +20.* \(in (1 d|23 h 59 min)\) +waits/);
    await pass(DAY + 1n);
    expect((await run(viewer, "npx provender exits")).stdout.match(/redeem now$/gm)).toHaveLength(2);
    expect((await send(viewer, "npx provender redeem")).stdout).toBe("paid: 200 PVD\n");
    expect((await run(viewer, "npx provender exits")).stdout).toContain(
      "has asked for no exit that is not paid",
    );
    const vault = stage.vaults.get("Ada") as Address;
    const of = { address: vault, abi: proverVaultAbi } as const;
    const left = { ...of, functionName: "balanceOf", args: [viewer] } as const;
    expect(await stage.chain.client.readContract(left)).toBe(0n);
  });

  test("what the demo's last screen lists for owner and guardian, the key printed there may send", async () => {
    const { client } = stage.chain;
    const admin = rolesOf(stage).flatMap(({ account, commands }) =>
      commands.filter((each) => each.startsWith("admin ")).map((each) => ({ account, each })),
    );
    expect(new Set(admin.map(({ account }) => account))).toEqual(
      new Set([stage.cast.owner, stage.cast.guardian]),
    );
    for (const { account, each } of admin) {
      const id = await client.snapshot();
      const sent = await run(account, `npx provender ${each.replace(/ --send$/, "")} --send`);
      expect(sent.stdout, each).toMatch(/0x[0-9a-f]{64}/);
      await client.revert({ id });
    }
  });

  test("an owner sees what changes, then changes it, and a guardian what jail would do", async () => {
    const { owner, guardian } = stage.cast;
    const [shown, sent, jail, ...noMore] = commandsOf("owner, guardian");
    expect(noMore).toEqual([]);
    const before = await stage.chain.client.getBlockNumber();
    expect((await run(owner, shown as string)).stdout).toContain("challenge window");
    expect((await run(guardian, jail as string)).stdout).toContain("jail");
    expect(await stage.chain.client.getBlockNumber()).toBe(before);
    expect((await run(owner, sent as string)).stdout).toMatch(/0x[0-9a-f]{64}/);
  });

  test("while everything is paused it is said so, and nothing is sent, not even an approval", async () => {
    const { viewer, guardian, owner } = stage.cast;
    const refused = (account: Address, command: string) =>
      cli(argumentsOf(command, variables), { env: environment(account), cwd: folder });
    await run(guardian, "npx provender admin pause --send");
    try {
      const shown = (await run(viewer, "npx provender prover status")).stdout;
      expect(shown).toMatch(/^state +\w+, may not bid while everything is paused; registered/m);
      expect((await refused(viewer, "npx provender stake $PROVER 1")).stderr).toContain(
        "the vault takes no deposits now: the guardian has paused everything",
      );
      const before = await stage.chain.client.getTransactionCount({ address: viewer });
      const { code, stderr } = await refused(viewer, commandsOf("a requester")[1] as string);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/will allow .*Paused; .*nothing was sent\n$/s),
      ]);
      expect(await stage.chain.client.getTransactionCount({ address: viewer })).toBe(before);
    } finally {
      await run(owner, "npx provender admin unpause --send");
    }
  });

  test("the demo's last screen has commands that there are, and a key for each role that needs another", async () => {
    const roles = rolesOf(stage);
    for (const command of roles.flatMap(({ commands }) => commands)) {
      const args = [...argumentsOf(`npx provender ${command}`, variables), "--help"];
      expect((await cli(args)).code, command).toBe(0);
    }
  });

  test("the foundation deploys, posts an epoch, and serves it", async () => {
    const { owner, publisher } = stage.cast;
    const [deploy, post, serve, ...noMore] = commandsOf("the foundation");
    expect(noMore).toEqual([]);
    // Where the demo that the README starts has it.
    cpSync(join(stage.folder, "deploy.json"), join(folder, ".provender/demo/deploy.json"));
    expect((await run(owner, deploy as string)).stdout).toMatch(/distributor +0x/);
    await pass(DAY);
    await stage.chain.client.mine({ blocks: 3, interval: 12 });
    const dry = await run(publisher, post as string, { more: ["--dry-run"] });
    expect(dry.stdout).toMatch(/^dry run: nothing was written or sent/m);
    const posted = await run(publisher, post as string);
    expect(posted.stdout).toMatch(/posted/);
    expect(sayings(posted, "will")).toEqual(sayings(dry, "would"));
    const server = start([...argumentsOf(serve as string, variables), "--port", "0"], {
      env: environment(publisher),
      cwd: folder,
    });
    const url = await listenTo(server)(/(?<=listening on )http:\S+(?=:)/);
    // Nobody has asked it for anything before, and not all is known at once.
    const rules = readFileSync(join(ROOT, "service/ops/alerts.yml"), "utf8").match(/(?<=expr: ).*/g) ?? [];
    const named = new Set(rules.join("\n").match(/\bprovender_\w+/g));
    expect(named.size).toBeGreaterThan(10);
    await expect
      .poll(async () => {
        const shown = await (await fetch(`${url}/metrics`)).text();
        return [...named].filter((name) => !new RegExp(`^${name}[ {]`, "m").test(shown));
      })
      .toEqual([]);
    server.child.kill();
    await server.ended;
  });

  test("an auditor comes to a verdict, attests, and goes on by itself", async () => {
    const { auditor } = stage.cast;
    const [audit, attest, watch, ...noMore] = commandsOf("an auditor");
    expect(noMore).toEqual([]);
    expect((await run(auditor, audit as string)).stdout).toMatch(/^MATCH/m);
    const dry = await run(auditor, attest as string, { more: ["--dry-run"] });
    expect(dry.stdout).toMatch(/^dry run: nothing was sent; it would be attested$/m);
    const attested = await run(auditor, attest as string);
    expect(attested.stdout).toMatch(/attested/);
    expect(sayings(attested, "will")).toEqual(sayings(dry, "would"));
    const watching = start(argumentsOf(watch as string, variables), {
      env: environment(auditor),
      cwd: folder,
    });
    await listenTo(watching)(/MATCH/);
    watching.child.kill();
    await watching.ended;
  });
});

/** What a process writes from now on, and waiting for some of it. */
function listenTo({ child }: Running): (what: RegExp) => Promise<string> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      text += chunk;
    });
  }
  return async (what) => {
    await expect.poll(() => text, { timeout: 30_000, interval: 50 }).toMatch(what);
    return what.exec(text)?.[0] as string;
  };
}
