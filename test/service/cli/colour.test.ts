// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { coloured, showsColours } from "../../../service/cli/colour.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

it.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { NO_COLOR: "" }, true],
  [{ isTTY: true }, { NO_COLOR: "1" }, false],
  [{ isTTY: true }, { TERM: "dumb" }, false],
  [{}, {}, false],
])("a stream of %o with %o shows colours: %s", (stream, env, shows) => {
  expect(showsColours(stream, env)).toBe(shows);
});

it("what is wrong is red, what may be is yellow, what is right is green", () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
  expect(coloured("error: --rpc: x; error: y\n")).toBe(`${red("error:")} --rpc: x; error: y\n`);
  expect(coloured("epoch 1\nUNDERFUNDED: transfer 5")).toBe(`epoch 1\n${red("UNDERFUNDED")}: transfer 5`);
  expect(coloured("root: MISMATCH")).toBe(`root: ${red("MISMATCH")}`);
  expect(coloured("ok       endpoint\nWARNING  disk")).toBe(
    "\u001b[32mok\u001b[39m       endpoint\n\u001b[33mWARNING\u001b[39m  disk",
  );
  expect(coloured('{\n  "error": "PROBLEM"\n}')).toBe('{\n  "error": "PROBLEM"\n}');
});

it("on a terminal there are colours, and none with NO_COLOR or into a pipe", () => {
  const command = `${process.execPath} ${PROVENDER} proof`;
  const { NO_COLOR: _, ...env } = { ...process.env, TERM: "xterm" } as NodeJS.ProcessEnv;
  // script(1) gives the command a terminal.
  const onTerminal = (more: object) =>
    execFileSync("script", ["-qec", command, "/dev/null"], {
      env: { ...env, ...more } as never,
      stdio: ["ignore", "pipe", "ignore"],
    });
  const told = (act: () => Buffer) => {
    try {
      return String(act());
    } catch (error) {
      return String((error as { stdout: Buffer }).stdout);
    }
  };
  expect(told(() => onTerminal({}))).toContain("\u001b[31merror:\u001b[39m missing required argument");
  const plain = told(() => onTerminal({ NO_COLOR: "1" }));
  expect(plain).toContain("error: missing required argument");
  expect(plain).not.toContain("\u001b[3");
});
