import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the committed layout is that of the last build's contracts", () => {
  const folder = mkdtempSync(join(tmpdir(), "layout-"));
  try {
    const out = join(folder, "layout.ts");
    const made = spawnSync(process.execPath, ["script/state-layout.mjs"], {
      encoding: "utf8",
      env: { ...process.env, LAYOUT_OUT: out },
    });
    expect(made.status, `${made.stdout}${made.stderr}`).toBe(0);
    expect(readFileSync(out, "utf8"), "run npm run abi and commit the result").toBe(
      readFileSync("service/audit/state-proof/layout.ts", "utf8"),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
