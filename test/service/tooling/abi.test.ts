import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Abi } from "viem";
import { expect, test } from "vitest";
import * as service from "../../../service/chain/abi.ts";

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

test("the service's ABIs hold no function and no event that nobody names", () => {
  const sources = ["service", "script", "test"]
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => /\.(?:tsx?|mjs)$/.test(file) && !file.endsWith(".d.ts") && !FILES.includes(file));
  const words = new Set(sources.flatMap((file) => readFileSync(file, "utf8").match(/\w+/g) ?? []));
  const unnamed = Object.entries(service).flatMap(([of, abi]) =>
    (abi as Abi).flatMap((item) =>
      (item.type === "function" || item.type === "event") && !words.has(item.name)
        ? [`${of}: ${item.type} ${item.name}`]
        : [],
    ),
  );
  expect(unnamed).toEqual([]);
});
