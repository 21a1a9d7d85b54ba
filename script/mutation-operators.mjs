// The fixed operators of npm run test:mutation: from a contract's source to every mutant of it.

/**
 * `within` is the function around it, `line` the lines touched and `becomes` what stands there afterwards, both
 * with single spaces: with the file they name a mutant for as long as those lines stay as they are.
 * @typedef {{ file: string, number: number, operator: string, within: string, line: string, becomes: string, source: string }} Mutant
 */
/** @typedef {{ start: number, end: number, text: string }} Edit */
/** @typedef {{ name: string, edits: (code: string) => Edit[] }} Operator */

/** @param {string} text */
const squeeze = (text) => text.replace(/\s+/g, " ").trim();

/**
 * The source with comments, strings, imports and pragmas blanked out, every other character in its place.
 * @param {string} source
 */
export function blank(source) {
  const pattern =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\b(?:import|pragma|using|event|error)\b[^;]*;/g;
  return source.replace(pattern, (text) => text.replace(/[^\n]/g, " "));
}

/**
 * @param {string} name
 * @param {RegExp} pattern
 * @param {string | ((match: RegExpMatchArray) => string | undefined)} replacement
 * @returns {Operator}
 */
function replacing(name, pattern, replacement) {
  return {
    name,
    edits: (code) =>
      [...code.matchAll(pattern)].flatMap((match) => {
        const text = typeof replacement === "string" ? replacement : replacement(match);
        return text === undefined ? [] : [{ start: match.index, end: match.index + match[0].length, text }];
      }),
  };
}

/** @type {Record<string, string>} */
const ARITHMETIC = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "+=": "-=",
  "-=": "+=",
  "|": "&",
  "&": "|",
};
/** @type {Record<string, string>} */
const BOUNDARY = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
/** @type {Record<string, string>} */
const NEGATION = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==" };
/** @type {Record<string, string>} */
const ROUNDING = { mulDivDown: "mulDivUp", mulDivUp: "mulDivDown" };

/**
 * Where the parenthesis that opens at `open` closes.
 * @param {string} code
 * @param {number} open
 */
function closing(code, open) {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if (code[i] === "(") depth++;
    else if (code[i] === ")" && --depth === 0) return i;
  }
  throw new Error("a parenthesis is not closed");
}

/** @param {string} code */
const balanced = (code) => code.split("(").length === code.split(")").length;

/** @type {Operator} */
const conditions = {
  name: "condition",
  edits: (code) =>
    [...code.matchAll(/\b(?:if|while) \(/g)].flatMap(({ index, 0: text }) => {
      const open = index + text.length - 1;
      const close = closing(code, open);
      const guards = /^\s*\{?\s*(?:revert|revertWith)\b/.test(code.slice(close + 1));
      // A guard that always reverts dies in the first test, and a loop that never ends says nothing.
      const values = guards || text.startsWith("while") ? ["false"] : ["true", "false"];
      return values.map((value) => ({ start: open + 1, end: close, text: value }));
    }),
};

/** A whole statement of a call, an assignment, an emit, a delete: gone. @type {Operator} */
const statements = {
  name: "statement",
  edits: (code) => {
    /** @type {Edit[]} */
    const edits = [];
    for (const match of code.matchAll(/(?<=[;{}]\s*)([a-zA-Z_(+-][^;{}]*);/g)) {
      const end = match.index + match[0].length;
      const start = afterControl(code, match.index);
      const text = code.slice(start, end - 1);
      if (start >= end || /^(?:for|mapping|using|return|revert)\b/.test(text) || declares(text)) continue;
      const assigns = /^[\w.[\]() ,]*(?<![=!<>])[-+*/|&]?=(?!=)/.test(text);
      const calls = /^(?:emit |delete )?[\w.[\]]+\s*\(/.test(text);
      const steps = /^(?:\+\+|--)|(?:\+\+|--)$/.test(text);
      if (assigns || calls || steps) edits.push({ start, end, text: "{}" });
    }
    return edits;
  },
};

/**
 * Where the statement begins that an if, an else or a while at `start` governs.
 * @param {string} code
 * @param {number} start
 * @returns {number}
 */
function afterControl(code, start) {
  const rest = code.slice(start);
  const word = /^(?:else\s+|(?:else\s+)?(?:if|while)\s*(?=\())/.exec(rest)?.[0];
  if (word === undefined) return start;
  let next = start + word.length;
  if (code[next] === "(") next = closing(code, next) + 1;
  next += /^\s*/.exec(code.slice(next))?.[0].length ?? 0;
  return afterControl(code, next);
}

/** @param {string} text whether it declares what it assigns: those mutants would not compile */
function declares(text) {
  return /^(?:\(?,?\s*)*[A-Za-z_][\w.[\]]*(?:\([^)]*\))? +(?:storage |memory |calldata |public |private |internal |constant |immutable |transient )*[A-Za-z_]\w*\s*[,=)]/.test(
    text,
  );
}

/** @type {Operator} */
const literals = {
  name: "constant",
  edits: (code) =>
    [
      ...code.matchAll(
        /(?<![\w.$])(\d[\d_]*(?:e\d+)?)(?![\w.]| \*\*)( (?:seconds|minutes|hours|days|weeks|ether|gwei|wei)\b)?/g,
      ),
    ].map((match) => {
      const plain = /^\d+$/.test(match[0]);
      const text = plain ? String(BigInt(match[0]) + 1n) : `(${match[0]} + 1)`;
      return { start: match.index, end: match.index + match[0].length, text };
    }),
};

/** @type {Operator} */
const ternaries = {
  name: "ternary",
  edits: (code) =>
    [...code.matchAll(/ \? ([^?:;{}]+) : ([^?:;{}]+);/g)]
      .filter(([, yes = "", no = ""]) => balanced(yes) && balanced(no))
      .map((match) => ({
        start: match.index,
        end: match.index + match[0].length,
        text: ` ? ${match[2]} : ${match[1]};`,
      })),
};

/** @type {Operator[]} */
const OPERATORS = [
  replacing("arithmetic", /(?<= )(?:[-+*/%|&]|[-+]=)(?= |\n)/g, ([sign]) => ARITHMETIC[sign]),
  replacing("arithmetic", /\+\+|--/g, ([sign]) => (sign === "++" ? "--" : "++")),
  replacing("boundary", /(?<= )[<>]=?(?= )/g, ([sign]) => BOUNDARY[sign]),
  replacing("comparison", /(?<= )(?:[<>]=?|[=!]=)(?= )/g, ([sign]) => NEGATION[sign]),
  replacing("logical", /&&/g, "||"),
  replacing("logical", /\|\|/g, "&&"),
  replacing("logical", /!(?=[\w(])/g, ""),
  replacing("rounding", /\bmulDiv(?:Down|Up)\b/g, ([name]) => ROUNDING[name]),
  replacing("modifier", /\b(?:nonReentrant|only[A-Z]\w*)\b(?=[^;{}()]*(?:\{|returns\b))/g, ""),
  conditions,
  statements,
  literals,
  ternaries,
];

/**
 * Every mutant of one file, in the order of the source.
 * @param {string} file
 * @param {string} source
 * @returns {Mutant[]}
 */
export function mutantsOf(file, source) {
  const code = blank(source);
  /** @type {Map<string, Mutant & { start: number }>} */
  const mutants = new Map();
  for (const { name, edits } of OPERATORS) {
    for (const { start, end, text } of edits(code)) {
      const mutated = source.slice(0, start) + text + source.slice(end);
      if (mutated === source || mutants.has(mutated)) continue;
      const lineStart = source.lastIndexOf("\n", start) + 1;
      const lineEnd = source.indexOf("\n", end);
      mutants.set(mutated, {
        file,
        number: source.slice(0, start).split("\n").length,
        operator: name,
        within:
          [...code.slice(0, end).matchAll(/\b(?:function|modifier) (\w+)|\b(constructor)\b/g)]
            .map(([, named, unnamed]) => named ?? unnamed ?? "")
            .at(-1) ?? "",
        line: squeeze(source.slice(lineStart, lineEnd)),
        becomes: squeeze(source.slice(lineStart, start) + text + source.slice(end, lineEnd)),
        source: mutated,
        start,
      });
    }
  }
  return [...mutants.values()].sort((a, b) => a.start - b.start).map(({ start: _, ...mutant }) => mutant);
}
