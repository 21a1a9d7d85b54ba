// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";

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

/** What is typed before a tab, and what the line is after it. */
const COMPLETED = {
  "provender adm": "provender admin ",
  "provender admin set-q": "provender admin set-quorum ",
  "provender epoch run --skip": "provender epoch run --skip-unset ",
  "provender prover top": "provender prover top-up ",
};
const ENTRY = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
const SESSION = fileURLToPath(new URL("../helpers/shell-session.zsh", import.meta.url));
const isInstalled = (shell: string) => spawnSync(shell, ["--version"]).error === undefined;
const BASH_COMPLETION = "/usr/share/bash-completion/bash_completion";

/** An environment in which `provender` is this clone's. */
function withProvender(): { readonly folder: string; readonly env: NodeJS.ProcessEnv } {
  const folder = temporaryFolder();
  const command = join(folder, "provender");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${ENTRY}" "$@"\n`);
  chmodSync(command, 0o755);
  return {
    folder,
    env: { ...process.env, HOME: folder, PATH: `${folder}:${process.env.PATH}`, TERM: "xterm" },
  };
}

/** As the README has it in a shell's start-up file, with a key that writes down the line as it is. */
const SHELLS: readonly (readonly [shell: string, command: string, setup: (answers: string) => string])[] = [
  [
    "zsh",
    "zsh -f -i",
    (answers) => `autoload -U compinit && compinit -D -u
source <(provender complete zsh)
told() { print -r -- "$BUFFER" >>${answers}; BUFFER= }
zle -N told
bindkey '^T' told
`,
  ],
  [
    "bash",
    "bash --norc -i",
    (answers) => `source ${BASH_COMPLETION}
source <(provender complete bash)
told() { printf '%s\\n' "$READLINE_LINE" >>${answers}; READLINE_LINE=; }
bind -x '"\\C-t": told'
`,
  ],
];

// zsh brings the terminal that bash needs, too.
describe.runIf(isInstalled("zsh"))("at a terminal", () => {
  it.each(SHELLS)("%s completes commands and flags", { timeout: 60_000 }, (shell, command, setup) => {
    const { folder, env } = withProvender();
    const [start, answers] = [join(folder, "setup"), join(folder, "answers")];
    writeFileSync(start, setup(answers));
    const args = ["-f", SESSION, command, start, answers, ...Object.keys(COMPLETED)];
    const { status, stderr } = spawnSync("zsh", args, { env, timeout: 50_000, encoding: "utf8" });
    expect([shell, status, stderr]).toEqual([shell, 0, ""]);
    expect(readFileSync(answers, "utf8").split("\n")).toEqual([...Object.values(COMPLETED), ""]);
  });
});

it.runIf(isInstalled("fish"))("fish completes commands and flags", { timeout: 60_000 }, () => {
  const { env } = withProvender();
  const ask = Object.keys(COMPLETED).map((line) => `complete -C "${line}"`);
  const script = `provender complete fish | source; ${ask.join("; ")}`;
  const told = execFileSync("fish", ["--no-config", "-c", script], { env, encoding: "utf8" });
  expect(names(told.split("\n"))).toEqual(
    Object.values(COMPLETED).map((line) => line.trim().split(" ").at(-1)),
  );
});
