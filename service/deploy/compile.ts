// SPDX-License-Identifier: AGPL-3.0-only
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ChainError } from "../chain/errors.ts";
import { isPackaged } from "./artifacts.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const MOST_OUTPUT = 2 ** 28;

/**
 * In a clone, brings what forge compiled up to date; the package brings its artifacts along.
 * @throws ChainError `refused` with what the compiler says
 */
export async function compileHere(log: (line: string) => void): Promise<void> {
  if (isPackaged()) return;
  log("compiling what changed of the contracts; the first time, for up to a minute");
  const command = ["script/foundry.mjs", "forge", "build", "contracts", "script"];
  try {
    await promisify(execFile)(process.execPath, command, { cwd: PROJECT, maxBuffer: MOST_OUTPUT });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new ChainError(
      "refused",
      `the contracts do not compile: ${`${stderr}${stdout}`.trim() || String(cause)}`,
      "run npm ci and npm run build in the clone",
      { cause },
    );
  }
}
