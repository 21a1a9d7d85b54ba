// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { newFolder } from "../service/helpers/folder.ts";

// Several minutes where other work is going on.
vi.setConfig({ testTimeout: 900_000 });

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// As npm would start it, so that what is killed is the demo itself.
const COMMAND = ["script/run.mjs", "script/demo/main.ts"];
const folder = newFolder();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(...flags: string[]) {
  const child = spawn(process.execPath, [...COMMAND, ...flags], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const demo = { child, text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      demo.text += chunk;
    });
  }
  return demo;
}

/** Everything that runs on the chain of a demo: its nodes and its API have the address among their arguments. */
function processesOn(rpcUrl: string): string[] {
  const all = execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" });
  return all.split("\n").filter((line) => line.includes(rpcUrl));
}

const rpcUrlIn = (text: string) => /--rpc (http:\S+)/.exec(text)?.[1] as string;
const answers = (url: string) =>
  fetch(url, { method: "POST" }).then(
    () => true,
    () => false,
  );

test("the demo shows an epoch from requests to a staker's exit, and leaves nothing running", async () => {
  const demo = start("--ci", "--data-dir", join(folder, "whole"));
  const [code] = await once(demo.child, "close");
  expect(code, demo.text).toBe(0);
  for (const shown of [
    /Eve bids without collateral: refused, InsufficientCollateral/,
    /Ben's node is started again: [\d.]+ s later it has found all 21 bids on its disk and opened them/,
    /^ +network, for another +Ben 200, Cleo 300 +Ben +300$/m,
    /fibonacci \(Pico v1.0\): verified, Ada is paid 400 PVD, and counts as 400 PVD of work/,
    /attestation \(Pico v1.1\): verified, Ben is paid 350 PVD/,
    /network, for another \(Pico v1.2.2\): verified, Ben is paid 300 PVD/,
    /application \(SP1 v4\): verified, Cleo is paid 280 PVD, and counts as 308 PVD of work, 1.1 × the fee/,
    /verified, Ada is paid 400 PVD, and counts nothing/,
    /16 zk proofs were made on the spot/,
    /^ +0x\w+…\w+ +[01] +400 +40 +\d[\d.]* +–$/m,
    /[\d.]+ PVD of rewards, for work that brought [\d.]+ PVD of protocol fees/,
    /one bit changed: refused, InvalidProof/,
    /is refunded 600 PVD, and 600 PVD of the stake in Dan's vault are slashed/,
    /^ +MATCH \(\d+ requests, \d+ calls, [\d.]+ s\)$/m,
    /any claim before that: refused, NoActiveRoot/,
    /1 PVD more: refused, InvalidMerkleProof/,
    /taking it out at once: refused, ExceedsClaimable/,
    /a day later [\d,.]+ PVD are paid out/,
    /everything came out as it must/,
  ]) {
    expect(demo.text).toMatch(shown);
  }
  const rpcUrl = rpcUrlIn(demo.text);
  await expect.poll(() => processesOn(rpcUrl)).toEqual([]);
  expect(await answers(rpcUrl)).toBe(false);
});

test("killed in the middle, the demo takes its chain and its provers' nodes along", async () => {
  const demo = start("--data-dir", join(folder, "killed"));
  const reached = () => demo.text.includes("nodes are watching the market");
  await expect.poll(() => reached() || demo.child.exitCode !== null, { timeout: 600_000 }).toBe(true);
  expect(reached(), demo.text).toBe(true);
  const rpcUrl = rpcUrlIn(demo.text);
  expect(processesOn(rpcUrl).length).toBeGreaterThanOrEqual(5);
  expect(await answers(rpcUrl)).toBe(true);
  demo.child.kill("SIGKILL");
  await once(demo.child, "close");
  await expect.poll(() => processesOn(rpcUrl), { timeout: 60_000 }).toEqual([]);
  expect(await answers(rpcUrl)).toBe(false);
});

test("the demo refuses flags that it has not, and a folder that holds something", () => {
  const run = (...flags: string[]) =>
    spawnSync(process.execPath, [...COMMAND, ...flags], { cwd: ROOT, encoding: "utf8" });
  const unknown = run("--fast");
  expect([unknown.status, unknown.stdout, unknown.stderr]).toEqual([
    2,
    "",
    "error: unknown option '--fast'\n",
  ]);
  const kept = join(folder, "kept");
  writeFileSync(kept, "");
  const full = run("--ci", "--data-dir", folder);
  expect(full.status).toBe(1);
  expect(full.stderr).toContain(`--data-dir: ${folder} is not empty; give a folder that is, or a new one`);
  expect(existsSync(kept)).toBe(true);
});
