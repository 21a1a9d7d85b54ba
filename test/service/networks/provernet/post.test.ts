// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../../helpers/cli.ts";
import { newFolder } from "../../helpers/folder.ts";
import { configOf, readHistory, type Script, type Scripted, scriptOf, serveScript } from "./scripted.ts";

const history = readHistory();
const { stakingController, vaultFactory, token, epochRewards, market } = history.contracts;
const SAFE = `0x${"5a".repeat(20)}`;
const folder = newFolder();
let endpoint: Scripted;
/** Whether EpochRewards takes the simple proof. */
let simple = true;
let role = true;

/** Epoch 1 is over, and nothing is set yet. */
const script: Script = {
  ...scriptOf(history),
  blocks: history.blocks.slice(0, 198),
  logs: history.logs.filter(({ blockNumber }) => blockNumber < 198),
  views: (to, name) => {
    if (name === "stakingToken") return token;
    if (name === "vaultFactory") return vaultFactory;
    if (name === "stakingController")
      return to === market || to === epochRewards ? stakingController : undefined;
    if (name === "vkHash") return `0x${"ab".repeat(32)}`;
    if (name === "hasRole") return role;
    if (name === "setRewards" && simple) return null;
    return undefined;
  },
};
delete (script as { stateAt?: number }).stateAt;

beforeAll(async () => {
  endpoint = await serveScript(script);
  writeFileSync(join(folder, "network.json"), JSON.stringify(configOf(history)));
  const policy = {
    ...{ version: 2, id: "work", params: {}, programs: null, guards: { exclusions: [], minStake: "0" } },
    campaigns: [{ requesters: null, partBps: 10_000, feeMatch: null }],
  };
  writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
});
afterAll(() => {
  endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(words: string[], env: Record<string, string> = {}) {
  const network = ["--network", "provernet", "--network-config", "network.json", "--rpc", endpoint.rpcUrl];
  const epoch = ["--epoch", "1", "--policy", "policy.json", "--json"];
  const { code, stdout, stderr } = await cli([...words, ...epoch, ...network, "--data-dir", "data"], {
    cwd: folder,
    env,
  });
  return { code, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}

const safe = ["epoch", "run", "--output", "epoch-rewards", "--safe", "safe.json", "--safe-address", SAFE];

test("a Safe is given the calls of setRewards, with the simple proof", async () => {
  const { code, stderr, json } = await run(safe);
  expect(code, stderr).toBe(0);
  expect(json).toMatchObject({ status: "proposed", added: "100000000000000000000000" });
  const [call] = JSON.parse(readFileSync(join(folder, "safe.json"), "utf8")).transactions;
  expect(call.contractMethod.name).toBe("setRewards");
  expect(call.contractInputsValues.circuitOutput).toBe(json.chunks[0].circuitOutput);
  expect(call.contractInputsValues.proof.slice(-64)).toBe("ab".repeat(32));
  // The artifact is kept under its hash.
  expect(readFileSync(join(folder, "data", "artifacts", `${json.datasetHash}.json`), "utf8")).toContain(
    "provender.artifact/2",
  );
});

test("where the proof contract is of another kind, or the role is missing, there are bytes only", async () => {
  simple = false;
  const refused = await run(safe);
  expect(refused.json).toMatchObject({
    status: "bytes-only",
    reason: expect.stringContaining("its own circuit"),
  });
  [simple, role] = [true, false];
  const without = await run(safe);
  expect(without.json).toMatchObject({
    status: "bytes-only",
    reason: expect.stringContaining("REWARD_UPDATER_ROLE"),
  });
  role = true;
});

test("nothing is set before the named auditors have signed what was computed", async () => {
  const key = generatePrivateKey();
  const auditor = privateKeyToAccount(key).address;
  writeFileSync(join(folder, "auditors.json"), JSON.stringify([auditor]));
  const needs = [...safe, "--require-attestations", "1", "--auditors", "auditors.json"];
  const early = await run(needs);
  expect([early.code, early.stderr]).toEqual([4, expect.stringContaining("0 of the named auditors")]);
  expect((await run(["attest", "--sign", "signed.json"], { PROVENDER_PRIVATE_KEY: key })).code).toBe(0);
  const { code, stderr } = await run([...needs, "--attestations", "signed.json"]);
  expect(code, stderr).toBe(0);
});
