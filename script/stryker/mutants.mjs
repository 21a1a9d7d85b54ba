// All mutants of some files at once, each behind a switch: Stryker's own mutators, and its own switches.
import { Instrumenter } from "@stryker-mutator/instrumenter";

/**
 * @typedef {{ line: number, column: number }} Position lines and columns from 1
 * @typedef {{ id: string, file: string, mutator: string, start: Position, original: string, replacement: string }} Mutant
 */

const silent = () => undefined;
const log = {
  ...{ isTraceEnabled: () => false, isDebugEnabled: () => false, isInfoEnabled: () => false },
  ...{ isWarnEnabled: () => false, isErrorEnabled: () => false, isFatalEnabled: () => false },
  ...{ trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
};

/**
 * @param {Record<string, string>} sources by file
 * @returns {Promise<{ mutants: Mutant[], code: Record<string, string> }>} `code` is what to run in their place
 */
export async function mutantsOf(sources) {
  const files = Object.entries(sources).map(([name, content]) => ({ name, content, mutate: true }));
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const result = await new Instrumenter(log).instrument(files, options);
  const code = Object.fromEntries(result.files.map(({ name, content }) => [name, content]));
  const mutants = result.mutants.map(({ id, fileName, mutatorName, location, replacement = "" }) => ({
    id,
    file: fileName,
    mutator: mutatorName,
    start: { line: location.start.line + 1, column: location.start.column + 1 },
    original: textAt(sources[fileName] ?? "", location),
    replacement,
  }));
  return { mutants, code };
}

/**
 * @param {string} source
 * @param {{ start: Position, end: Position }} location lines and columns from 0
 */
function textAt(source, { start, end }) {
  const lines = source.split("\n").slice(start.line, end.line + 1);
  const last = lines.length - 1;
  lines[last] = lines[last]?.slice(0, end.column) ?? "";
  lines[0] = lines[0]?.slice(start.column) ?? "";
  return lines.join("\n");
}
