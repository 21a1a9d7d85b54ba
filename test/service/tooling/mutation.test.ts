import { describe, expect, test } from "vitest";
import { allMutants, isSame, survivors, targets } from "../../../script/mutation.mjs";
import { mutantsOf } from "../../../script/mutation-operators.mjs";

/** What becomes of the body of a function f. */
function changes(body: string, header = "function f() external"): string[] {
  const before = `contract C {\n${header} {\n${body}\n}\n}\n`;
  return mutantsOf("C.sol", before).map(({ becomes }) => becomes);
}

describe("mutation operators", () => {
  test.each([
    ["a = b + c;", ["{}", "a = b - c;"]],
    ["uint256 a = b * c;", ["uint256 a = b / c;"]],
    ["a += b;", ["{}", "a -= b;"]],
    ["++a;", ["--a;", "{}"]],
    ["bool a = b < c;", ["bool a = b <= c;", "bool a = b >= c;"]],
    ["bool a = b && !c;", ["bool a = b || !c;", "bool a = b && c;"]],
    [
      "if (a) b();\nelse if (c) d = e;",
      [
        "if (true) b();",
        "if (false) b();",
        "if (a) {}",
        "else if (true) d = e;",
        "else if (false) d = e;",
        "else if (c) {}",
      ],
    ],
    ["uint256 a = b.mulDivDown(c, d);", ["uint256 a = b.mulDivUp(c, d);"]],
    ["if (a) revert B();", ["if (false) revert B();"]],
    ["if (f(a)) b();", ["if (true) b();", "if (false) b();", "if (f(a)) {}"]],
    ["emit A(b);", ["{}"]],
    ["return 7;", ["return 8;"]],
    ["uint256 a = 3 days;", ["uint256 a = (3 days + 1);"]],
    ["uint256 a = 1e9;", ["uint256 a = (1e9 + 1);"]],
    ["return a ? b : c;", ["return a ? c : b;"]],
    ["a(\nb\n);", ["{}"]],
  ])("change %j", (body, expected) => {
    expect(changes(body)).toEqual(expected);
  });

  test.each([
    "// a = b + c;",
    "/* a = b + c; */",
    'string memory a = "b + c";',
    "uint256 a;",
    "mapping(address => bool) a;",
    "bytes32 a = 0x01;",
    "uint8 a = b1;",
    "revert A();",
  ])("leave %j alone", (body) => {
    expect(changes(body)).toEqual([]);
  });

  test("drop modifiers", () => {
    expect(changes("", "function f() external onlyOwner nonReentrant")).toEqual([
      "function f() external nonReentrant {",
      "function f() external onlyOwner {",
    ]);
  });

  test("name the function around a mutant, and its line", () => {
    const source = "contract C {\nconstructor() {\n++a;\n}\n\nfunction g() external {\n++b;\n}\n}\n";
    expect(mutantsOf("C.sol", source).map(({ within, number }) => [within, number])).toEqual([
      ["constructor", 3],
      ["constructor", 3],
      ["g", 7],
      ["g", 7],
    ]);
  });
});

describe("mutation runs", () => {
  test("every explained survivor is a mutant of the contracts as they stand", () => {
    const mutants = Object.values(targets).flatMap(allMutants);
    expect(survivors.filter((survivor) => !mutants.some((mutant) => isSame(mutant)(survivor)))).toEqual([]);
    expect(survivors.filter(({ reason }) => reason.trim().length < 10)).toEqual([]);
  });
});
