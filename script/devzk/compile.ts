// SPDX-License-Identifier: AGPL-3.0-only
import { execFile } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ROUND_CONSTANTS } from "./mimc.ts";

const COMPILER = createRequire(import.meta.url).resolve("circom2/cli.js");
const SOURCE = fileURLToPath(new URL("circuit.circom", import.meta.url));

/** The circuit as constraints, and as the program that finds values for them. The same bytes each time. */
export async function compile(folder: string): Promise<{ r1cs: string; wasm: string }> {
  await copyFile(SOURCE, join(folder, "circuit.circom"));
  await writeFile(join(folder, "round-constants.circom"), roundConstants());
  // The compiler sees nothing but the folder it runs in.
  const args = [COMPILER, "circuit.circom", "--r1cs", "--wasm", "--O2"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  // It ends with 0 whether it succeeded or not.
  if (!stdout.includes("Everything went okay")) throw new Error(`the circuit does not compile\n${stdout}`);
  return { r1cs: join(folder, "circuit.r1cs"), wasm: join(folder, "circuit_js", "circuit.wasm") };
}

function roundConstants(): string {
  const list = ROUND_CONSTANTS.join(",\n");
  return `pragma circom 2.2.2;
function ROUND_CONSTANT(round) {
    var constants[${ROUND_CONSTANTS.length}] = [${list}];
    return constants[round];
}
`;
}
