// SPDX-License-Identifier: AGPL-3.0-only
import { tmpdir } from "node:os";
import { runCli } from "../../../service/cli/program.ts";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly version?: string;
}

/** One command line, run in this process; nothing of its own environment is seen. */
export async function cli(
  args: readonly string[],
  { env = {}, cwd = tmpdir(), version = "test" }: CliOptions = {},
): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  const code = await runCli(args, {
    env,
    cwd,
    version,
    out: (text) => {
      stdout += text;
    },
    note: (line) => {
      stderr += `${line}\n`;
    },
  });
  return { code, stdout, stderr };
}
