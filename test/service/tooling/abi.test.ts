import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the committed ABIs are those of the last build", () => {
  const folder = mkdtempSync(join(tmpdir(), "abi-"));
  try {
    const out = join(folder, "abi.ts");
    const wagmi = spawnSync(process.execPath, ["node_modules/@wagmi/cli/dist/esm/cli.js", "generate"], {
      encoding: "utf8",
      env: { ...process.env, ABI_OUT: out },
    });
    expect(wagmi.status, `${wagmi.stdout}${wagmi.stderr}`).toBe(0);
    expect(readFileSync(out, "utf8"), "run npm run abi and commit the result").toBe(
      readFileSync("service/chain/abi.ts", "utf8"),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
