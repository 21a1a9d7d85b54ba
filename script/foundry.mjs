// Finds the Foundry binaries that npm installed for this platform, without their packages' install scripts.
// As a command: node script/foundry.mjs forge build
import { spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

/** @param {"forge" | "anvil" | "cast"} tool */
export function foundryBinary(tool) {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/${tool}-${process.platform}-${arch}`;
  try {
    return require.resolve(`${name}/bin/${process.platform === "win32" ? `${tool}.exe` : tool}`);
  } catch {
    throw new Error(
      `${name} is not installed: run npm ci on this machine (Foundry ships no build for every platform)`,
    );
  }
}

/** @typedef {{ status: string, reason: string | null, decoded_logs: string[], counterexample: unknown }} Test */
/** @typedef {Record<string, { test_results: Record<string, Test> }>} Suites by the files' names, and the tests' */

/**
 * Runs `forge test` with more arguments.
 * @param {string[]} args
 * @returns {{ suites: Suites, status: number | null }} `status` is how forge ended
 * @throws Error if it runs no test, with what it says instead
 */
export function forgeTests(...args) {
  const { stdout, status, error } = spawnSync(foundryBinary("forge"), ["test", "--json", "-vv", ...args], {
    ...{ encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 30 },
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  // Whatever the compiler has to say comes before the one line of JSON.
  const start = stdout?.search(/^\{/m) ?? -1;
  if (start < 0) throw new Error(error?.message ?? (stdout || "forge reported no tests"));
  return { suites: JSON.parse(stdout.slice(start)), status };
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [tool, ...args] = process.argv.slice(2);
  if (tool !== "forge" && tool !== "anvil" && tool !== "cast") {
    console.error("usage: node script/foundry.mjs forge|anvil|cast [arguments]");
    process.exit(2);
  }
  const child = spawn(foundryBinary(tool), args, { stdio: "inherit" });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 1)));
}
