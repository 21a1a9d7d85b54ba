// The fixed operators of npm run test:mutation: from a contract's source to every mutant of it, by the compiler's syntax tree.
import solc from "solc";

/**
 * `within` is the function around it, `line` the lines touched and `becomes` what stands there afterwards, both
 * with single spaces: with the file they name a mutant for as long as those lines stay as they are.
 * @typedef {{ file: string, number: number, operator: string, within: string, line: string, becomes: string, source: string }} Mutant
 */
/** @typedef {{ operator: string, start: number, end: number, text: string }} Edit */
/** A node of the syntax tree. @typedef {{ nodeType: string, src: string, [field: string]: any }} Node */

/** @type {Record<string, string[]>} */
const OPERATORS = {
  ...{ "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"], "|": ["&"], "&": ["|"] },
  ...{ "+=": ["-="], "-=": ["+="], "++": ["--"], "--": ["++"], "&&": ["||"], "||": ["&&"], "!": [""] },
  ...{ "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="] },
};
/** @type {Record<string, string>} */
const ROUNDING = { mulDivDown: "mulDivUp", mulDivUp: "mulDivDown" };

/** Positions in a text of a character a byte, as the compiler counts. @param {Node} node */
function spanOf({ src }) {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return { start, end: start + length };
}

/**
 * What stands for an operator between two places, comments aside.
 * @param {string} code
 * @param {string} sign
 * @param {number} from
 * @param {number} to
 * @returns {Edit[]}
 */
function signs(code, sign, from, to) {
  const gap = code.slice(from, to).replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (text) => " ".repeat(text.length));
  const start = from + gap.indexOf(sign);
  const edit = { operator: sign, start, end: start + sign.length };
  return (OPERATORS[sign] ?? []).map((text) => ({ ...edit, text }));
}

/** Whether a revert is the first that a condition lets happen. @param {Node} body @returns {boolean} */
const reverts = ({ nodeType, statements, expression }) =>
  nodeType === "Block"
    ? statements.length > 0 && reverts(statements[0])
    : nodeType === "RevertStatement" || expression?.expression?.name === "revertWith";

/** @type {Record<string, (code: string, node: Node, parent: Node | undefined) => Edit[]>} */
const EDITS = {
  BinaryOperation: (code, { operator, leftExpression, rightExpression }) =>
    signs(code, operator, spanOf(leftExpression).end, spanOf(rightExpression).start),
  Assignment: (code, { operator, leftHandSide, rightHandSide }) =>
    signs(code, operator, spanOf(leftHandSide).end, spanOf(rightHandSide).start),
  UnaryOperation: (code, { operator, prefix, subExpression, ...node }) => {
    const [whole, within] = [spanOf(/** @type {Node} */ (node)), spanOf(subExpression)];
    return prefix
      ? signs(code, operator, whole.start, within.start)
      : signs(code, operator, within.end, whole.end);
  },
  // A guard that always reverts dies in the first test, and a loop that never ends says nothing.
  IfStatement: (_, { condition, trueBody }) =>
    (reverts(trueBody) ? ["false"] : ["true", "false"]).map((text) => ({
      ...{ operator: "condition", ...spanOf(condition), text },
    })),
  WhileStatement: (_, { condition }) => [{ operator: "condition", ...spanOf(condition), text: "false" }],
  Conditional: (code, { trueExpression, falseExpression }) => {
    const [yes, no] = [spanOf(trueExpression), spanOf(falseExpression)];
    const [first, between, second] = [
      code.slice(yes.start, yes.end),
      code.slice(yes.end, no.start),
      code.slice(no.start, no.end),
    ];
    return [{ operator: "ternary", start: yes.start, end: no.end, text: second + between + first }];
  },
  ExpressionStatement: statement,
  EmitStatement: statement,
  ModifierInvocation: (_, { modifierName, ...node }) =>
    /^(?:nonReentrant|only[A-Z]\w*)$/.test(modifierName.name)
      ? [{ operator: "modifier", ...spanOf(/** @type {Node} */ (node)), text: "" }]
      : [],
  MemberAccess: (_, { memberName, ...node }) => {
    const { end } = spanOf(/** @type {Node} */ (node));
    const [start, text] = [end - memberName.length, ROUNDING[memberName]];
    return text === undefined ? [] : [{ operator: "rounding", start, end, text }];
  },
  Literal: literal,
  YulLiteral: literal,
};

/** A whole statement of a call, an assignment, an emit, a delete: gone. @type {(typeof EDITS)[string]} */
function statement(code, node, parent) {
  const { start } = spanOf(node);
  if (parent?.nodeType === "ForStatement" && parent.body !== node) return [];
  return [{ operator: "statement", start, end: code.indexOf(";", spanOf(node).end) + 1, text: "{}" }];
}

/** @type {(typeof EDITS)[string]} */
function literal(code, node, parent) {
  const span = spanOf(node);
  const text = code.slice(span.start, span.end);
  const isBase = parent?.operator === "**" && parent.leftExpression === node;
  if (node.kind !== "number" || isBase || !/^\d[\d_]*(?:e\d+)?(?: [a-z]+)?$/.test(text)) return [];
  const more = /^\d+$/.test(text) ? String(BigInt(text) + 1n) : `(${text} + 1)`;
  return [{ operator: "constant", ...span, text: more }];
}

/**
 * Every node of a syntax tree, with the function around it and the node above.
 * @param {unknown} tree
 * @param {string} [within]
 * @param {Node} [parent]
 * @returns {Generator<{ node: Node, within: string, parent: Node | undefined }>}
 */
export function* nodesIn(tree, within = "", parent = undefined) {
  if (tree === null || typeof tree !== "object") return;
  let [name, above] = [within, parent];
  if ("nodeType" in tree) {
    const node = /** @type {Node} */ (/** @type {unknown} */ (tree));
    if (/^(?:Function|Modifier|YulFunction)Definition$/.test(node.nodeType)) name = node.name || node.kind;
    yield { node, within: name, parent };
    above = node;
  }
  for (const value of Object.values(tree)) yield* nodesIn(value, name, above);
}

/** @param {string} text */
const squeeze = (text) => Buffer.from(text, "latin1").toString().replace(/\s+/g, " ").trim();

/**
 * Every mutant of one file, in the order of the source.
 * @param {string} file
 * @param {string} source
 * @returns {Mutant[]}
 */
export function mutantsOf(file, source) {
  const settings = { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } };
  const input = { language: "Solidity", sources: { [file]: { content: source } }, settings };
  const { sources } = JSON.parse(solc.compile(JSON.stringify(input)));
  const code = Buffer.from(source).toString("latin1");
  const edits = [...nodesIn(sources[file].ast)].flatMap(({ node, within, parent }) =>
    (EDITS[node.nodeType]?.(code, node, parent) ?? []).map((edit) => ({ ...edit, within })),
  );
  return edits
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map(({ operator, within, start, end, text }) => {
      const [lineStart, lineEnd] = [code.lastIndexOf("\n", start) + 1, code.indexOf("\n", end)];
      return {
        ...{ file, operator, within, number: code.slice(0, start).split("\n").length },
        line: squeeze(code.slice(lineStart, lineEnd)),
        becomes: squeeze(code.slice(lineStart, start) + text + code.slice(end, lineEnd)),
        source: Buffer.from(code.slice(0, start) + text + code.slice(end), "latin1").toString(),
      };
    });
}
