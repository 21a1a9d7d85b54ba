// Keeps imports between the folders of service/ pointing inward: core knows nobody, the CLI knows everybody,
// and the auditor shares no computation with the code it judges. Circles of files are for biome (noImportCycles), and
// that browsers are asked for nothing of Node's is for the page's own type check.
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

/**
 * For each part: the others that it may import, and those that it may import types from only.
 * @type {Record<string, string[]>}
 */
const PARTS = {
  core: [],
  chain: ["core"],
  store: ["core"],
  networks: ["core", "chain", "store", "type epoch"],
  epoch: ["core", "chain", "store", "networks"],
  audit: ["chain", "type core"],
  deploy: ["core", "chain"],
  http: ["core", "store", "chain", "type epoch"],
  prover: ["core", "chain", "store"],
  cli: ["core", "chain", "store", "networks", "epoch", "audit", "deploy", "http", "prover"],
  exports: ["core", "chain", "audit"],
  client: [],
  web: ["client", "audit", "chain", "core"],
};

/** They load the program that they are given, or what was built of it, and import nothing of the service by name. */
const LOADERS = ["service/cli/start.mjs", "service/cli/provender.mjs"];

/** @typedef {{ specifier: string | undefined, typeOnly: boolean, start: number }} Import */

/**
 * @param {string} path
 * @param {string} source
 * @returns {Import[]}
 */
function importsOf(path, source) {
  const { module, errors } = parseSync(path, source);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  /** @type {Import[]} */
  const found = [];
  for (const { moduleRequest, entries, start } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    found.push({ specifier: moduleRequest.value, typeOnly, start });
  }
  for (const { entries, start } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) found.push({ specifier: moduleRequest.value, typeOnly: isType, start });
    }
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    const literal = /^(["'`])([^$]*)\1$/s.exec(source.slice(moduleRequest.start, moduleRequest.end).trim());
    found.push({ specifier: literal?.[2], typeOnly: false, start });
  }
  return found;
}

/**
 * @param {string} path from the project's root, with forward slashes
 * @param {string} source
 * @returns {string[]} one line for each import that points the wrong way
 */
export function checkImports(path, source) {
  const part = path.split("/")[1] ?? "";
  const allowed = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined;
  if (!allowed) return [`${path}: no part of the service is called ${part}`];
  const values = [part, ...allowed];
  /** @param {Import} import_ */
  const reason = ({ specifier, typeOnly }) => {
    if (specifier === undefined && LOADERS.includes(path)) return undefined;
    if (specifier === undefined) return "an import must name its module";
    // What stands for one file or another is a part's own: package.json says which.
    if (specifier.startsWith("#")) {
      const owner = specifier.slice(1).split("/")[0] ?? "";
      return values.includes(owner) ? undefined : `${part} may not import ${specifier}`;
    }
    if (!specifier.startsWith(".")) {
      return part === "core" && isBuiltin(specifier)
        ? `core is pure and may not import ${specifier}`
        : undefined;
    }
    const target = posix.join(posix.dirname(path), specifier);
    if (target === "package.json" && part === "cli") return undefined;
    const [top, other = ""] = target.split("/");
    if (top !== "service") return `the service may not import ${target}`;
    const asType = values.includes(`type ${other}`);
    if (values.includes(other) || (typeOnly && asType)) return undefined;
    return asType ? `${part} may import only types from ${other}` : `${part} may not import ${other}`;
  };
  return importsOf(path, source).flatMap((import_) => {
    const line = source.slice(0, import_.start).split("\n").length;
    const why = reason(import_);
    return why ? [`${path}:${line}: ${why}`] : [];
  });
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const files = readdirSync(new URL("../service/", import.meta.url), { recursive: true, encoding: "utf8" })
    .map((file) => `service/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.(?:m?[jt]s|tsx)$/.test(file));
  if (files.length === 0) throw new Error("service/ holds no source file");
  const problems = files.flatMap((path) =>
    checkImports(path, readFileSync(new URL(`../${path}`, import.meta.url), "utf8")),
  );
  for (const problem of problems) console.error(problem);
  console.log(`${files.length} files, ${problems.length} imports point the wrong way`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
