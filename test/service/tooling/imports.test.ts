import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../helpers/folder.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CONFIG = "oxlint.config.mjs";

interface Diagnostic {
  readonly filename: string;
  readonly message: string;
  readonly help: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/** What `npm run lint:imports` says of a file of this path and content, a line for each import that it refuses. */
function refusals(path: string, source: string): string[] {
  const folder = temporaryFolder();
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), source);
  cpSync(join(ROOT, CONFIG), join(folder, CONFIG));
  const args = [join(ROOT, "node_modules/oxlint/bin/oxlint"), "-c", CONFIG, "--format", "json", "service"];
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const { diagnostics, number_of_files: files } = JSON.parse(stdout) as {
    readonly diagnostics: readonly Diagnostic[];
    readonly number_of_files: number;
  };
  expect(files).toBe(1);
  expect(status).toBe(diagnostics.length === 0 ? 0 : 1);
  return diagnostics.map(({ filename, message, help, labels: [label] }) => {
    const why = message.includes("restricted") ? help : message;
    return `${filename}:${label?.span.line}: ${why}`;
  });
}

const problems = (part: string, source: string) => refusals(`service/${part}/file.ts`, source);

describe("import directions", () => {
  test.each([
    ["core", 'import { leaf } from "./leaf.ts";'],
    ["core", 'import { createKeccak } from "hash-wasm";'],
    ["chain", 'import { leaf } from "../core/leaf.ts";'],
    ["store", 'import { decode } from "../core/artifact.ts"; import { readFile } from "node:fs/promises";'],
    ["epoch", 'import { logs } from "../chain/logs.ts"; import { open } from "../store/open.ts";'],
    ["audit", 'import type { Artifact } from "../core/artifact.ts";'],
    ["audit", 'import { type Artifact } from "../core/artifact.ts";'],
    ["audit", 'export type { Artifact } from "../core/artifact.ts";'],
    ["audit", 'import { abi } from "../chain/abi.ts";'],
    [
      "audit",
      'import { hashBytes } from "#audit/hashing"; import { publicClientOf } from "#chain/public-client";',
    ],
    ["http", 'import type { Status } from "../epoch/status.ts";'],
    [
      "cli",
      'import { app } from "../http/app.ts"; import manifest from "../../package.json" with { type: "json" };',
    ],
    ["core", '// import { x } from "../chain/x.ts";\nconst text = \'import "../chain/x.ts"\';'],
  ])("lets %s write %s", (part, source) => {
    expect(problems(part, source)).toEqual([]);
  });

  test.each([
    ["core", 'import { abi } from "../chain/abi.ts";', "core may import no other part"],
    ["core", 'import type { Abi } from "../chain/abi.ts";', "core may import no other part"],
    ["core", 'import { readFileSync } from "node:fs";', "Do not import Node.js builtin module `node:fs`"],
    ["core", 'import { readFileSync } from "fs";', "Do not import Node.js builtin module `fs`"],
    ["core", 'const clock = await import("../cli/clock.ts");', "core may import no other part"],
    ["core", "const any = await import(name);", "Expected a literal string or immutable template literal"],
    ["chain", 'export * from "../store/open.ts";', "chain may import core"],
    ["store", 'import { abi } from "../chain/abi.ts";', "store may import core"],
    ["epoch", 'import { app } from "../http/app.ts";', "epoch may import core, chain, store, networks"],
    ["audit", 'import { tree } from "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'import { type Leaf, tree } from "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'export { tree } from "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'import "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'import type { Job } from "../epoch/job.ts";', "audit may import chain, type core"],
    ["core", 'import { hashBytes } from "#audit/hashing";', "core may import no other part"],
    ["http", 'import { run } from "../epoch/run.ts";', "http may import only types from epoch"],
    ["http", 'import { main } from "../cli/main.ts";', "http may import core, store, chain, type epoch"],
    ["chain", 'import { binary } from "../../script/foundry.mjs";', "chain may import core"],
  ])("keeps %s from writing %s", (part, source, reason) => {
    expect(problems(part, `\n${source}`)).toEqual([`service/${part}/file.ts:2: ${reason}`]);
  });

  test("knows every folder of the service", () => {
    const why = "no part of the service has this folder: oxlint.config.mjs";
    for (const path of ["service/misc/file.ts", "service/file.ts", "service/cli/commands/deep/file.ts"])
      expect(refusals(path, 'import { http } from "viem";')).toEqual([`${path}:1: ${why}`]);
    expect(problems("cli", 'import { one } from "../misc/file.ts";')).toHaveLength(1);
  });

  test("are the same from a folder in a part's own", () => {
    const path = "service/cli/commands/file.ts";
    const own = 'import { one } from "../store.ts"; import { two } from "../store/two.ts";';
    const allowed =
      'import { open } from "../../store/open.ts"; import version from "../../../package.json";';
    expect(refusals(path, `${own}\n${allowed}`)).toEqual([]);
    expect(refusals(path, 'import { PAGE } from "../../web/page.ts";')).toHaveLength(1);
    expect(refusals(path, 'import { binary } from "../../../script/foundry.mjs";')).toHaveLength(1);
  });

  test.each(["../core/../epoch/job.ts", "./../epoch/job.ts", ".././epoch/job.ts"])(
    "are not hidden by a path like %s",
    (roundabout) => {
      expect(problems("chain", `import { job } from "${roundabout}";`)).toContain(
        "service/chain/file.ts:1: an import takes the shortest path",
      );
    },
  );

  test("leave an import no other way to name its module", () => {
    const folder = temporaryFolder();
    cpSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
    writeFileSync(join(folder, "file.ts"), "export const clock = await import(`../cli/clock.ts`);\n");
    const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
    const args = [biome, "lint", "--vcs-enabled=false", "--reporter=json", "file.ts"];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string }[] };
    expect(diagnostics.map(({ category }) => category)).toEqual(["lint/style/noUnusedTemplateLiteral"]);
  });

  test("bind all but what loads the program", () => {
    const source = "await import(name);";
    expect(refusals("service/cli/start.mjs", source)).toEqual([]);
    expect(refusals("service/cli/provender.mjs", source)).toEqual([]);
    expect(refusals("service/cli/main.mjs", source)).toHaveLength(1);
  });
});
