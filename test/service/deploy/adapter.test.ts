// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeDeployData } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Address } from "../../../service/core/types.ts";
import { readArtifact } from "../../../service/deploy/artifacts.ts";
import { readAnyDeployConfig } from "../../../service/deploy/config.ts";
import { type Anvil, startAnvil } from "../helpers/anvil.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { withField } from "../helpers/with-field.ts";

const EXAMPLE = readFileSync(
  fileURLToPath(new URL("../../../script/deploy-adapter.example.json", import.meta.url)),
  "utf8",
);
const PLACE = { chainId: 31_337n, timestamp: 1_800_000_000n };

/** The example with `value` at a dotted path, or without that field. */
const edited = (path: string, value: unknown) => JSON.stringify(withField(EXAMPLE, path, value));

it("a config of an adapter becomes what its constructor is given", () => {
  expect(readAnyDeployConfig(EXAMPLE, PLACE)).toMatchObject({
    timelock: undefined,
    adapter: {
      stakingController: "0x9c0d8c5f10f0d3a02d04556a4499964a75dbf4a3",
      owner: "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
      clockStart: PLACE.timestamp,
      epochLength: 604_800n,
    },
    distributor: { quorum: 1n, challengeWindow: 86_400n },
  });
});

it.each<[string, unknown, string]>([
  ["stakingController", undefined, "stakingController: is missing"],
  ["stakingController", "me", "stakingController: is not an address"],
  ["token", "dev", "token: is not a known field"],
  ["roles.treasury", `0x${"1".repeat(40)}`, "roles.treasury: is not a known field"],
  ["clock.epochLength", 3_599, "clock.epochLength: 3599 is not within 3600 to 7776000"],
  ["clock.clockStart", 1_800_000_001, "clock.clockStart: is in the future"],
  ["chainId", 1, "chainId: 1, but this chain's is 31337"],
  [
    "distributor.challengeWindow",
    151_201,
    "distributor.challengeWindow: 151201 is above 151200, a quarter of clock.epochLength",
  ],
  ["distributor.quorum", 3, "distributor.quorum: is more than there are roles.auditors"],
])("a config of an adapter with %s %o is refused by the field's name", (path, value, message) => {
  const act = () => readAnyDeployConfig(edited(path, value), PLACE);
  expect(act).toThrow(expect.objectContaining({ message: `deploy config: ${message}` }));
});

describe("deploying an adapter", () => {
  const controller = `0x${"c0".repeat(20)}` as Address;
  let anvil: Anvil;
  let owner: Address;
  let token: Address;

  beforeAll(async () => {
    anvil = await startAnvil();
    [owner] = (await anvil.client.getAddresses()) as [Address];
    const { abi, bytecode } = readArtifact("DevToken");
    const data = encodeDeployData({ abi, bytecode });
    const hash = await anvil.client.sendTransaction({ account: owner, data, chain: null });
    const receipt = await anvil.client.waitForTransactionReceipt({ hash });
    token = receipt.contractAddress as Address;
  });

  afterAll(() => anvil?.stop());

  /** Deploys from the command line, with a controller that says `word` whatever it is asked. */
  async function deploy(word: string, out: string, ...more: readonly string[]) {
    // push20 word; mstore; return 32 bytes
    await anvil.client.setCode({ address: controller, bytecode: `0x73${word.slice(2)}5f5260205ff3` });
    const config = join(temporaryFolder(), "adapter.json");
    writeFileSync(config, edited("stakingController", controller));
    return cli(["deploy", "--config", config, "--rpc", anvil.rpcUrl, "--from", owner, "--out", out, ...more]);
  }

  it("writes a record with the network's token, which other commands start from", async () => {
    const out = join(temporaryFolder(), "deployment.json");
    const { code, stderr } = await deploy(token, out);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const record = JSON.parse(readFileSync(out, "utf8"));
    expect(Object.keys(record)).toEqual([
      ...["schema", "chainId", "startBlock", "token", "adapter", "distributor"],
    ]);
    expect(record.token.toLowerCase()).toBe(token);
    const ask = (contract: string, address: Address, functionName: string) =>
      anvil.client.readContract({ address, abi: readArtifact(contract).abi, functionName });
    expect(await ask("RewardDistributor", record.distributor, "registry")).toBe(record.adapter);
    expect(await ask("RewardDistributor", record.distributor, "market")).toBe(record.adapter);
    expect(await ask("ProverNetAdapter", record.adapter, "distributor")).toBe(record.distributor);
    expect(String(await ask("ProverNetAdapter", record.adapter, "stakingController")).toLowerCase()).toBe(
      controller,
    );
  });

  it("writes the compiler's input of the adapter and its distributor, and of nothing that is not there", async () => {
    const folder = temporaryFolder();
    const flags = ["--dry-run", "--standard-json", folder];
    expect(await deploy(token, join(folder, "none"), ...flags)).toMatchObject({ code: 0 });
    expect(readdirSync(folder).toSorted()).toEqual(["ProverNetAdapter.json", "RewardDistributor.json"]);
  });

  it("has the owner's commands that an adapter has, and no others", async () => {
    const out = join(temporaryFolder(), "deployment.json");
    expect(await deploy(token, out)).toMatchObject({ code: 0 });
    const guardian = `0x${"1".repeat(40)}`;
    const admin = (...args: string[]) => cli(["admin", ...args, "--rpc", anvil.rpcUrl, "--deployment", out]);
    expect(await admin("set-guardian", guardian)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`→ ${guardian}, at once`),
    });
    expect(await admin("set-quorum", "2")).toMatchObject({ code: 0 });
    expect(await admin("list-market", guardian)).toMatchObject({
      code: 2,
      stderr:
        "error: this deployment's registry is an adapter for another network, which has no listMarket; use that network's own tools\n",
    });
  });

  it("refuses a controller without a token, and one whose token is none", async () => {
    const out = join(temporaryFolder(), "deployment.json");
    expect(await deploy(owner, out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("deploy config: token: has no code on this chain"),
    });
    await anvil.client.setCode({ address: controller, bytecode: "0x5f5ffd" });
    const config = join(temporaryFolder(), "adapter.json");
    writeFileSync(config, edited("stakingController", controller));
    const flags = ["--config", config, "--rpc", anvil.rpcUrl, "--from", owner, "--out", out];
    expect(await cli(["deploy", ...flags])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("stakingController: does not say its stakingToken()"),
    });
  });
});
