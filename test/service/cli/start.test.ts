// SPDX-License-Identifier: AGPL-3.0-only
import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../helpers/folder.ts";

const START = fileURLToPath(new URL("../../../service/cli/start.mjs", import.meta.url));
const require = createRequire(import.meta.url);

interface Project {
  readonly folder: string;
  /** Where programs that were put together are kept. */
  readonly kept: string;
  readonly write: (name: string, source: string) => void;
  /** What the program main.ts prints. */
  readonly run: (...args: string[]) => Promise<string>;
}

/** A project with packages of its own, and start.mjs where this one has it. */
function newProject(): Project {
  const folder = temporaryFolder();
  const write = (name: string, source: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  };
  write("package.json", '{ "type": "module" }');
  write(
    "run.mjs",
    'import { start } from "./service/cli/start.mjs";\nawait start(new URL("./main.ts", import.meta.url));\n',
  );
  mkdirSync(join(folder, "service/cli"), { recursive: true });
  copyFileSync(START, join(folder, "service/cli/start.mjs"));
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["esbuild", "tsx"]) {
    symlinkSync(dirname(require.resolve(`${name}/package.json`)), join(folder, "node_modules", name));
  }
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "run.mjs"), ...args]);
    return stdout;
  };
  return { folder, kept: join(folder, "node_modules/.cache/provender"), write, run };
}

/** @returns how many programs were put together so far */
const builds = ({ kept }: Project) => readdirSync(kept).filter((name) => !name.endsWith(".json")).length;

test("a program runs with its arguments, finds itself where it is, and is put together once", async () => {
  const project = newProject();
  project.write(
    "main.ts",
    "const args: string[] = process.argv.slice(2);\nconsole.log(args.join(), import.meta.url);\n",
  );
  const here = pathToFileURL(join(project.folder, "main.ts")).href;
  expect(await project.run("a", "b")).toBe(`a,b ${here}\n`);
  expect(await project.run("c")).toBe(`c ${here}\n`);
  expect(builds(project)).toBe(1);
});

test("a change of any source is noticed, also of one that is loaded late, and a damaged copy is made anew", async () => {
  const project = newProject();
  project.write(
    "main.ts",
    'import { a } from "./parts/a.ts";\nconst { b } = await import("./parts/b.ts");\nconsole.log(a + b);\n',
  );
  project.write("parts/a.ts", "export const a: number = 1;\n");
  project.write("parts/b.ts", "export const b: number = 10;\n");
  expect(await project.run()).toBe("11\n");
  project.write("parts/a.ts", "export const a: number = 2;\n");
  expect(await project.run()).toBe("12\n");
  project.write("parts/b.ts", "export const b: number = 20;\n");
  expect(await project.run()).toBe("22\n");
  expect(builds(project)).toBe(3);
  const manifest = readdirSync(project.kept).find((name) => name.endsWith(".json")) as string;
  writeFileSync(join(project.kept, manifest), "{");
  expect(await project.run()).toBe("22\n");
  expect(builds(project)).toBe(4);
});

test("another way of putting programs together is noticed", async () => {
  const project = newProject();
  project.write("main.ts", "console.log(1 as number);\n");
  expect(await project.run()).toBe("1\n");
  const source = readFileSync(join(project.folder, "service/cli/start.mjs"), "utf8");
  project.write("service/cli/start.mjs", source.replace("keepNames: true", "keepNames: false"));
  expect(await project.run()).toBe("1\n");
  expect(builds(project)).toBe(2);
});

test("another version of a package that was put in is noticed; others are loaded from where they are", async () => {
  const project = newProject();
  const pack = (name: string, version: string) => {
    project.write(
      `node_modules/${name}/package.json`,
      `{ "version": "${version}", "type": "module", "main": "main.js" }`,
    );
    project.write(
      `node_modules/${name}/main.js`,
      `export const version = "${version}", where = import.meta.url;\n`,
    );
  };
  pack("viem", "1.0.0");
  pack("pino", "1.0.0");
  project.write(
    "main.ts",
    'import * as viem from "viem";\nimport * as pino from "pino";\nconsole.log(viem.version, pino.version, pino.where);\n',
  );
  const pino = pathToFileURL(join(project.folder, "node_modules/pino/main.js")).href;
  expect(await project.run()).toBe(`1.0.0 1.0.0 ${pino}\n`);
  pack("pino", "2.0.0");
  expect(await project.run()).toBe(`1.0.0 2.0.0 ${pino}\n`);
  expect(builds(project)).toBe(1);
  pack("viem", "2.0.0");
  expect(await project.run()).toBe(`2.0.0 2.0.0 ${pino}\n`);
  expect(builds(project)).toBe(2);
});

test("started several times at once, it runs each time", async () => {
  const project = newProject();
  project.write("main.ts", "console.log(1 as number);\n");
  const runs = Array.from({ length: 4 }, () => project.run());
  expect(await Promise.all(runs)).toEqual(["1\n", "1\n", "1\n", "1\n"]);
});

test("where nothing can be kept, it runs all the same", async () => {
  const project = newProject();
  project.write("node_modules/.cache", "a file, no folder");
  project.write("main.ts", "console.log(1 as number);\n");
  expect(await project.run()).toBe("1\n");
  expect(existsSync(project.kept)).toBe(false);
});

test("a source with a mistake in it is named with the line, and nothing of it is kept", async () => {
  const project = newProject();
  project.write("main.ts", "console.log(1);\nconst = 2;\n");
  await expect(project.run()).rejects.toMatchObject({ stderr: expect.stringMatching(/main\.ts:2:6/) });
  expect(readdirSync(project.kept)).toEqual([]);
});
