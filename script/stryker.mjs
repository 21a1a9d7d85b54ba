// npm run test:stryker:core|audit [-- FILE… --json]: how many of Stryker's mutants of a folder its tests notice.
// Stryker's own way of running vitest starts everything anew for each mutant, which takes hours here: see stryker/runner.ts.
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { root } from "./steps.mjs";
import { mutantsOf } from "./stryker/mutants.mjs";
import { PARTS } from "./stryker/parts.mjs";
import { scoreOf, survivorLines } from "./stryker/report.mjs";
import { tryAll } from "./stryker/try-all.mjs";

/** The least part of the mutants of a folder that must be noticed. */
const BAR = 0.85;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const [name = "", ...only] = positionals;
const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
if (part === undefined) fail(`${name || "no part"}: expected ${Object.keys(PARTS).join(" or ")}`);

const files = readdirSync(root + part.folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => `${part.folder}/${file}`);
for (const file of only) if (!files.includes(file)) fail(`${file}: no file of ${part.folder}`);

const sources = Object.fromEntries(files.map((file) => [file, readFileSync(root + file, "utf8")]));
const { mutants, code } = await mutantsOf(sources);
const wanted = mutants.filter(({ file }) => only.length === 0 || only.includes(file));
const { include, exclude } = part;
const outcomes = await tryAll({
  mutants: wanted,
  code,
  include,
  exclude,
  say: (line) => console.error(line),
});

const score = scoreOf(wanted, outcomes);
if (values.json) console.log(JSON.stringify({ name, ...score }));
else {
  for (const { file, noticed, of } of score.files) console.log(`${file}: ${noticed} of ${of}`);
  for (const line of survivorLines(score.survivors)) console.log(line);
  console.log(`${name}: ${score.noticed} of ${score.of} mutants, ${(100 * score.part).toFixed(1)} %`);
}
if (score.part < BAR) process.exitCode = 1;

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(2);
}
