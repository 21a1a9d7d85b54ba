// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { importKey } from "../helpers/keystore.ts";
import {
  deploySystem,
  endEpoch,
  ether,
  pass,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

/** Those of Anvil's second and fourth account: the publisher and the auditor. */
const PUBLISHER = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const AUDITOR = "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6";
const MALFORMED = "5ec4e7".repeat(11);
const PASSWORD = "hush-hush-4711";
const WRONG_PASSWORD = "not-the-one-0815";
/** As providers put it into URLs. */
const API_KEY = "k3yofaprovider";
const SECRETS = [PUBLISHER, AUDITOR, MALFORMED, PASSWORD, WRONG_PASSWORD, API_KEY];

let network: TestSystem;
const secrets = newFolder();
const data = newFolder();
let said = "";

beforeAll(async () => {
  network = await deploySystem();
  importKey(secrets, "publisher", `0x${PUBLISHER}`, PASSWORD);
  writeFileSync(join(secrets, "password"), PASSWORD);
  writeFileSync(join(secrets, "wrong"), WRONG_PASSWORD);
  const ada = network.accounts[0] as `0x${string}`;
  await registerProver(network, ada, ether(5_000), 1_000n);
  await work(network, ada, ether(30), 1n);
  await endEpoch(network);
}, 60_000);

afterAll(() => {
  network?.anvil.stop();
  for (const folder of [secrets, data]) rmSync(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], env: Record<string, string> = {}, rpc = network.anvil.rpcUrl) {
  const where = ["--rpc", rpc, "--distributor", network.distributor, "--data-dir", data];
  const { code, stdout, stderr } = await cli([...args, ...where], {
    env: { PROVENDER_DEBUG: "1", ...env },
  });
  said += stdout + stderr;
  return code;
}

test("no key, password or URL of a provider is ever printed or written, whatever works or fails", async () => {
  const file = (name: string) => join(secrets, name);
  const keystore = ["--keystore", file("publisher"), "--password-file"];
  const auditor = { PROVENDER_PRIVATE_KEY: `0x${AUDITOR}` };
  const signing = [["epoch", "run", "--post"], ["attest", "--epoch", "0"], ["claim", "--all"], ["doctor"]];
  const down = `http://127.0.0.1:1/${API_KEY}`;
  for (const command of signing) {
    expect(await run([...command, ...keystore, file("wrong")]), command.join(" ")).not.toBe(0);
    expect(await run(command, { PROVENDER_PRIVATE_KEY: `0x${MALFORMED}` }), command.join(" ")).not.toBe(0);
    expect(await run(command, { ...auditor }, down)).toBe(3);
  }
  // The wrong account, one that cannot pay, and a keystore for a password.
  expect(await run(["epoch", "run", "--post"], auditor)).toBe(1);
  const { client, publisher } = network;
  await client.setBalance({ address: publisher, value: 1n });
  expect(await run(["epoch", "run", "--post", ...keystore, file("password")])).toBe(1);
  await client.setBalance({ address: publisher, value: ether(10) });
  expect(
    await run([
      "epoch",
      "run",
      "--post",
      "--keystore",
      file("password"),
      ...keystore.slice(2),
      file("password"),
    ]),
  ).toBe(2);

  expect(await run(["epoch", "run", "--post", "--json", ...keystore, file("password")])).toBe(0);
  expect(await run(["attest", "--epoch", "0", "--json"], auditor)).toBe(0);
  await pass(network, 601n);
  expect(await run(["claim", "--all", "--json", ...keystore, file("password")])).toBe(0);

  const written = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  expect(written.length).toBeGreaterThan(2);
  const shown = [said, ...written].join("\n").toLowerCase();
  expect(shown).toContain("the password does not open it");
  for (const secret of SECRETS) expect(shown).not.toContain(secret.toLowerCase());
}, 120_000);
