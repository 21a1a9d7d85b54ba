// SPDX-License-Identifier: AGPL-3.0-only
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { root } from "../../../script/steps.mjs";

function run(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}script/${script}`, ...args], {
    encoding: "utf8",
    // What would begin for minutes has not understood.
    timeout: 10_000,
  });
  return { status, stdout, stderr };
}

it.each(["gas.mjs", "test.mjs"])("%s says what it takes, and refuses the rest before it begins", (script) => {
  expect(run(script, "--help")).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^Usage: npm /),
    stderr: "",
  });
  expect(run(script, "FILE")).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/^error: unknown argument 'FILE'; usage: npm /),
  });
});
