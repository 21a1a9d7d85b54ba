// SPDX-License-Identifier: AGPL-3.0-only
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oneLine, printable } from "../../../service/cli/printable.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const NASTY = "\u001b[2Jok\r\u009b31m\u0007\u007f";

test("control characters are written out, as JSON writes them; lines and tabs stay", () => {
  expect(printable(`a\tb\n${NASTY}é→`)).toBe("a\tb\n\\u001b[2Jok\\u000d\\u009b31m\\u0007\\u007fé→");
  expect(JSON.parse(printable(JSON.stringify({ said: NASTY })))).toEqual({ said: NASTY });
});

test("what was said in several lines is one", () => {
  expect(oneLine(" a\n  b\r\nc\n\n")).toBe("a b c");
});

test("an error is one line that a terminal shows as it is, whatever was given or a file holds", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "costs.json"), `x${NASTY}\ny\n`);
  for (const args of [
    ["prover", "run", "--backend", "true", "--costs", "costs.json"],
    ["policy", "check", `${NASTY}\n.json`],
    ["epoch", "run", `${NASTY}\n`],
    ["stake", `${NASTY}\n`, "1", "--rpc", `${NASTY}`],
  ]) {
    for (const more of [[], ["--json"]]) {
      const { code, stdout, stderr } = await cli([...args, ...more], { cwd });
      expect([code === 0, stdout]).toEqual([false, ""]);
      expect(stderr).toMatch(/^\P{Cc}+\n$/u);
    }
  }
});
