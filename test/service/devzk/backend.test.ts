// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { devzk } from "../../../script/devzk/backend.ts";
import { FIBONACCI, statementOf } from "../../../script/devzk/machine.ts";
import { verifyingKey } from "../../../script/devzk/prove.ts";
import { runUri } from "../../../script/devzk/run.ts";
import { RUN } from "../helpers/run.ts";

const MAIN = fileURLToPath(new URL("../../../script/devzk/main.ts", import.meta.url));
const run = { program: FIBONACCI, input: 3n };
const { verifierKeyHash } = verifyingKey();
const question = {
  task: "check",
  ...{ ...statementOf(run.program, run.input), verifierKeyHash, input: runUri(run) },
} as const;
const other = `0x${"01".repeat(32)}` as const;

describe("the development zkVM as a backend", () => {
  test("takes a run that gives the statement", async () => {
    expect(await devzk(question)).toEqual({ provable: true });
  });

  test("proves it, asked on its standard input", () => {
    const input = JSON.stringify({ ...question, task: "prove" });
    const printed = execFileSync(process.execPath, [RUN, MAIN], { input, encoding: "utf8" });
    expect(JSON.parse(printed).proof).toMatch(/^0x[0-9a-f]{512}$/);
  });

  test.each([
    ["another verifying key", { ...question, verifierKeyHash: other }],
    ["the input is for another program", { ...question, programKey: other }],
    ["does not give the digest", { ...question, publicValuesDigest: other }],
    ["is no data: address", { ...question, input: "" }],
    ["is no data: address", { ...question, input: "file:///etc/passwd" }],
    ["is no data: address", { ...question, input: "https://example.org/" }],
    ["a run is JSON", { ...question, input: "data:,text" }],
    ["program: not a decimal number", { ...question, input: "data:,null" }],
    ["input: not a decimal number", { ...question, input: 'data:,{"program":"1","input":1}' }],
    ["program: not from 0", { ...question, input: `data:,{"program":"${1n << 240n}","input":"1"}` }],
  ])("says that it cannot be proven: %s", async (problem, wrong) => {
    const reason = expect.stringContaining(problem);
    expect(await devzk(wrong)).toEqual({ provable: false, reason });
  });
});
