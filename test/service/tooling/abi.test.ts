import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const FILES = ["service/chain/abi.ts", "test/abi.ts"];

test("the committed ABIs are those of the last build", () => {
  const folder = mkdtempSync(join(tmpdir(), "abi-"));
  try {
    for (const file of FILES) mkdirSync(join(folder, dirname(file)), { recursive: true });
    const wagmi = spawnSync(process.execPath, ["node_modules/@wagmi/cli/dist/esm/cli.js", "generate"], {
      encoding: "utf8",
      env: { ...process.env, ABI_OUT: folder },
    });
    expect(wagmi.status, `${wagmi.stdout}${wagmi.stderr}`).toBe(0);
    for (const file of FILES) {
      expect(readFileSync(join(folder, file), "utf8"), `${file}: run npm run abi and commit the result`).toBe(
        readFileSync(file, "utf8"),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
