// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat, type Hex } from "viem";
import { expect, test } from "vitest";
import { digestOf } from "../../../service/cli/commands/requests.ts";
import { costRule } from "../../../service/cli/prover-costs.ts";
import { externalBackend } from "../../../service/prover/answer.ts";
import { zkProofOf } from "../../../service/prover/proof-layouts.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const PAGE = read("contracts/PROVERS.md");
const blocks = (kind: string) =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`json${kind}\\n(.*?)^\`\`\``, "gms"))].map(([, text]) =>
    JSON.parse(text as string),
  );

test.each([
  ["SP1", " sp1", "vkey", "sp1-v4-vapp"],
  ["Pico", " pico", "riscvVKey", "pico-v1.0-fibonacci"],
])("the page for provers shows what %s writes, and what it becomes here", (_, kind, keyName, name) => {
  const [written] = blocks(kind);
  const fixture = JSON.parse(read(`test/fixtures/proofs/${name}.json`));
  expect(written[keyName]).toBe(fixture.programKey);
  expect(digestOf({ publicValues: written.publicValues })).toBe(fixture.publicValuesDigest);
  expect(digestOf({ publicValues: written.publicValues.slice(2) })).toBe(fixture.publicValuesDigest);
  expect(PAGE).toContain(fixture.publicValuesDigest);
  for (const answer of [written, written.proof, { proof: written.proof }]) {
    expect(zkProofOf(answer)).toBe(concat(fixture.proof as Hex[]));
  }
});

test("its file of costs is one, and its question has the fields of those that are asked", async () => {
  const [costs, question] = blocks("");
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "costs.json"), JSON.stringify(costs));
  expect(costRule({ cwd }, { costs: "costs.json" }).byProgram.size).toBe(1);
  let asked = "";
  const { check } = externalBackend(async (text) => {
    asked = text;
    return { provable: true };
  });
  const key = `0x${"01".repeat(32)}` as const;
  await check(
    {
      ...{ chainId: 1n, id: key, verifierKeyHash: key, programKey: key, publicValuesDigest: key },
      inputUri: "https://example.org",
    },
    { deadline: 1n, signal: new AbortController().signal },
  );
  expect(Object.keys(JSON.parse(asked))).toEqual(Object.keys(question));
});
