// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { type Address, type Hex, stringToBytes, toHex, zeroHash } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { policyFault } from "../../../service/core/policy.ts";
import { checkContracts } from "../../../service/epoch/doctor/contracts.ts";
import { unrunnablePolicies } from "../../../service/epoch/policies.ts";
import type { RunEpochParams } from "../../../service/epoch/post-or-propose.ts";
import { repeatRoot } from "../../../service/epoch/repeat.ts";
import { runEpoch } from "../../../service/epoch/run.ts";
import { readStatus } from "../../../service/epoch/status.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import {
  activate,
  BUDGET,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  pass,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

const RIGHT =
  '{"guards":{"exclusions":[],"feeMatchBps":null,"minStake":"0"},"id":"work","params":{},"version":1}';
const MISSPELT = '{"version":1, "id":"wurk","params":{}}';
const NEWER = '{"id":"dutch","version":9}';

describe("a policy that nobody can run", () => {
  test.each([
    [MISSPELT, "$: differs from its canonical form", false],
    [` ${RIGHT}`, "$: differs from its canonical form at character 0", false],
    [RIGHT.replace("work", "caped"), "policy.id: unknown policy", false],
    [RIGHT.replace('"guards"', '"gards"'), "policy.guards: missing", false],
    ["not JSON", "$: not JSON in UTF-8", false],
    [NEWER, "policy", true],
  ])("is known by its bytes: %s", (text, reason, newer) => {
    const fault = policyFault(stringToBytes(text));
    expect(fault).toMatchObject({ newer, reason: expect.stringContaining(reason) });
    expect(fault?.hint).not.toBe("");
    expect(policyFault(stringToBytes(RIGHT))).toBeUndefined();
  });

  const segment = (fromEpoch: bigint, text: string) => ({
    ...{ fromEpoch, budget: 1n, policyHash: zeroHash, policy: stringToBytes(text) },
  });
  const found = (segments: Parameters<typeof unrunnablePolicies>[0], from: number, currentEpoch: number) =>
    unrunnablePolicies(segments, { from, currentEpoch });

  test("costs nothing if it is corrected before its first epoch is fixed", () => {
    const segments = [segment(0n, RIGHT), segment(9n, MISSPELT)];
    expect(found(segments, 5, 7)).toMatchObject([
      {
        ...{ first: 9, last: undefined },
        message: expect.stringContaining("the policy of the epochs from 9 on cannot be run: "),
        hint: expect.stringMatching(
          /add a segment from epoch 9 on .* before epoch 8 begins: .* nothing is lost$/,
        ),
      },
    ]);
    expect(found([...segments, segment(9n, RIGHT)], 5, 7)).toEqual([]);
  });

  test("costs the epochs that no later segment can govern, and no others", () => {
    const [late] = found([segment(0n, MISSPELT)], 0, 3);
    expect(late?.hint).toMatch(
      /add a segment from epoch 5 on .*; epochs 0 to 4 can never be computed: post the/,
    );
    const corrected = [segment(0n, MISSPELT), segment(5n, RIGHT)];
    expect(found(corrected, 4, 6)).toMatchObject([
      {
        first: 0,
        last: 4,
        hint: expect.stringMatching(/^epochs 0 to 4 can never be computed: post the root/),
      },
    ]);
    expect(found(corrected, 5, 6)).toEqual([]);
  });

  test("of a later version is left to a release that knows it", () => {
    expect(found([segment(0n, NEWER)], 0, 0)).toMatchObject([
      { newer: true, hint: "run a release that knows this version" },
    ]);
  });
});

describe("a distributor whose first policy nobody can run", () => {
  let network: TestSystem;
  let chain: Chain;
  let system: System;
  let params: RunEpochParams;
  let ada: Address;
  const folder = newFolder();

  beforeAll(async () => {
    network = await deploySystem(MISSPELT);
    chain = await connect({ rpcUrl: network.anvil.rpcUrl });
    system = await readSystem(chain, network.distributor);
    params = {
      ...{ chain, system, store: fileStore(folder), version: "test", log: () => undefined },
      open: stored(system, { dataDir: folder }),
      signer: signerFor(chain, { from: network.publisher }),
    };
    ada = network.accounts[0] as Address;
    await registerProver(network, ada, ether(5_000), 1_000n);
    await work(network, ada, ether(30), 1n);
  }, 60_000);

  afterAll(() => {
    network?.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const addSegment = (fromEpoch: bigint, policy: string) =>
    confirm(
      network.client,
      network.client.writeContract({
        ...{ account: network.owner, address: network.distributor, abi: iRewardDistributorAbi },
        functionName: "addSegment",
        args: [fromEpoch, BUDGET, toHex(policy)],
      }),
    );
  const env = () => ({
    PROVENDER_RPC_URL: network.anvil.rpcUrl,
    PROVENDER_DISTRIBUTOR: network.distributor,
    PROVENDER_DATA_DIR: folder,
  });

  // One chain and one story: each test goes on where the one before ended.
  test("is told of by status, doctor and the job, with the way out", async () => {
    await endEpoch(network);
    const message = expect.stringMatching(/^the policy of the epochs from 0 on cannot be run: \$: differs/);
    const hint = expect.stringMatching(/add a segment from epoch 3 on.*epochs 0 to 2 can never be computed/);
    expect((await readStatus(chain.client, system)).unrunnable).toMatchObject([{ message, hint }]);
    const findings = await checkContracts(chain.client, system);
    expect(findings.filter(({ check }) => check === "policy")).toEqual([
      { check: "policy", level: "problem", message, hint },
    ]);
    await expect(runEpoch(params)).rejects.toMatchObject({ code: "unrunnable", message, hint });
    const { code, stdout } = await cli(["epoch", "status"], { env: env() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^UNRUNNABLE: the policy of the epochs from 0 on cannot be run/m);
    expect(stdout).toMatch(/^due: epoch 0 has ended: run `provender epoch run --repeat --post`$/m);
  });

  test("is told of by what is stored of its logs, and by no other look at them", async () => {
    const { database, deployment } = await params.open();
    const { client } = chain;
    const asked: string[] = [];
    const watched = Object.assign(Object.create(client), {
      request(call: { readonly method: string }) {
        asked.push(call.method);
        return client.request(call as never);
      },
    });
    const { unrunnable } = await readStatus(watched, system);
    expect(asked.splice(0)).toEqual(["eth_getLogs"]);
    expect((await readStatus(watched, system, { database, deployment })).unrunnable).toEqual(unrunnable);
    expect(unrunnable).toMatchObject([{ first: 0, newer: false }]);
    expect(asked).toEqual([]);
  });

  test("goes on with what stood before its epochs, which is nothing, until a right policy begins", async () => {
    await addSegment(3n, RIGHT);
    await network.client.mine({ blocks: 3, interval: 1 });
    for (const epoch of [0, 1, 2]) {
      const run = await cli(["epoch", "run", "--repeat"], { env: env() });
      expect(run.stdout).toMatch(new RegExp(`^epoch ${epoch}: the policy of epochs 0 to 2 cannot be run`));
      expect(await repeatRoot(params)).toMatchObject({
        status: "posted",
        toPost: { epoch, root: system.domain, total: 0n, datasetHash: zeroHash },
      });
      // Auditors know the rule too: without them no root becomes active.
      await network.client.mine({ blocks: 3, interval: 1 });
      const from = ["--from", network.auditor];
      expect(await cli(["attest", "--epoch", String(epoch), ...from], { env: env() })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^MATCH /m),
      });
      await pass(network, 601n);
      if (epoch === 2) await work(network, ada, ether(30), 2n);
      await endEpoch(network);
    }
    const { stdout } = await cli(["audit", "--epoch", "0..2"], { env: env() });
    expect(stdout.match(/^MATCH /gm)).toHaveLength(3);
    await expect(repeatRoot(params)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/^epoch 3 can be computed/),
    });
    const { result, ...run } = await runEpoch(params);
    expect(run).toMatchObject({ status: "posted", toPost: { epoch: 3 } });
    // The budgets of the lost epochs are carried once, as every carry.
    expect(result.input.carry).toBe(BUDGET);
    expect(result.added).toBe(2n * BUDGET);
    await network.client.mine({ blocks: 3, interval: 1 });
    expect(await cli(["audit", "--epoch", "3"], { env: env() })).toMatchObject({ code: 0 });
    expect((await readStatus(chain.client, system)).unrunnable).toEqual([]);
  });

  test("is left alone where a later release may run it", async () => {
    await activate(network);
    await addSegment(6n, NEWER);
    for (const epoch of [4, 5]) {
      await endEpoch(network);
      expect(await runEpoch(params)).toMatchObject({ status: "posted", toPost: { epoch } });
      await activate(network);
    }
    await endEpoch(network);
    const newer = { hint: "run a release that knows this version" } as const;
    await expect(runEpoch(params)).rejects.toMatchObject({ code: "unrunnable", ...newer });
    await expect(repeatRoot(params)).rejects.toMatchObject({ code: "unrunnable", ...newer });
  });
});

test("a root under which the post names another dataset hash is no root that was posted already", async () => {
  const network = await deploySystem();
  const folder = newFolder();
  try {
    const chain = await connect({ rpcUrl: network.anvil.rpcUrl });
    const system = await readSystem(chain, network.distributor);
    const params = {
      ...{ chain, system, store: fileStore(folder), version: "test", log: () => undefined },
      open: stored(system, { dataDir: folder }),
    };
    await registerProver(network, network.accounts[0] as Hex, ether(5_000), 1_000n);
    await endEpoch(network);
    const { epoch, root, total, snapshot } = (await runEpoch(params)).toPost;
    const wrong = `0x${"77".repeat(32)}` as const;
    const args = [BigInt(epoch), root, total, wrong, snapshot.number, snapshot.hash] as const;
    await confirm(
      network.client,
      network.client.writeContract({
        ...{ account: network.publisher, address: network.distributor, abi: iRewardDistributorAbi },
        ...{ functionName: "postRoot", args },
      }),
    );
    const another = {
      code: "conflict",
      message: expect.stringContaining(
        `ANOTHER DATASET HASH IS POSTED for epoch 0, under the right root: the chain holds ${wrong}`,
      ),
    };
    await expect(runEpoch(params)).rejects.toMatchObject(another);
    // As it is once the post is final, and the database holds it.
    await network.client.mine({ blocks: 3, interval: 1 });
    await expect(runEpoch(params)).rejects.toMatchObject(another);
  } finally {
    network.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
