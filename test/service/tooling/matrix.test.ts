import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("every function and every error of the contracts has a test, and the table of them is fresh", () => {
  const { status, stderr } = spawnSync(process.execPath, ["script/matrix.mjs", "--check"], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}, 180_000);
