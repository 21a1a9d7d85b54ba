import { expect, test } from "vitest";
import { parseLcov, shortfalls } from "../../../script/coverage.mjs";

const LCOV = `TN:
SF:contracts/B.sol
DA:3,1
DA:4,0
FN:3,B.f
FNDA:1,B.f
BRDA:4,0,0,1
BRDA:4,0,1,-
end_of_record
SF:test/contracts/T.sol
DA:1,0
end_of_record
SF:contracts/A.sol
DA:1,2
FN:1,A.f
FNDA:2,A.f
end_of_record
`;
const LEAST = { lines: 100, functions: 100, branches: 50 };
const text = (_: string, line: number) => `line ${line}`;

test("coverage counts lines, functions and branches of contracts/ alone", () => {
  expect(parseLcov(LCOV)).toEqual([
    {
      file: "contracts/A.sol",
      counts: {
        lines: { found: 1, hit: 1 },
        functions: { found: 1, hit: 1 },
        branches: { found: 0, hit: 0 },
      },
      gaps: [],
    },
    {
      file: "contracts/B.sol",
      counts: {
        lines: { found: 2, hit: 1 },
        functions: { found: 1, hit: 1 },
        branches: { found: 2, hit: 1 },
      },
      gaps: [
        { kind: "lines", line: 4, what: "line" },
        { kind: "branches", line: 4, what: "branch not taken" },
      ],
    },
  ]);
});

test("coverage reports what is below its least figure or lacks a reason", () => {
  expect(shortfalls(parseLcov(LCOV), { least: LEAST, unreached: [] }, text)).toEqual([
    "contracts/B.sol: 50.0 % of lines, least 100 %",
    "contracts/B.sol:4: line never reached: line 4",
    "contracts/B.sol:4: branch not taken never reached: line 4",
  ]);
});

test("a reason excuses its line and must not outlive it", () => {
  const least = { ...LEAST, lines: 50 };
  const reason = "no caller gets there";
  const known = { file: "contracts/B.sol", line: "line 4", reason };
  const gone = { file: "contracts/B.sol", line: "line 9", reason };
  expect(shortfalls(parseLcov(LCOV), { least, unreached: [known] }, text)).toEqual([]);
  expect(shortfalls(parseLcov(LCOV), { least, unreached: [known, gone] }, text)).toEqual([
    "contracts/B.sol: reached after all, or gone: line 9",
  ]);
});
