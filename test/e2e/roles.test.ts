// SPDX-License-Identifier: AGPL-3.0-only
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, type Hex, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { privateKeyOf } from "../../script/demo/cast.ts";
import { travelTo } from "../../script/demo/local-chain.ts";
import { rolesOf } from "../../script/demo/roles.ts";
import { prepare, type Stage } from "../../script/demo/setup.ts";
import { statementOf } from "../../script/devzk/machine.ts";
import { runUri } from "../../script/devzk/run.ts";
import { proverVaultAbi } from "../abi.ts";
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
  const program = stage.programs.development[0];
  if (program === undefined) throw new Error("the demo has no program");
  const run = { program: program.code, input: 7n };
  variables = {
    BACKEND: "node script/run.mjs script/devzk/main.ts",
    PROGRAM: program.programKey,
    DIGEST: statementOf(run.program, run.input).publicValuesDigest,
    INPUT: runUri(run),
    PROVER: stage.cast.provers[0]?.address as string,
  };
});

afterAll(() => {
  stage?.chain.stop();
  rmSync(folder, { recursive: true, force: true });
});

const environment = (account: Address): Record<string, string> => ({
  PROVENDER_RPC_URL: stage.chain.url,
  PROVENDER_DEPLOYMENT: stage.record,
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

async function pass(seconds: bigint): Promise<void> {
  const { timestamp } = await stage.chain.client.getBlock();
  await travelTo(stage.chain.client, timestamp + seconds);
}

describe("by the README's commands", () => {
  test("a prover joins, and a requester is served by it", async () => {
    const { viewer } = stage.cast;
    const [register, runNode, status, ...noMore] = commandsOf("a prover");
    expect(noMore).toEqual([]);
    const [provers, request, requests] = commandsOf("a requester");
    const joined = await run(viewer, register as string);
    expect(joined.stderr).toContain("will allow the registry");
    expect(joined.stderr).toMatch(
      /will register 0x\S+ with 1,000 PVD of its own at stake, a commission of 5 %/,
    );
    expect(joined.stdout).toMatch(/^is a prover; its vault is 0x/);

    const trusted = await run(viewer, provers as string);
    expect(trusted.stdout.match(/ active /g)).toHaveLength(6);
    const requester = stage.cast.requesters[0];
    const asked = await run(requester, request as string);
    const id = asked.stdout.split("\n")[0] as Hex;
    expect(asked.stderr).toContain("for at most 5 PVD, which are escrowed");

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
    expect((await run(requester, "npx provender refund")).stdout).toBe("paid: 3 PVD\n");

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
    expect((await run(viewer, "npx provender prover claim-commission")).stdout).toBe("paid: 0.09 PVD\n");
  });

  test("a prover changes its terms, names a submitter, leaves, and comes back", async () => {
    const { viewer, stakers } = stage.cast;
    const other = stakers[0]?.address as Address;
    const shown = async () => JSON.parse((await run(viewer, "npx provender prover status --json")).stdout);

    const lowered = await run(viewer, "npx provender prover set-commission 4 --for fees");
    expect(lowered.stderr).toContain("will set the commission of fees from 5 % to 4 %, at once");
    const raised = await run(viewer, "npx provender prover set-commission 12.5");
    expect(raised.stderr).toMatch(
      /from 5 % to 12.5 %, from 20.* \(in 2 d\) on, as every increase is announced/,
    );
    const { commission } = await shown();
    expect(commission).toMatchObject([
      { of: "default", bps: 500, nextBps: 1_250, nextAt: expect.stringMatching(/^\d+$/) },
      { of: "fees", bps: 400, nextAt: null },
    ]);
    await run(viewer, `npx provender prover set-payout ${other}`);
    expect((await shown()).payout).toBe(other);

    const named = await run(viewer, `npx provender prover submitter ${other}`);
    expect(named.stdout).toContain(
      `now the submitter, with its own key: \`provender prover submitter --accept ${viewer}\``,
    );
    const accepted = await run(other, `npx provender prover submitter --accept ${viewer}`);
    expect(accepted.stdout).toContain("both have agreed: run the node with its key and --prover");
    await run(viewer, `npx provender prover submitter ${other} --revoke`);

    const dry = await run(viewer, "npx provender prover top-up 50 --dry-run");
    expect(dry.stderr).toMatch(
      /would allow the vault.*\nwould deposit 50 PVD.*\ndry run: nothing was sent\n$/,
    );
    const topped = await run(viewer, "npx provender prover top-up 50000000000000000000 --wei");
    expect(topped.stdout).toMatch(/^own stake 1,049.9/);
    await run(viewer, "npx provender prover deactivate");
    expect((await shown()).state).toBe("inactive");
    await run(viewer, `npx provender exit ${viewer} all`);
    const back = await run(viewer, "npx provender prover activate");
    expect(back.stderr).toMatch(/will be active again with (499.99\d*|500) PVD/);
    expect(await shown()).toMatchObject({ state: "active", eligible: true });
    await pass(DAY + 1n);
    expect((await run(viewer, "npx provender redeem")).stdout).toMatch(
      /^paid: 1,049\.9\d* PVD \(\d+ wei\)\n$/,
    );
  });

  test("a requester takes back what nobody bids for, and is refunded what nobody proves", async () => {
    const requester = stage.cast.requesters[1];
    const ask = commandsOf("a requester")[1] as string;
    const asked = async () => (await run(requester, ask)).stdout.split("\n")[0] as Hex;
    const [cancelled, overdue] = [await asked(), await asked()];
    const taken = await run(requester, `npx provender refund ${cancelled}`);
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
    const staked = await run(viewer, stake as string);
    expect(staked.stderr).toContain("by permit through the deposit router");
    expect(staked.stdout).toMatch(
      /^got 100 shares for 100 PVD; nothing of the vault is locked now; to leave takes 1 d/,
    );
    const more = await run(viewer, `${stake} --no-permit`);
    expect(more.stderr).toContain("will allow the vault");

    const shown = JSON.parse((await run(viewer, positions as string, { more: ["--json"] })).stdout);
    const own = shown.positions.find(({ prover }: { prover: string }) => prover === variables.PROVER);
    expect(own).toMatchObject({
      shares: String(parseEther("200")),
      value: String(parseEther("200")),
      gain: "0",
    });
    expect((await run(viewer, positions as string)).stdout).toMatch(/active +200 +200 +0 +0 +– +0$/m);

    const part = await run(viewer, `npx provender exit ${variables.PROVER} 50`);
    expect(part.stdout).toMatch(/^leaves: 50 PVD, due 20.*\(in 1 d\); then `provender redeem 0x/);
    await run(viewer, exit as string);
    const waiting = await run(viewer, "npx provender exits");
    expect(waiting.stdout.match(/waits$/gm)).toHaveLength(2);
    expect(waiting.stdout).toMatch(/ 50 +20.* \(in (1 d|23 h 59 min)\) +waits/);
    await pass(DAY + 1n);
    expect((await run(viewer, "npx provender exits")).stdout.match(/redeem now$/gm)).toHaveLength(2);
    expect((await run(viewer, "npx provender redeem")).stdout).toBe("paid: 200 PVD\n");
    expect((await run(viewer, "npx provender exits")).stdout).toContain(
      "has asked for no exit that is not paid",
    );
    const vault = stage.vaults.get("Ada") as Address;
    const of = { address: vault, abi: proverVaultAbi } as const;
    const left = { ...of, functionName: "balanceOf", args: [viewer] } as const;
    expect(await stage.chain.client.readContract(left)).toBe(0n);
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
    const owner = roles.find(({ who }) => who === "as the owner");
    expect(owner?.account).toBe(stage.cast.owner);
    for (const command of owner?.commands ?? []) await run(stage.cast.owner, `npx provender ${command}`);
  });

  test("the foundation deploys, posts an epoch, and serves it", async () => {
    const { owner, publisher } = stage.cast;
    const [deploy, post, serve, ...noMore] = commandsOf("the foundation");
    expect(noMore).toEqual([]);
    copyFileSync(join(stage.folder, "deploy.json"), join(folder, "deploy.json"));
    expect(
      (await run(owner, deploy as string, { env: { PROVENDER_DEPLOYMENT: "own.json" } })).stdout,
    ).toMatch(/distributor +0x/);
    await pass(DAY);
    await stage.chain.client.mine({ blocks: 3, interval: 12 });
    expect((await run(publisher, post as string)).stdout).toMatch(/posted/);
    const server = start([...argumentsOf(serve as string, variables), "--port", "0"], {
      env: environment(publisher),
      cwd: folder,
    });
    await listenTo(server)(/listening on http/);
    server.child.kill();
    await server.ended;
  });

  test("an auditor comes to a verdict, attests, and goes on by itself", async () => {
    const { auditor } = stage.cast;
    const [audit, attest, watch, ...noMore] = commandsOf("an auditor");
    expect(noMore).toEqual([]);
    expect((await run(auditor, audit as string)).stdout).toMatch(/^MATCH/m);
    expect((await run(auditor, attest as string)).stdout).toMatch(/attested/);
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
function listenTo({ child }: Running): (what: RegExp) => Promise<void> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      text += chunk;
    });
  }
  return (what) => expect.poll(() => text, { timeout: 30_000, interval: 50 }).toMatch(what);
}
