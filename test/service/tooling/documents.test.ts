// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };

/** The text of every file of `folder`, at any depth, whose name ends so. */
function textsOf(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(`${folder}/${file}`, "utf8"));
}

test("every test that the contracts' documents name exists", () => {
  const tests = new Set(
    textsOf("test/contracts", ".t.sol")
      .flatMap((text) => [...text.matchAll(/function (test\w+)/g)])
      .map(([, name]) => name),
  );
  const named = textsOf("contracts", ".md")
    .flatMap((text) => [...text.matchAll(/`(test(?:Fuzz)?_\w+)`/g)])
    .map(([, name]) => name);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !tests.has(name))).toEqual([]);
});

test("every environment variable that the service reads is among its settings", () => {
  const named = textsOf("service", ".ts").flatMap(
    (text) => text.match(/\b(?:PROVENDER|DATABASE)_[A-Z_]+[A-Z]\b/g) ?? [],
  );
  const settings = readFileSync("service/CONFIG.md", "utf8");
  expect(named.length).toBeGreaterThan(40);
  expect([...new Set(named)].filter((name) => !settings.includes(`\`${name}`))).toEqual([]);
});

test("every file, and every script of npm, that CONTRIBUTING.md names exists", () => {
  const text = readFileSync("CONTRIBUTING.md", "utf8");
  const files = [...text.matchAll(/`((?:contracts|script|service|test)\/[\w./-]+)`/g)].map(
    ([, path]) => path as string,
  );
  expect(files.length).toBeGreaterThan(40);
  expect(files.filter((path) => !existsSync(path))).toEqual([]);
  const scripts = [...text.matchAll(/`npm run ([\w:]+)/g)].map(([, name]) => name as string);
  expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
});

test("the version that is released is the first that the changes name", () => {
  const [, version] = /^## (\S+)$/m.exec(readFileSync("CHANGELOG.md", "utf8")) ?? [];
  expect(version).toBe(manifest.version);
});

test("every invariant that the contracts' documents name exists, by its number at least", () => {
  const invariants = textsOf("test/contracts", "Invariants.t.sol").flatMap((text) =>
    [...text.matchAll(/function (invariant_\w+)/g)].map(([, name = ""]) => name),
  );
  const named = textsOf("contracts", ".md").flatMap((text) =>
    [...text.matchAll(/`(invariant_\w+)`/g)].map(([, name = ""]) => name),
  );
  expect(named.length).toBeGreaterThan(8);
  const missing = named.filter(
    (name) => !invariants.some((known) => known === name || known.startsWith(`${name}_`)),
  );
  expect(missing).toEqual([]);
});

test("every function and class that a file of the service exports says what it is for", () => {
  const exported =
    /^export (?:default )?(?:(?:async )?function\*? |class |const (?=\w+ = (?:async )?\(.*(?:=>|[({,]$)))(\w+)/;
  let seen = 0;
  const silent = readdirSync("service", { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:tsx?|mjs)$/.test(file) && !/\.d\.m?ts$|^chain\/abi\.ts$/.test(file))
    .flatMap((file) => {
      const lines = readFileSync(`service/${file}`, "utf8").split("\n");
      return lines.flatMap((line, i) => {
        const [, name] = exported.exec(line) ?? [];
        if (name === undefined) return [];
        seen++;
        const before = lines[i - 1] ?? "";
        // Of overloads the first one says it.
        const isToldOf = before.endsWith("*/") || exported.exec(before)?.[1] === name;
        return isToldOf ? [] : [`service/${file}: ${name}`];
      });
    });
  expect(seen).toBeGreaterThan(1_000);
  expect(silent).toEqual([]);
});
