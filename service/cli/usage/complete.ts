// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";

const NAME = "complete";
const DESCRIPTION = "print what makes a shell complete these commands: `source <(provender complete bash)`";

/** Whether a command line is for the shell: then the commands are read by what answers it, and none runs. */
export const isCompletion = (args: readonly string[]): boolean => args[0] === NAME;

/** For --help: what answers is loaded only when a shell asks. */
export function register(program: Command): void {
  program.command(NAME).description(DESCRIPTION).argument("<shell>", "bash, zsh or fish");
}

/** Adds what answers a shell, once all commands are there. */
export async function answerShells(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  tab(program);
  program.commands.find((command) => command.name() === NAME)?.description(DESCRIPTION);
}
