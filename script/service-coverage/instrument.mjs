// Notes each line of a source file on which a statement, or the value of an arrow function, begins; and makes the
// code say when it gets there.
import { parseSync } from "oxc-parser";

/** What the code calls, with a file and the number of a point in it. */
const CALL = "globalThis.__reached";

/** @typedef {{ type: string, start: number, end: number, [key: string]: unknown }} Node */
/** @typedef {{ at: number, text: string }} Insertion */

/** Nothing runs where these stand: a function is reached by what is inside. */
const SILENT = new Set([
  "ImportDeclaration",
  "FunctionDeclaration",
  "ClassDeclaration",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "ExportAllDeclaration",
  "BlockStatement",
  "EmptyStatement",
]);
/** Where a statement may stand without braces. */
const BARE = new Set(["consequent", "alternate", "body"]);

/**
 * @param {string} file
 * @param {string} source
 * @returns {{ code: string, lines: number[] }} `lines[i]` is the line of point i
 */
export function instrument(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const lineAt = lineFinder(source);
  /** @type {number[]} */
  const lines = [];
  /** @type {Insertion[]} */
  const insertions = [];
  const point = (/** @type {Node} */ node) => {
    lines.push(lineAt(node.start));
    return `${CALL}(${JSON.stringify(file)}, ${lines.length - 1})`;
  };

  /** @type {(value: unknown, parent: Node | undefined, key: string) => void} */
  const visit = (value, parent, key) => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, parent, key);
      return;
    }
    if (typeof value !== "object" || value === null || !("type" in value)) return;
    const node = /** @type {Node} */ (value);
    let closing = "";
    if (isStatement(node, parent, key)) {
      const isBare = BARE.has(key) && !Array.isArray(parent?.[key]);
      insertions.push({ at: node.start, text: `${isBare ? "{ " : ""}${point(node)}; ` });
      if (isBare) closing = " }";
    } else if (
      parent?.type === "ArrowFunctionExpression" &&
      key === "body" &&
      node.type !== "BlockStatement"
    ) {
      insertions.push({ at: node.start, text: `(${point(node)}, ` });
      closing = ")";
    }
    for (const [name, child] of Object.entries(node)) visit(child, node, name);
    // After whatever closes inside.
    if (closing) insertions.push({ at: node.end, text: closing });
  };
  visit(/** @type {unknown} */ (program), undefined, "");
  return { code: insertAll(source, insertions), lines };
}

/** @type {(node: Node, parent: Node | undefined, key: string) => boolean} */
function isStatement({ type, declaration }, parent, key) {
  if (type.startsWith("TS") || SILENT.has(type)) return false;
  // The head of a loop is the loop's; what is exported is reached with the export.
  if (key === "init" || key === "left" || parent?.type.startsWith("Export")) return false;
  if (type.startsWith("Export"))
    return /** @type {Node | null} */ (declaration)?.type === "VariableDeclaration";
  return type.endsWith("Statement") || type.endsWith("Declaration");
}

/** @param {string} source */
function lineFinder(source) {
  const starts = [0];
  for (let i = source.indexOf("\n"); i >= 0; i = source.indexOf("\n", i + 1)) starts.push(i + 1);
  return (/** @type {number} */ offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (/** @type {number} */ (starts[middle]) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/**
 * @param {string} source
 * @param {Insertion[]} insertions
 */
function insertAll(source, insertions) {
  let code = "";
  let from = 0;
  for (const { at, text } of insertions
    .map((one, i) => ({ ...one, i }))
    .sort((a, b) => a.at - b.at || a.i - b.i)) {
    code += source.slice(from, at) + text;
    from = at;
  }
  return code + source.slice(from);
}
