// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

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
