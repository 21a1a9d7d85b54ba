import { expect, test } from "vitest";
import { readLcov } from "../../../script/coverage.mjs";

const LCOV = `TN:
SF:contracts/B.sol
DA:3,1
DA:4,0
FNDA:0,B.f
FNF:1
FNH:0
LF:2
LH:1
BRDA:4,0,0,1
BRDA:4,0,1,-
BRF:2
BRH:1
end_of_record
SF:test/contracts/T.sol
DA:1,0
LF:1
LH:0
end_of_record
SF:contracts/A.sol
DA:1,2
LF:1
LH:1
end_of_record
`;

test("coverage of contracts tells each file that falls short, with the places that no test reaches", () => {
  const { table, problems } = readLcov(LCOV);
  expect(table.map((line) => line.split(/ +/)[0])).toEqual(["contracts/A.sol", "contracts/B.sol"]);
  expect(problems).toEqual([
    "contracts/B.sol: 50.0 % of lines, at least 100 %: 4",
    "contracts/B.sol: 0.0 % of functions, at least 100 %: B.f",
    "contracts/B.sol: 50.0 % of branches, at least 98 %: 4",
  ]);
});
