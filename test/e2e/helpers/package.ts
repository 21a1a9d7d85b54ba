// SPDX-License-Identifier: AGPL-3.0-only
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
export const MODULES = join(PROJECT, "node_modules");

export interface Installed {
  /** An empty folder but for the package, and what that depends on. */
  readonly folder: string;
  /** Where the package is in it. */
  readonly home: string;
  readonly packedBytes: number;
}

/**
 * Packs what `npm run build` made, and puts it where `npm install` would. Nothing but its dependencies is within reach.
 * It builds nothing: other tests serve the page of the same folder.
 */
export function installInto(folder: string): Installed {
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", pack, { cwd: PROJECT, encoding: "utf8" }));
  const home = join(folder, "node_modules/provender");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", home, "--strip-components", "1"]);
  const { dependencies, bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const link = (target: string, path: string) => {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  };
  for (const name of Object.keys(dependencies)) link(join(MODULES, name), join(folder, "node_modules", name));
  link(join(home, bin.provender), join(folder, "node_modules/.bin/provender"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  return { folder, home, packedBytes: statSync(join(folder, filename)).size };
}

/** What a command prints; it throws with all that it said unless it ends well. */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)(command, args, { cwd });
  running.child.stdin?.end();
  const { stdout } = await running.catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return stdout;
}

/** All files below a folder, with size and time of change; links are not followed. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`)
    .toSorted();
}

/** Length of a module and all that it imports before it runs. */
export function staticBytes(path: string, seen = new Set<string>()): number {
  if (seen.has(path)) return 0;
  seen.add(path);
  const text = readFileSync(path, "utf8");
  const imports = [...text.matchAll(/(?:import|from)"(\.[^"]+)"/g)].map(([, name]) =>
    join(dirname(path), name as string),
  );
  return imports.reduce((sum, each) => sum + staticBytes(each, seen), text.length);
}

type Lock = Record<string, { dependencies?: object; optionalDependencies?: object }>;

/** Bytes on disk of all packages that the package brings along, as the lockfile has them. */
export function dependencyBytes(): number {
  const { packages } = JSON.parse(readFileSync(join(PROJECT, "package-lock.json"), "utf8"));
  const lock: Lock = packages;
  const seen = new Set<string>();
  const visit = (name: string, from: string) => {
    // Where Node would find it: in the nearest node_modules above.
    for (let above: string | undefined = from; above !== undefined; above = parentOf(above)) {
      const path = above === "" ? `node_modules/${name}` : `${above}/node_modules/${name}`;
      if (!Object.hasOwn(lock, path)) continue;
      if (seen.has(path)) return;
      seen.add(path);
      const { dependencies, optionalDependencies } = lock[path] ?? {};
      for (const each of Object.keys({ ...dependencies, ...optionalDependencies })) visit(each, path);
      return;
    }
  };
  for (const name of Object.keys(lock[""]?.dependencies ?? {})) visit(name, "");
  return [...seen].reduce((sum, path) => sum + bytesOf(join(PROJECT, path)), 0);
}

function parentOf(path: string): string | undefined {
  if (path === "") return undefined;
  const at = path.lastIndexOf("/node_modules/");
  return at < 0 ? "" : path.slice(0, at);
}

const BLOCK = 512;

/** Without packages inside, which are counted by themselves. Of another platform's there is nothing. */
function bytesOf(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? sum : sum + bytesOf(path);
      return sum + BLOCK * statSync(path).blocks;
    }, 0);
  } catch {
    return 0;
  }
}
