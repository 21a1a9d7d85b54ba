/** @typedef {import("./mutants.mjs").Mutant} Mutant */
/** @typedef {"killed" | "endless" | "survived" | "unreached"} Outcome */
/** @typedef {Mutant & { outcome: Outcome }} Survivor */

/**
 * @param {readonly Mutant[]} mutants
 * @param {ReadonlyMap<string, Outcome>} outcomes by mutant; what no test reaches has none
 */
export function scoreOf(mutants, outcomes) {
  /** @type {Map<string, { file: string, noticed: number, of: number }>} */
  const files = new Map();
  /** @type {Survivor[]} */
  const survivors = [];
  for (const mutant of mutants) {
    const outcome = outcomes.get(mutant.id) ?? "unreached";
    const isNoticed = outcome === "killed" || outcome === "endless";
    const { file } = mutant;
    const { noticed, of } = files.get(file) ?? { noticed: 0, of: 0 };
    files.set(file, { file, noticed: noticed + Number(isNoticed), of: of + 1 });
    if (!isNoticed) survivors.push({ ...mutant, outcome });
  }
  const of = mutants.length;
  const noticed = of - survivors.length;
  return { noticed, of, part: of === 0 ? 1 : noticed / of, files: [...files.values()], survivors };
}

/** The longest text of a mutant that is printed. */
const LONGEST = 80;

/** @param {readonly Survivor[]} survivors */
export function survivorLines(survivors) {
  return survivors.map(({ file, start, original, replacement, outcome, mutator }) => {
    const note = outcome === "unreached" ? ", reached by no test" : "";
    return `${file}:${start.line}:${start.column} ${mutator}: ${brief(original)} → ${brief(replacement)}${note}`;
  });
}

/** @param {string} text */
function brief(text) {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
