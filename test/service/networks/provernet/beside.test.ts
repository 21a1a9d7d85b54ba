// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, parseEventLogs } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { iProverNetAdapterAbi } from "../../../../service/chain/abi.ts";
import { cli } from "../../helpers/cli.ts";
import { newFolder } from "../../helpers/folder.ts";
import { confirm, ether, pass } from "../../helpers/system.ts";
import {
  call,
  finalize,
  type LiveNetwork,
  liveConfig,
  networkAbi,
  serve,
  startNetwork,
  WORK_POLICY,
} from "./live.ts";

const DAY = 86_400n;
const BUDGET = ether(1_000);
let network: LiveNetwork;
let folder: string;
let adapter: Address;
let distributor: Address;
let publisher: Address;
let auditor: Address;

/** Three provers, and our own distributor beside their network, whose epochs are days. */
beforeAll(async () => {
  network = await startNetwork(3);
  folder = newFolder();
  [publisher, auditor] = network.others as [Address, Address];
  const config = {
    schema: "provender.deploy-adapter/1",
    chainId: 31_337,
    stakingController: network.controller,
    roles: { owner: network.owner, guardian: network.others[3], publisher, auditors: [auditor] },
    clock: { clockStart: "now", epochLength: Number(DAY) },
    distributor: {
      ...{ challengeWindow: 3_600, quorum: 1, allowZeroQuorum: false, budget: String(BUDGET) },
      policy: JSON.stringify({
        campaigns: WORK_POLICY.campaigns.map(({ feeMatch, partBps, requesters }) => ({
          ...{ feeMatch, partBps, requesters },
        })),
        guards: { exclusions: [], minStake: "0" },
        ...{ id: "work", params: {}, programs: null, version: 2 },
      }),
    },
  };
  writeFileSync(join(folder, "adapter.json"), JSON.stringify(config));
  const deploy = ["deploy", "--config", "adapter.json", "--out", "deployment.json", "--from", network.owner];
  const { code, stderr } = await cli([...deploy, "--rpc", network.anvil.rpcUrl], { cwd: folder });
  expect(code, stderr).toBe(0);
  ({ adapter, distributor } = JSON.parse(readFileSync(join(folder, "deployment.json"), "utf8")));
  writeFileSync(join(folder, "network.json"), JSON.stringify(liveConfig(network, distributor)));
  await call(network, network.owner, network.token, "mint", distributor, BUDGET * 5n);
}, 120_000);

afterAll(() => {
  network?.anvil.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

async function run(...words: string[]) {
  const where = ["--network", "provernet", "--network-config", "network.json", "--rpc", network.anvil.rpcUrl];
  const { code, stdout, stderr } = await cli([...words, ...where, "--json", "--data-dir", "data"], {
    cwd: folder,
  });
  return { code, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}

const beside = ["--output", "distributor"];

async function nextDay(): Promise<void> {
  await pass(network, DAY);
  await finalize(network);
}

const balance = (of: Address) =>
  network.client.readContract({
    ...{ address: network.token, abi: networkAbi, functionName: "balanceOf", args: [of] },
  });

/** Posted, attested, and past its window. */
async function settle(epoch: number): Promise<void> {
  const posted = await run(
    "epoch",
    "run",
    ...beside,
    "--epoch",
    String(epoch),
    "--post",
    "--from",
    publisher,
  );
  expect(posted.code, posted.stderr).toBe(0);
  expect(posted.json.status).toBe("posted");
  await finalize(network);
  const attested = await run("attest", ...beside, "--epoch", String(epoch), "--from", auditor);
  expect(attested.code, attested.stderr).toBe(0);
  expect(attested.json).toMatchObject({ outcome: "attested", audit: { verdict: "match" } });
  await pass(network, 3_601n);
  await finalize(network);
}

test("a day's work is posted to our distributor, audited, attested, claimed, and paid into vaults in the same transaction", async () => {
  const { client, controller, provers, others } = network;
  const [first, second, third] = provers as [Address, Address, Address];
  // A fifth of what the distributor pays is the second's own; of other sources nothing.
  await call(network, second, controller, "setCommissionRate", distributor, 2_000n);
  await nextDay();
  await serve(network, first, 1, 10);
  await serve(network, second, 2, 30);
  // The same statement for the same requester counts as far as it is more.
  await serve(network, third, 2, 40);
  await nextDay();
  const dry = await run("epoch", "run", ...beside, "--epoch", "1");
  expect(dry.code, dry.stderr).toBe(0);
  expect(dry.json.provers.map(({ amount }: { amount: string }) => BigInt(amount))).toEqual(
    [10n, 30n, 10n].map((part) => (BUDGET * part) / 50n),
  );
  await settle(0);
  await settle(1);
  // From nothing but an endpoint, and of an epoch that stands by now.
  const audited = await run("audit", ...beside, "--epoch", "1");
  expect(audited.json).toMatchObject({ verdict: "match", recomputed: { fulfilments: 3 } });

  // Somebody who is jailed meanwhile is paid all the same.
  await call(network, network.owner, controller, "setState", third, 3);
  const vaults = await Promise.all(
    provers.map((prover) =>
      client.readContract({
        ...{ address: controller, abi: networkAbi, functionName: "getProverVault", args: [prover] },
      }),
    ),
  );
  const before = await Promise.all([...vaults, second].map(balance));
  // The leaves are computed again where nobody has kept them.
  rmSync(join(folder, "data"), { recursive: true });
  const claimed = await run("claim", "--all", "--from", others[2] as Address);
  expect(claimed.code, claimed.stderr).toBe(0);
  const [hash] = claimed.json.transactions;
  const { logs, to } = await client.getTransactionReceipt({ hash });
  expect(to?.toLowerCase()).toBe(adapter.toLowerCase());
  expect(parseEventLogs({ abi: iProverNetAdapterAbi, logs, eventName: "Paid" })).toHaveLength(3);
  const after = await Promise.all([...vaults, second].map(balance));
  const gains = after.map((amount, i) => amount - (before[i] as bigint));
  const rewards = dry.json.provers.map(({ amount }: { amount: string }) => BigInt(amount));
  const commission = rewards[1] / 5n;
  expect(gains).toEqual([rewards[0], rewards[1] - commission, rewards[2], commission]);
  expect(await balance(adapter)).toBe(0n);
});

test("a root that does not follow from the network's logs is a mismatch, and names the amounts", async () => {
  const { client, provers } = network;
  await serve(network, provers[0] as Address, 5, 10);
  await nextDay();
  const { iRewardDistributorAbi } = await import("../../../../service/chain/abi.ts");
  const at = { address: distributor, abi: iRewardDistributorAbi } as const;
  const { cumulativeTotal } = await client.readContract({ ...at, functionName: "activePost" });
  const block = await client.getBlock();
  const word = `0x${"12".repeat(32)}` as const;
  const args = [2n, word, cumulativeTotal + 5n, word, block.number - 1n, block.parentHash] as const;
  await confirm(client, client.writeContract({ ...at, functionName: "postRoot", args, account: publisher }));
  await finalize(network);
  const { code, json, stderr } = await run("audit", ...beside, "--epoch", "2");
  expect([code, json?.verdict], stderr).toEqual([1, "mismatch"]);
  expect(await run("attest", ...beside, "--epoch", "2", "--from", auditor)).toMatchObject({ code: 1 });
  // The job says so too, and sends nothing.
  const job = await run("epoch", "run", ...beside, "--epoch", "2", "--post", "--from", publisher);
  expect([job.code, job.stderr]).toEqual([1, expect.stringContaining("ANOTHER ROOT IS POSTED")]);
});

test("without the network's configuration, or with another network's, nothing is computed", async () => {
  const plain = ["epoch", "run", "--epoch", "0", "--rpc", network.anvil.rpcUrl, "--distributor", distributor];
  const alone = await cli([...plain, "--data-dir", "alone"], { cwd: folder });
  expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("stands beside another network")]);
  writeFileSync(join(folder, "none.json"), JSON.stringify(liveConfig(network)));
  const none = ["--network", "provernet", "--network-config", "none.json", "--rpc", network.anvil.rpcUrl];
  const { code, stderr } = await cli(["claim", "--all", ...none, "--data-dir", "none"], { cwd: folder });
  expect([code, stderr]).toEqual([2, expect.stringContaining("distributor is null")]);
});

test("the doctor looks at wiring, quorum, funds and posts, and says that nothing vests", async () => {
  const looked = await run("doctor");
  const of = (check: string) => looked.json.filter((finding: { check: string }) => finding.check === check);
  expect(of("contracts")).toMatchObject([
    { level: "ok", message: "the contracts answer, and belong together" },
    { level: "ok", message: "distributor, registry and market name each other" },
    { level: "warning", message: expect.stringMatching(/does not vest.*pays in the same transaction/) },
  ]);
  expect(of("quorum")).toMatchObject([{ level: "ok" }]);
  expect(of("funding")).toMatchObject([
    { level: "warning", message: expect.stringMatching(/cover \d epochs.*fund the next ones/) },
  ]);
  // The root of the test before is still there.
  expect(of("posts")).toContainEqual(
    expect.objectContaining({ level: "problem", message: expect.stringContaining("ANOTHER ROOT") }),
  );
  expect(looked.code).toBe(1);
  // By itself it is told what to give.
  const plain = ["doctor", "--rpc", network.anvil.rpcUrl, "--distributor", distributor, "--data-dir", "data"];
  const alone = await cli(plain, { cwd: folder });
  expect(alone.stdout).toContain("give --network and --network-config");
});
