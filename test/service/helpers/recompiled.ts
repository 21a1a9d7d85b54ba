// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Artifact } from "../../../service/deploy/artifacts.ts";

const SOLC = fileURLToPath(new URL("../../../script/solc.mjs", import.meta.url));

/** The creation code that the compiler makes of a standard-JSON input, and of nothing else. */
export function recompiled(input: string, { sourceName, contractName }: Artifact): string {
  const options = { input, encoding: "utf8", maxBuffer: 2 ** 28, cwd: "/" } as const;
  const output = JSON.parse(execFileSync(process.execPath, [SOLC, "--standard-json"], options));
  return `0x${output.contracts[sourceName][contractName].evm.bytecode.object}`;
}
