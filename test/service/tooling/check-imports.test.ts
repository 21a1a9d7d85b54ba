import { describe, expect, test } from "vitest";
import { checkImports } from "../../../script/check-imports.mjs";

const problems = (part: string, source: string) => checkImports(`service/${part}/file.ts`, source);

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
    ["core", 'import { abi } from "../chain/abi.ts";', "core may not import chain"],
    ["core", 'import type { Abi } from "../chain/abi.ts";', "core may not import chain"],
    ["core", 'import { readFileSync } from "node:fs";', "core is pure and may not import node:fs"],
    ["core", 'import { readFileSync } from "fs";', "core is pure and may not import fs"],
    ["core", 'const clock = await import("../cli/clock.ts");', "core may not import cli"],
    ["core", "const any = await import(name);", "an import must name its module"],
    ["chain", 'export * from "../store/open.ts";', "chain may not import store"],
    ["store", 'import { abi } from "../chain/abi.ts";', "store may not import chain"],
    ["epoch", 'import { app } from "../http/app.ts";', "epoch may not import http"],
    ["audit", 'import { tree } from "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'import { type Leaf, tree } from "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'export { tree } from "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'import "../core/tree.ts";', "audit may import only types from core"],
    ["audit", 'import type { Job } from "../epoch/job.ts";', "audit may not import epoch"],
    ["core", 'import { hashBytes } from "#audit/hashing";', "core may not import #audit/hashing"],
    ["http", 'import { run } from "../epoch/run.ts";', "http may import only types from epoch"],
    ["http", 'import { main } from "../cli/main.ts";', "http may not import cli"],
    [
      "chain",
      'import { binary } from "../../script/foundry.mjs";',
      "the service may not import script/foundry.mjs",
    ],
  ])("keeps %s from writing %s", (part, source, reason) => {
    expect(problems(part, `\n${source}`)).toEqual([`service/${part}/file.ts:2: ${reason}`]);
  });

  test("knows every folder of the service", () => {
    expect(problems("misc", "")).toEqual(["service/misc/file.ts: no part of the service is called misc"]);
  });
});
