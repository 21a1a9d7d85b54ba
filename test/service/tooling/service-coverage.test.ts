// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";
import { instrument } from "../../../script/service-coverage/instrument.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The lines that running the source reaches, and those that it does not. */
function run(source: string) {
  const { code, lines } = instrument("sample.js", source);
  const points = new Set<number>();
  const context = { __reached: (_: string, point: number) => points.add(point), log: [] as unknown[] };
  runInNewContext(code, { ...context, globalThis: context });
  const unreached = lines.filter((_, point) => !points.has(point));
  return { lines: [...new Set(lines)], unreached: [...new Set(unreached)], log: context.log };
}

describe("an instrumented source", () => {
  it("says which statements were reached, braces or not", () => {
    const source = [
      "let a = 1;",
      "if (a > 1) log.push('more');",
      "else if (a === 1)",
      "  log.push('one');",
      "else {",
      "  log.push('less');",
      "}",
      "for (const item of [1, 2])",
      "  if (item > 1) log.push(item);",
      "switch (a) {",
      "  case 1: log.push('case');",
      "    break;",
      "  default:",
      "    log.push('default');",
      "}",
    ].join("\n");
    const { lines, unreached, log } = run(source);
    expect(log).toEqual(["one", 2, "case"]);
    expect(lines.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 14]);
    expect(unreached).toEqual([2, 6, 14]);
  });

  it("knows the values of arrow functions from the lines on which these are made", () => {
    const source = [
      "const double = (x) =>",
      "  x * 2;",
      "const never = (x) =>",
      "  ({ x });",
      "const nested = (x) => (y) => x + y;",
      "log.push(double(4), nested(1)(2));",
    ].join("\n");
    expect(run(source)).toEqual({ lines: [1, 2, 3, 4, 5, 6], unreached: [4], log: [8, 3] });
  });

  it("knows a function that nobody calls", () => {
    const source = ["function never() {", "  return 1;", "}", "log.push(typeof never);"].join("\n");
    expect(run(source)).toEqual({ lines: [2, 4], unreached: [2], log: ["function"] });
  });

  it("is still TypeScript, whatever stands in it", () => {
    for (const folder of ["service/core/", "service/audit/"]) {
      for (const name of readdirSync(root + folder).filter((file) => file.endsWith(".ts"))) {
        const { code, lines } = instrument(name, readFileSync(`${root}${folder}${name}`, "utf8"));
        expect(parseSync(name, code).errors, name).toEqual([]);
        expect(lines.every((line) => line > 0)).toBe(true);
      }
    }
  });

  it("refuses what is no source", () => {
    expect(() => instrument("bad.js", "let = ;")).toThrow(/^bad\.js: /);
  });
});
