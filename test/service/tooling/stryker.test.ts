// SPDX-License-Identifier: AGPL-3.0-only
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { type Mutant, mutantsOf } from "../../../script/stryker/mutants.mjs";
import { scoreOf, survivorLines } from "../../../script/stryker/report.mjs";
import { tryAll } from "../../../script/stryker/try-all.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const SAMPLE = `
export const NAME = "sample";
export function greet(): string {
  return \`hello \${NAME}\`;
}
export function never(): boolean {
  return false;
}
export function isMany(count: number): boolean {
  return count > 1;
}
export function area(a: bigint, b: bigint): bigint {
  return a * b;
}
`;
const TESTS = `
import { expect, it } from "vitest";
import { area, greet, isMany } from "./sample.ts";

it("greets", () => expect(greet()).toBe("hello sample"));
it("knows many from few", () => expect([isMany(0), isMany(5)]).toEqual([false, true]));
it("ends", () => {
  const step = area(1n, 2n);
  for (let left = 5n; left > 0n; left -= step) expect(left).toBeLessThan(6n);
});
`;

/** Where vitest finds its packages. */
function folderInside(): string {
  mkdirSync(`${root}cache`, { recursive: true });
  const folder = mkdtempSync(`${root}cache/stryker-`);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return relative(root, folder);
}

it("a run tells mutants that tests notice, in constants and endless ones too, from those that they do not", async () => {
  const folder = folderInside();
  const file = `${folder}/sample.ts`;
  writeFileSync(join(root, file), SAMPLE);
  writeFileSync(join(root, folder, "sample.check.ts"), TESTS);
  const { mutants, code } = await mutantsOf({ [file]: SAMPLE });
  const said: string[] = [];
  const include = [`${folder}/sample.check.ts`];
  const say = (line: string) => void said.push(line);
  const outcomes = await tryAll({ mutants, code, include, exclude: [], patience: 2_000, say });

  const becomes = mutants.map(({ id, start, mutator, replacement }) => [
    ...[start.line, mutator, replacement.slice(0, 12)],
    outcomes.get(id) ?? "unreached",
  ]);
  expect(becomes).toEqual([
    [2, "StringLiteral", '""', "killed"],
    [3, "BlockStatement", "{}", "killed"],
    [4, "StringLiteral", "``", "killed"],
    [6, "BlockStatement", "{}", "unreached"],
    [7, "BooleanLiteral", "true", "unreached"],
    [9, "BlockStatement", "{}", "killed"],
    [10, "ConditionalExpression", "true", "killed"],
    [10, "ConditionalExpression", "false", "killed"],
    [10, "EqualityOperator", "count >= 1", "survived"],
    [10, "EqualityOperator", "count <= 1", "killed"],
    [12, "BlockStatement", "{}", "killed"],
    [13, "ArithmeticOperator", "a / b", "endless"],
  ]);
  expect(said).toEqual([
    expect.stringMatching(/sample\.check\.ts: 10 tried in \d+ s; 9 of 12 noticed so far$/),
  ]);

  const score = scoreOf(mutants, outcomes);
  expect(score).toMatchObject({ noticed: 9, of: 12, part: 0.75, files: [{ file, noticed: 9, of: 12 }] });
  expect(survivorLines(score.survivors)).toEqual([
    `${file}:6:34 BlockStatement: { return false; } → {}, reached by no test`,
    `${file}:7:10 BooleanLiteral: false → true, reached by no test`,
    `${file}:10:10 EqualityOperator: count > 1 → count >= 1`,
  ]);
}, 180_000);

it("a run says nothing of mutants where tests fail without any", async () => {
  const folder = folderInside();
  writeFileSync(
    join(root, folder, "wrong.check.ts"),
    'import { it } from "vitest";\nit("x", () => { throw 1; });\n',
  );
  const job = { mutants: [] as Mutant[], code: {}, exclude: [], say: () => undefined };
  await expect(tryAll({ ...job, include: [`${folder}/wrong.check.ts`] })).rejects.toThrow(
    `these fail without a mutant: ${folder}/wrong.check.ts`,
  );
  await expect(tryAll({ ...job, include: [`${folder}/none.check.ts`] })).rejects.toThrow(
    "no file of tests was found",
  );
}, 180_000);

it("a report of survivors shortens what is long, and takes no mutants for all of them", () => {
  const mutant = { id: "0", file: "a.ts", mutator: "StringLiteral", start: { line: 1, column: 2 } };
  const long = {
    ...mutant,
    original: `"${"x".repeat(100)}"`,
    replacement: '""',
    outcome: "survived",
  } as const;
  expect(survivorLines([long])).toEqual([`a.ts:1:2 StringLiteral: "${"x".repeat(79)}… → ""`]);
  expect(scoreOf([], new Map())).toMatchObject({ of: 0, part: 1, files: [] });
});
