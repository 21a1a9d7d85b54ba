// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { afterEach, expect, it, vi } from "vitest";
import { cli } from "../helpers/cli.ts";

afterEach(() => vi.restoreAllMocks());

/** What the shell is told: it is written to standard output itself. */
async function told(...args: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const { code } = await cli(["complete", ...args]);
  expect(code).toBe(0);
  return lines;
}

const names = (lines: readonly string[]) => lines.flatMap((line) => /^([\w-]+)\t/.exec(line)?.[1] ?? []);

it("a shell is told every command that --help shows, and what begins as the word does", async () => {
  const { stdout } = await cli(["--help"]);
  const shown = [...stdout.matchAll(/^ {2}([a-z-]+)[ |]/gm)].map(([, name]) => name);
  expect(shown).toEqual(expect.arrayContaining(["deploy", "admin", "complete"]));
  expect(names(await told("--", "")).toSorted()).toEqual(shown.toSorted());
  expect(names(await told("--", "admin", "set-q"))).toEqual(["set-quorum"]);
  expect(names(await told("--", "epoch", ""))).toEqual(["run", "status", "help"]);
});

it("a shell is told a command's flags", async () => {
  const flags = names(await told("--", "epoch", "run", "--"));
  expect(flags).toEqual(expect.arrayContaining(["--epoch", "--post", "--safe", "--signer-url", "--rpc"]));
  // The same as --rpc, and not for people.
  expect(flags).not.toContain("--rpc-url");
  expect(names(await told("--", "admin", "set-window", "--sched"))).toEqual(["--schedule"]);
});

it("bash, zsh and fish get a script, and no other", async () => {
  const [bash = ""] = await told("bash");
  // Whether it is well-formed, bash itself says.
  execFileSync("bash", ["-n"], { input: bash });
  expect(bash).toContain("complete -F __provender_complete provender");
  const zsh = (await told("zsh")).join("\n");
  expect(zsh).toContain("#compdef provender");
  const fish = (await told("fish")).join("\n");
  expect(fish).toContain("complete -c provender");
  // Each asks this program, and defines what it calls.
  for (const script of [bash, zsh, fish]) {
    expect(script).toContain("provender complete -- ");
    const defined = [...script.matchAll(/^(?:function )?(_+\w+)\s*\(\)|^function (_+\w+)/gm)].map(
      ([, name, other]) => name ?? other,
    );
    expect(defined.length).toBeGreaterThan(0);
    const called = [...script.matchAll(/^\s*(_+provender\w*)\b/gm)].map(([, name]) => name);
    expect(called.filter((name) => !defined.includes(name))).toEqual([]);
  }
  expect(await cli(["complete", "tcsh"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Allowed choices are zsh, bash, fish"),
  });
});
