// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, type Hex, toEventSelector } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunksOf, simpleProof } from "../../../../service/networks/provernet/output.ts";
import { cli } from "../../helpers/cli.ts";
import { newFolder } from "../../helpers/folder.ts";
import { ether } from "../../helpers/system.ts";
import {
  call,
  EPOCH,
  endOf,
  type LiveNetwork,
  liveConfig,
  serve,
  startNetwork,
  WORK_POLICY,
} from "./live.ts";
import {
  configOf,
  readHistory,
  type Script,
  type Scripted,
  type ScriptedLog,
  scriptOf,
  serveScript,
} from "./scripted.ts";

let folder: string;
beforeAll(() => {
  folder = newFolder();
  writeFileSync(join(folder, "policy.json"), JSON.stringify(WORK_POLICY));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function audit(rpc: string, file: string, epoch: number, ...more: string[]) {
  const where = ["--network", "provernet", "--network-config", file, "--rpc", rpc, "--json"];
  const words = ["audit", "--epoch", String(epoch), ...more, ...where];
  const { code, stdout, stderr } = await cli(words, { cwd: folder });
  expect(stdout, stderr).not.toBe("");
  return { code, ...JSON.parse(stdout) };
}

describe("what is wrong whatever the rule", () => {
  const history = readHistory();
  const { epochRewards, stakingController } = history.contracts;
  const P1 = Object.keys(history.names).find((one) => history.names[one] === "P1") as Hex;
  const whole = scriptOf(history);
  let endpoint: Scripted;
  beforeAll(async () => {
    endpoint = await serveScript(whole);
    writeFileSync(join(folder, "recorded.json"), JSON.stringify(configOf(history)));
  });
  afterAll(() => endpoint.close());

  const ADDED = toEventSelector("event RewardsAdded(address,address,uint256,uint256,uint256)");
  const CONFIG = toEventSelector("event EpochConfigSet(uint32,uint64,uint64,uint256)");
  const isPayment = ({ address, topics }: ScriptedLog) =>
    address === stakingController &&
    topics[0] === ADDED &&
    topics[1]?.slice(26) === P1.slice(2) &&
    topics[2]?.slice(26) === epochRewards.slice(2);

  test.each<[string, (script: Script) => Script, RegExp]>([
    [
      "more is set than the epoch may pay",
      (script) => ({
        ...script,
        logs: script.logs.map((log) =>
          log.address === epochRewards && log.topics[0] === CONFIG
            ? { ...log, data: `${log.data.slice(0, -64)}${"1".padStart(64, "0")}` as Hex }
            : log,
        ),
      }),
      /set in sum, above the epoch's maximum of 1 wei/,
    ],
    [
      "the contract holds another amount than was logged",
      (script) => ({
        ...script,
        views: (to, name, args) =>
          name === "epochProverRewards" && (args[1] as string).toLowerCase() === P1
            ? [5n, true]
            : script.views(to, name, args),
      }),
      /the logs set \d+ wei for 0x\w+, the contract holds 5 wei/,
    ],
    [
      "a payment is in state, and in no log",
      (script) => ({ ...script, logs: script.logs.filter((log) => !isPayment(log)) }),
      /was paid \d+ wei, which no log says/,
    ],
    [
      "a payment is logged, and not in state",
      (script) => ({
        ...script,
        views: (to, name, args) => {
          const held = script.views(to, name, args) as readonly [bigint, boolean];
          return name === "epochProverRewards" ? [held[0], false] : held;
        },
      }),
      /paid \d+ wei by the logs, and not by the contract/,
    ],
    [
      "one amount is paid twice",
      (script) => {
        const paid = script.logs.find(isPayment) as ScriptedLog;
        const again = { ...paid, blockNumber: 290, logIndex: 900 };
        return { ...script, logs: [...script.logs, again] };
      },
      /paid \d+ wei 2 times, and set them 1 times/,
    ],
  ])("%s", async (_, lie, says) => {
    endpoint.script = lie(whole);
    const { code, verdict, findings } = await audit(endpoint.rpcUrl, "recorded.json", 1);
    expect([code, verdict]).toEqual([1, "mismatch"]);
    expect(findings.join()).toMatch(says);
  });

  test("logs that no state is compared with are said to be vouched for by nothing", async () => {
    endpoint.script = whole;
    const honest = await audit(endpoint.rpcUrl, "recorded.json", 1, "--policy", "policy.json");
    const PAID = toEventSelector("event Transfer(address,address,uint256)");
    const vault = history.state.provers[P1].vault.slice(2);
    const paid = whole.logs.find(({ topics }) => topics[0] === PAID && topics[2]?.endsWith(vault));
    const data = `${paid?.data.slice(0, -1)}${paid?.data.endsWith("1") ? "2" : "1"}` as Hex;
    const logs = whole.logs.map((log) => (log === paid ? { ...log, data } : log));
    endpoint.script = { ...whole, logs };
    const { recomputed, notVouched } = await audit(
      endpoint.rpcUrl,
      "recorded.json",
      1,
      "--policy",
      "policy.json",
    );
    expect(recomputed.datasetHash).not.toBe(honest.recomputed.datasetHash);
    expect(notVouched[0]).toMatch(/all that logs say but for what EpochRewards set and paid/);
  });

  test("a prover that joins twice is refused", async () => {
    const JOINED = toEventSelector("event ProverInitialized(address,address,uint64)");
    const joined = whole.logs.find(({ topics }) => topics[0] === JOINED) as ScriptedLog;
    endpoint.script = { ...whole, logs: [...whole.logs, { ...joined, blockNumber: 290, logIndex: 900 }] };
    const words = ["audit", "--epoch", "1", "--network", "provernet", "--network-config", "recorded.json"];
    const { code, stderr } = await cli([...words, "--rpc", endpoint.rpcUrl], { cwd: folder });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/joins twice/)]);
  });

  const RATE = toEventSelector("event CommissionRateUpdated(address,address,uint64,uint64,bool)");
  test.each([
    ["epochs of no length", CONFIG, 2, "0", /gives epochs no time/],
    ["a rate that is no uint64", RATE, 1, "f".repeat(64), /not laid out as its event is/],
    ["a rate that no artifact can hold", RATE, 1, "f".repeat(16), /a rate of 18446744073709551615 bps/],
  ])("%s: the endpoint is refused", async (_, topic, at, value, says) => {
    const start = 2 + 64 * at;
    const logs = whole.logs.map((log) => {
      if (log.topics[0] !== topic) return log;
      const data = log.data.slice(0, start) + value.padStart(64, "0") + log.data.slice(start + 64);
      return { ...log, data: data as Hex };
    });
    endpoint.script = { ...whole, logs };
    const words = ["audit", "--epoch", "1", "--policy", "policy.json", "--network", "provernet"];
    const where = ["--network-config", "recorded.json", "--rpc", endpoint.rpcUrl];
    const { code, stderr } = await cli([...words, ...where], { cwd: folder });
    expect([code, stderr]).toEqual([1, expect.stringMatching(says)]);
  });
});

describe("what a rule may or may not want", () => {
  let network: LiveNetwork;
  beforeAll(async () => {
    network = await startNetwork(4);
    writeFileSync(join(folder, "live.json"), JSON.stringify(liveConfig(network)));
  }, 60_000);
  afterAll(() => network?.anvil.stop());

  const of = (epoch: number, ...more: string[]) => audit(network.anvil.rpcUrl, "live.json", epoch, ...more);
  /** By whoever has the role, by whatever rule. */
  async function set(epoch: number, amounts: readonly (readonly [Address, bigint])[]): Promise<void> {
    const start = network.start + BigInt(epoch - 1) * EPOCH;
    const rewards = amounts.map(([prover, amount]) => ({ prover: prover.toLowerCase() as Address, amount }));
    const vkHash = await network.client.readContract({
      ...{ address: network.epochRewards, functionName: "vkHash" },
      abi: [
        {
          type: "function",
          name: "vkHash",
          stateMutability: "view",
          inputs: [],
          outputs: [{ type: "bytes32" }],
        },
      ],
    } as const);
    for (const { output } of chunksOf({ epoch, start, end: start + EPOCH }, rewards)) {
      await call(
        network,
        network.updater,
        network.epochRewards,
        "setRewards",
        simpleProof(output, vkHash),
        output,
      );
    }
    await network.client.mine({ blocks: 3, interval: 1 });
  }

  test("strangers, idlers and statements proven again are named, and nobody is called wrong", async () => {
    const [first, second, idle] = network.provers as [Address, Address, Address];
    const stranger = network.others[0] as Address;
    await serve(network, first, 1, 10);
    await serve(network, second, 1, 10);
    await endOf(network, 1);
    await set(1, [
      [first, ether(10)],
      [second, ether(20)],
      [idle, ether(5)],
      [stranger, ether(7)],
    ]);
    const { code, verdict, findings, notes, says, set: total } = await of(1);
    expect([code, verdict, findings]).toEqual([0, "unjudged", []]);
    expect(total).toBe(String(ether(42)));
    const low = (one: Address) => one.toLowerCase();
    expect(notes.filter((note: string) => !note.startsWith("request")).toSorted()).toEqual(
      [
        `${low(stranger)} is set ${ether(7)} wei in epoch 1, and is no prover`,
        `${low(idle)} is set ${ether(5)} wei, and proved nothing`,
      ].toSorted(),
    );
    expect(notes.filter((note: string) => note.startsWith("request"))).toEqual([
      expect.stringContaining(`of ${low(second)} is for a statement that had been proven before`),
    ]);
    const judged = await of(1, "--policy", "policy.json");
    expect([judged.code, judged.verdict]).toEqual([1, "differs"]);
    expect(judged.says).toMatch(/^differs from policy policy.json: 0x/);
    expect(`${says}${judged.says}${judged.findings}`).not.toMatch(/wrong/);
  });

  test("the nearest of the rules is what amounts were set by: counted fees, fulfilments, stake, or a policy", async () => {
    const [first, second, third, fourth] = network.provers as [Address, Address, Address, Address];
    const nearest = async (epoch: number, ...more: string[]) => {
      const { rules } = await of(epoch, ...more);
      return [rules[0].rule, rules[0].distance, rules.length];
    };
    // The second one's statement was paid for by the same requester before.
    await serve(network, first, 11, 30);
    await serve(network, second, 11, 40);
    await endOf(network, 2);
    await set(2, [
      [first, ether(300)],
      [second, ether(100)],
    ]);
    expect(await nearest(2)).toEqual(["counted fees", 0, 4]);
    // By the policy the budget is the most that the epoch may pay: the amounts are another part of it.
    expect((await of(2, "--policy", "policy.json", "--budget", String(ether(400)))).verdict).toBe("match");
    expect((await of(2, "--policy", "policy.json")).verdict).toBe("differs");
    await serve(network, first, 12, 30);
    await serve(network, second, 13, 1);
    await serve(network, second, 14, 1);
    await endOf(network, 3);
    await set(3, [
      [first, ether(100)],
      [second, ether(200)],
    ]);
    expect(await nearest(3)).toEqual(["fulfilments", 0, 4]);
    await serve(network, first, 15, 3);
    await endOf(network, 4);
    await set(4, [
      [third, ether(50)],
      [fourth, ether(50)],
      [first, ether(50)],
      [second, ether(50)],
    ]);
    // Each has staked as much: what the fees left in two of the vaults makes them a little heavier.
    const [rule, distance] = await nearest(4);
    expect(rule).toBe("stake");
    expect(distance).toBeLessThan(0.02);
  });
});
