import solc from "solc";

/**
 * What solc prints: the version without an input, the compiled output for one in standard JSON.
 * @param {string} input
 * @returns {string}
 */
export function answer(input) {
  if (input !== "") return solc.compile(input);
  return `solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`;
}
