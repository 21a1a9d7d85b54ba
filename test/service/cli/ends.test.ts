// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

test.each([
  ["bundle.gz", gzipSync("{}".repeat(99)).subarray(0, 20), "unexpected end of file"],
  ["bundle.json", Buffer.from('{"schema":"provender.bundle/1","ca'), ""],
])("a bundle that was cut short is named: %s", async (name, bytes, reason) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, name), bytes);
  const { code, stderr } = await cli(["audit", "--epoch", "0", "--from-bundle", name], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining(`error: --from-bundle: ${name}: ${reason}`)]);
  expect(stderr).toContain("; ");
});

test("a report that was cut short is named", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "report.json"), '{"schema":');
  const { code, stderr } = await cli(["audit", "--check", "report.json"], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining("error: --check: report.json: ")]);
});

test("of two policies the one that is wrong is named", async () => {
  const cwd = temporaryFolder();
  const policy = {
    guards: { exclusions: [], feeMatchBps: 9_000, minStake: "0" },
    id: "work",
    params: {},
    version: 1,
  };
  writeFileSync(join(cwd, "a.json"), JSON.stringify(policy));
  writeFileSync(join(cwd, "b.json"), JSON.stringify({ ...policy, id: "wurk" }));
  for (const files of [
    ["a.json", "--against", "b.json"],
    ["b.json", "--against", "a.json"],
  ]) {
    const { stderr } = await cli(["policy", "check", ...files], { cwd });
    expect(stderr).toContain("error: b.json: policy.id: unknown policy");
  }
});

test.each([
  [["epoch", "status", "--json"], 2],
  [["epoch", "status", "--json", "--rpc", "http://127.0.0.1:1", "--distributor", `0x${"ab".repeat(20)}`], 3],
  [["epoch", "status", "--json", "--nonsense"], 2],
])("an error is JSON where the result would be: %s", async (args, exitCode) => {
  const { code, stdout, stderr } = await cli(args);
  expect([code, stdout]).toEqual([exitCode, ""]);
  const { error } = JSON.parse(stderr);
  expect(error).toMatchObject({ exitCode, message: expect.any(String), hint: expect.any(String) });
});

test("whoever stops reading ends the command without a word", async () => {
  const child = spawn(process.execPath, [PROVENDER, "policy", "schema"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  expect([code, said]).toEqual([0, ""]);
}, 60_000);
