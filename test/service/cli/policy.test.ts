// SPDX-License-Identifier: AGPL-3.0-only
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getAddress } from "viem";
import { describe, expect, onTestFinished, test } from "vitest";
import { selfDealingText } from "../../../service/cli/self-dealing-report.ts";
import schema from "../../../service/core/policy.schema.json" with { type: "json" };
import { type PolicyVectors, readVectors } from "../core/vectors.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const { policies } = readVectors<PolicyVectors>("policies");
const [standard] = policies as [PolicyVectors["policies"][number]];
const standardJson = JSON.parse(standard.canonical) as Record<string, unknown> & {
  guards: Record<string, unknown>;
};
const WORK = { id: "work", params: {} };

function folderWith(files: Record<string, string | Uint8Array>) {
  const cwd = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return { cwd };
}

async function checkJson(files: Record<string, string | Uint8Array>, ...args: string[]) {
  const { code, stdout, stderr } = await cli(["policy", "check", ...args, "--json"], folderWith(files));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("a valid policy", () => {
  test.each(policies.map((policy) => [policy.name, policy] as const))(
    "%s: its hash and canonical form",
    async (_, { canonical, hash }) => {
      const expected = { policyHash: hash, canonical };
      expect(await checkJson({ p: canonical }, "p")).toMatchObject({ ...expected, isCanonical: true });
      const pretty = JSON.stringify(JSON.parse(canonical), null, 2);
      expect(await checkJson({ p: pretty }, "p")).toMatchObject({ ...expected, isCanonical: false });
    },
  );

  test("is worked on the example, to the wei", async () => {
    const result = await checkJson({ p: standard.canonical }, "p");
    expect(result).toMatchObject({
      source: "the built-in example",
      budget: `150${"0".repeat(18)}`,
      added: "81894736842105263157",
      carryOut: "68105263157894736843",
      dropped: "0",
      against: null,
    });
    // 150·600/950 of the work; a hundredth of 50,000 staked; nine tenths of 60 in protocol fees.
    expect(result.provers[0]).toMatchObject({
      part: "94736842105263157894",
      limits: [
        { limitedBy: "stake", atMost: `500${"0".repeat(18)}` },
        { limitedBy: "fee-match", atMost: `54${"0".repeat(18)}` },
      ],
      amount: `54${"0".repeat(18)}`,
      limitedBy: "fee-match",
    });
    expect(result.provers.map(({ limitedBy }: { limitedBy: string }) => limitedBy)).toEqual([
      "fee-match",
      "stake",
      "none",
      "none",
    ]);
  });

  test("is shown to people with the same numbers", async () => {
    const { stdout, code } = await cli(["policy", "check", "p"], folderWith({ p: standard.canonical }));
    expect(code).toBe(0);
    expect(stdout).toContain("policy capped/1 of p is valid\n");
    expect(stdout).toContain(`hash ${standard.hash}\n`);
    expect(stdout).toContain(`which the distributor is given and the file holds:\n${standard.canonical}\n`);
    expect(stdout).toMatch(/ 600 +50,000 +60 +94\.736842 +500 +54 +54 +fee match\n/);
    expect(stdout).toContain("paid 81.894736, carried on 68.105263, dropped 0\n");
    expect(stdout).toContain("fee match 90 %: whoever has no work but its own always loses, at least 10 %");
  });

  test("says what self-dealing earns, with fee match off, below, at and above 100 %", async () => {
    const { selfDealing } = await checkJson({ p: standard.canonical }, "p");
    const perFee = selfDealing.newcomer.map(
      ({ feeMatchBps, deals }: { feeMatchBps: number | null; deals: { profitPerFeeBps: string }[] }) => [
        feeMatchBps,
        ...deals.map((deal) => deal.profitPerFeeBps),
      ],
    );
    // 1, 10 and 100 tokens of fees beside 950 of work: 150·10/960, 150·100/1050, 150·1000/1950 of the budget.
    expect(perFee).toEqual([
      [9_000, "-1000", "-1000", "-2308"],
      [10_000, "0", "0", "-2308"],
      [15_000, "5000", "4285", "-2308"],
      [null, "5625", "4285", "-2308"],
    ]);
    expect(selfDealing.incumbent).toMatchObject({ prover: getAddress(`0x${"c3".repeat(20)}`) });
  });
});

describe("two policies side by side", () => {
  const work = JSON.stringify({ ...standardJson, ...WORK });

  test("on the example", async () => {
    const { added, against } = await checkJson({ p: standard.canonical, q: work }, "p", "--against", "q");
    expect(against).toMatchObject({ file: "q" });
    // Without a stake cap the second prover gets nine tenths of its 30 in protocol fees, not 20; a wei goes to the
    // third, whose part is not limited and has the largest remainder.
    expect(BigInt(against.added) - BigInt(added)).toBe(7n * 10n ** 18n + 1n);
    const { stdout } = await cli(
      ["policy", "check", "p", "--against", "q"],
      folderWith({ p: standard.canonical, q: work }),
    );
    expect(stdout).toMatch(/0xb2b2b2…b2b2b2 +20 +stake +27 +fee match +−7\n/);
    expect(stdout).toContain("other: paid 88.894736, carried on 61.105263, dropped 0\n");
  });

  test("on a recorded epoch, against the policy that was in force", async () => {
    const files = { p: standard.canonical, a: sampleArtifact().bytes };
    const result = await checkJson(files, "p", "--data", "a");
    expect(result).toMatchObject({
      source: "epoch 0 of a",
      added: "0",
      provers: [{ part: "1000", amount: "0", limitedBy: "stake" }],
      against: {
        file: "the policy in force",
        added: "1000",
        provers: [{ amount: "1000", limitedBy: "none" }],
      },
    });
  });

  test("on a recorded epoch that a server publishes, against a given one", async () => {
    const server = createServer((_, response) => response.end(sampleArtifact().bytes));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/epochs/0/artifact`;
    const generous = JSON.stringify({
      ...standardJson,
      guards: { ...standardJson.guards, feeMatchBps: 1_000_000 },
      params: { capNumerator: "3", capDenominator: "7" },
    });
    const files = { p: standard.canonical, q: generous };
    // A stake of 7 of which 3/7 may be paid.
    expect(await checkJson(files, "q", "--data", url, "--against", "p")).toMatchObject({
      added: "3",
      provers: [{ amount: "3", limitedBy: "stake" }],
      against: { file: "p", added: "0" },
    });
  });
});

describe("what is wrong is named, with its remedy", () => {
  const refusal = async (text: string, ...args: string[]) => {
    const { code, stdout, stderr } = await cli(["policy", "check", "p", ...args], folderWith({ p: text }));
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: [^\n]+; [^\n]+\n$/);
    return { code, stderr };
  };

  test("a field out of its range", async () => {
    const { code, stderr } = await refusal(standard.canonical.replace('"100"', '"0"'));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: policy.params.capDenominator: 0 is out of range; give a value from 1 to ${2n ** 128n - 1n}\n`,
    });
  });

  test("a key that stands twice, of which JSON would keep the last", async () => {
    const twice = standard.canonical.replace(
      '"feeMatchBps":9000',
      '"feeMatchBps":9000,\n "feeMatchBps":null',
    );
    const { code, stderr } = await refusal(twice);
    expect(code).toBe(1);
    expect(stderr).toContain("policy: a key stands twice");
  });

  test("a policy longer than a distributor takes", async () => {
    const exclusions = Array.from({ length: 80 }, (_, i) => ({
      prover: `0x${String(i).padStart(40, "0")}`,
      reason: "r".repeat(200),
    }));
    const long = { ...standardJson, guards: { ...standardJson.guards, exclusions } };
    const { code, stderr } = await refusal(JSON.stringify(long));
    expect(code).toBe(1);
    expect(stderr).toMatch(/policy: 2\d{4} bytes in canonical form; a distributor takes 16384/);
  });

  test("a file that is no JSON, or not there", async () => {
    const { code, stderr } = await refusal("{");
    expect(code).toBe(2);
    expect(stderr).toContain("<file>: p is not JSON");
    const missing = await refusal(standard.canonical, "--against", "none.json");
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/--against: cannot read .*none\.json: ENOENT; give the path of a policy/);
  });

  test("data that is no artifact, or not there", async () => {
    const edited = Buffer.from(sampleArtifact().bytes).toString().replace('"added":"1000"', '"added":"999"');
    const files = folderWith({ p: standard.canonical, a: edited });
    const { code, stderr } = await cli(["policy", "check", "p", "--data", "a"], files);
    expect(code).toBe(1);
    expect(stderr).toContain("artifact.added: states 999, its rows give 1000");
    const missing = await refusal(standard.canonical, "--data", "b");
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain("--data: cannot read b: ENOENT");
  });

  test("two epochs at once, and an epoch without a chain to read it from", async () => {
    const both = await refusal(standard.canonical, "--data", "a", "--epoch", "0");
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("--data and --epoch both name") });
    const nowhere = await refusal(standard.canonical, "--epoch", "0");
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("an RPC endpoint is missing") });
  });
});

test("the schema is printed as it is published", async () => {
  const { code, stdout } = await cli(["policy", "schema"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(schema);
});

test("without work or protocol fees all that is said of self-dealing is what follows from that", () => {
  const textAt = (feeMatchBps: number | null) =>
    selfDealingText({ ...standardJson, guards: { ...standardJson.guards, feeMatchBps } } as never, undefined);
  const nobody = "self-dealing: nobody paid protocol fees for work that counts";
  expect(textAt(9_000)).toBe(`${nobody}: fee match pays nothing`);
  expect(textAt(null)).toBe(
    `${nobody}: without fee match, copying and dealing with oneself cost nothing, and gain`,
  );
});
