// SPDX-License-Identifier: AGPL-3.0-only
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const [TSX, ENTRY] = ["../../../node_modules/tsx/dist/cli.mjs", "../../../script/prover/main.ts"].map(
  (path) => fileURLToPath(new URL(path, import.meta.url)),
) as [string, string];
const SLOW = 120_000;

const run = (...flags: string[]) =>
  spawnSync(process.execPath, [TSX, ENTRY, ...flags], {
    cwd: tmpdir(),
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });

test("the prover's command says what it takes", { timeout: SLOW }, () => {
  const { status, stdout } = run("--help");
  expect(status).toBe(0);
  for (const flag of ["--rpc", "--cost-of", "--proofs", "--data-dir", "--prover"]) {
    expect(stdout).toContain(flag);
  }
});

test.each([
  [["--fast"], 2, "error: unknown option '--fast'"],
  [
    ["--cost", "2", "--rpc", "http://127.0.0.1:1", "--distributor", `0x${"12".repeat(20)}`],
    3,
    "error: the RPC endpoint 127.0.0.1:1 does not answer",
  ],
])(
  "the prover's command refuses %j with exit code %i and no stack",
  { timeout: SLOW },
  (flags, code, message) => {
    const { status, stdout, stderr } = run(...flags);
    expect([status, stdout]).toEqual([code, ""]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  },
);
