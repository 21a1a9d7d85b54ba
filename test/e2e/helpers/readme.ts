// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";

const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

/** The commands that the README's table of roles has for one, as they stand there. */
export function commandsOf(role: string): string[] {
  const row = README.split("\n").find((line) => line.startsWith(`| ${role} |`));
  if (row === undefined) throw new Error(`the README's table of roles has no ${role}`);
  return [...row.matchAll(/`(npx provender [^`]+)`/g)].map(([, command]) => command as string);
}

/** What a shell makes of such a command: its arguments, with variables put in. */
export function argumentsOf(command: string, variables: Readonly<Record<string, string>>): string[] {
  const words = command.match(/"[^"]*"|\S+/g) ?? [];
  const [npx, provender, ...args] = words.map((word) =>
    word.replace(/^"(.*)"$/, "$1").replace(/\$([A-Z]+)/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`${command}: what is $${name}?`);
      return value;
    }),
  );
  if (npx !== "npx" || provender !== "provender") throw new Error(`not a command of ours: ${command}`);
  return args;
}
