// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli } from "../../helpers/cli.ts";
import { newFolder } from "../../helpers/folder.ts";
import { configOf, readHistory, type Scripted, scriptOf, serveScript } from "./scripted.ts";

const history = readHistory();
let endpoint: Scripted;
const folder = newFolder();
const at = (name: string, content: unknown) => {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
};
const VK_A = "0xb70e2523f581dce18d2208b0197dc881b82df536b7ca13b96d69117eeee4ca2f";
const R1 = "0x90f79bf6eb2c4f870365e785982e1f101e93b906";
const guards = { exclusions: [], minStake: "0" };
const POLICIES = {
  "version 1, 90 % of the protocol fees": {
    version: 1,
    id: "capped",
    params: { capNumerator: "1", capDenominator: "100" },
    guards: { ...guards, feeMatchBps: 9_000 },
  },
  "version 2, all programs alike": {
    ...{ version: 2, id: "work", params: {}, guards, programs: null },
    campaigns: [{ requesters: null, partBps: 10_000, feeMatch: null }],
  },
  "version 2, by program and requester": {
    ...{ version: 2, id: "capped", params: { capNumerator: "1", capDenominator: "2" }, guards },
    programs: [{ vk: VK_A, multiplierBps: 20_000 }],
    campaigns: [
      {
        requesters: [{ requester: R1, reason: "known" }],
        partBps: 4_000,
        feeMatch: { of: "fee", bps: 9_000 },
      },
      { requesters: null, partBps: 5_000, feeMatch: { of: "protocol-fee", bps: 9_000 } },
    ],
  },
};

/** Every epoch under one of them, and one under two: what each epoch pays under the first is below. */
const EPOCHS: Record<string, readonly number[]> = {
  "version 1, 90 % of the protocol fees": [3],
  "version 2, all programs alike": [2],
  "version 2, by program and requester": [1, 2],
};

let network: string;
beforeAll(async () => {
  endpoint = await serveScript(scriptOf(history));
  network = at("network.json", configOf(history));
});
afterAll(() => {
  endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

async function command(words: string[], env: Record<string, string> = {}) {
  const where = ["--network", "provernet", "--network-config", network, "--rpc", endpoint.rpcUrl];
  return cli([...words, ...where, "--json"], { cwd: folder, env });
}

async function run(policy: unknown, epoch: number, ...more: string[]) {
  const file = at("policy.json", policy);
  const words = ["epoch", "run", "--output", "epoch-rewards", "--epoch", String(epoch), "--policy", file];
  const { code, stdout, stderr } = await command([...words, "--data-dir", folder, ...more]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

async function audit(epoch: number, policy?: unknown) {
  const words = policy === undefined ? [] : ["--policy", at("policy.json", policy)];
  const { code, stdout, stderr } = await command(["audit", "--epoch", String(epoch), ...words]);
  expect(stdout, stderr).not.toBe("");
  return { code, ...JSON.parse(stdout) };
}

const amounts = ({ provers }: { provers: { prover: string; amount: string }[] }) =>
  Object.fromEntries(
    provers
      .filter(({ amount }) => amount !== "0")
      .map(({ prover, amount }) => [history.names[prover.toLowerCase()], amount]),
  );

describe("rewards of the recorded epochs", () => {
  test.each(Object.entries(POLICIES))(
    "%s: the auditor computes what the job does, and nothing is carried (trap 5)",
    async (name, policy) => {
      for (const epoch of EPOCHS[name] ?? []) {
        const job = await run(policy, epoch);
        const { code, verdict, recomputed } = await audit(epoch, policy);
        expect(recomputed).toMatchObject({
          added: job.added,
          datasetHash: job.datasetHash,
          outputHash: job.outputHash,
        });
        expect([code, verdict]).toEqual([1, "differs"]);
        // Each epoch offers what it may pay, and no more.
        expect(BigInt(job.added) + BigInt(job.dropped)).toBe(BigInt(job.budget));
      }
    },
  );

  test("what the same requester pays again for a statement counts as far as it is more (traps 9 and 6)", async () => {
    // G is A's statement, for R2; J is H's, for R1 again, at a lower fee, and I is H's for R2. Were statements counted
    // whoever asks, it would be 0.99, 1.8 and 4.5 in sum.
    const job = await run(POLICIES["version 1, 90 % of the protocol fees"], 1);
    expect(amounts(job)).toEqual({
      P2: "630000000000000000",
      P4: "180000000000000000",
      P8: "450000000000000000",
    });
    const second = await run(POLICIES["version 1, 90 % of the protocol fees"], 2);
    expect(amounts(second)).toEqual({ P1: "1350000000000000000", P2: "1710000000000000000" });
    const third = await run(POLICIES["version 1, 90 % of the protocol fees"], 3);
    expect(amounts(third)).toEqual({ P7: "4500000000000000000" });
  });

  test("a campaign pays for its own requesters' work in listed programs, and nothing else", async () => {
    const job = await run(POLICIES["version 2, by program and requester"], 1);
    // A for R1 at 7, without a protocol fee; G for R2 at 6, of which the protocol took 0.3.
    expect(amounts(job)).toEqual({ P1: "6300000000000000000", P2: "270000000000000000" });
  });

  test("rewards that are set already and differ are not set again", async () => {
    const job = await run(POLICIES["version 2, all programs alike"], 2);
    expect(job.status).toBe("cannot-be-set");
    expect(job.chunks).toHaveLength(1);
  });

  test("a budget above the epoch's maximum is refused", async () => {
    const words = [
      "epoch",
      "run",
      "--epoch",
      "1",
      "--policy",
      at("p.json", POLICIES["version 2, all programs alike"]),
    ];
    const { code, stderr } = await command([
      ...words,
      "--budget",
      "100000000000000000000001",
      "--data-dir",
      folder,
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--budget")]);
  });
});

describe("the audit of what was set", () => {
  test("without a policy nothing is wrong where no rule is public, and the nearest rule is named", async () => {
    for (const epoch of [1, 2, 3]) {
      const report = await audit(epoch);
      expect([report.code, report.verdict, report.findings]).toEqual([0, "unjudged", []]);
      expect(report.rules[0]).toMatchObject({ rule: "fees", distance: 0 });
      expect(report.set).toBe(history.expected[epoch].rewardsSet);
      expect(report.paid).toBe(history.expected[epoch].rewardsDistributed);
    }
  });

  test("the first prover that differs from a policy is named, and never called wrong", async () => {
    const { says, findings } = await audit(1, POLICIES["version 2, all programs alike"]);
    expect(says).toMatch(
      /differs from policy .*: 0x23618e81.* is set 19999999999999999998285 wei, by the policy/,
    );
    expect(findings).toEqual([]);
  });

  test("statements that were proven before are noted (trap 9)", async () => {
    const { notes } = await audit(2);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/a statement that had been proven before/);
  });
});

test("an attestation by a named auditor is of this dataset and output alone", async () => {
  const policy = at("policy.json", POLICIES["version 2, all programs alike"]);
  const key = generatePrivateKey();
  const { address } = privateKeyToAccount(key);
  const signed = join(folder, "signed.json");
  const sign = ["attest", "--epoch", "2", "--policy", policy, "--sign", signed];
  const { code, stdout, stderr } = await command(sign, { PROVENDER_PRIVATE_KEY: key });
  expect(code, stderr).toBe(0);
  const job = await run(POLICIES["version 2, all programs alike"], 2);
  expect(JSON.parse(stdout)).toMatchObject({ datasetHash: job.datasetHash, outputHash: job.outputHash });
  const { attestedBy, attestationFrom } = await import(
    "../../../../service/networks/provernet/attestation.ts"
  );
  const { readFileSync } = await import("node:fs");
  const attestation = attestationFrom(JSON.parse(readFileSync(signed, "utf8")));
  const named = [address.toLowerCase() as `0x${string}`];
  expect(await attestedBy(attestation, named, [attestation, attestation])).toEqual(named);
  expect(await attestedBy(attestation, [], [attestation])).toEqual([]);
  const other = { ...attestation, outputHash: job.datasetHash };
  expect(await attestedBy(other, named, [attestation])).toEqual([]);
});
