// Keeps imports between the folders of service/ pointing inward: core knows nobody, the CLI knows everybody,
// and the auditor shares no computation with the code it judges. No files import each other in a circle, types included.
// What runs in browsers asks for nothing of Node's.
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "oxc-parser";

/**
 * For each part: the parts it may import, and those it may import types from only.
 * @type {Record<string, { values: string[], types: string[] }>}
 */
const PARTS = {
  core: { values: ["core"], types: [] },
  chain: { values: ["chain", "core"], types: [] },
  store: { values: ["store", "core"], types: [] },
  networks: { values: ["networks", "core", "chain", "store"], types: ["epoch"] },
  epoch: { values: ["epoch", "core", "chain", "store", "networks"], types: [] },
  audit: { values: ["audit", "chain"], types: ["core"] },
  deploy: { values: ["deploy", "core", "chain"], types: [] },
  http: { values: ["http", "core", "store", "chain"], types: ["epoch"] },
  prover: { values: ["prover", "core", "chain", "store"], types: [] },
  cli: {
    values: ["cli", "core", "chain", "store", "networks", "epoch", "audit", "deploy", "http", "prover"],
    types: [],
  },
  exports: { values: ["exports", "core", "chain", "audit"], types: [] },
  client: { values: ["client"], types: [] },
  web: { values: ["web", "client", "audit", "chain", "core"], types: [] },
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
  const { values, types } = allowed;
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
    if (values.includes(other) || (typeOnly && types.includes(other))) return undefined;
    return types.includes(other)
      ? `${part} may import only types from ${other}`
      : `${part} may not import ${other}`;
  };
  return importsOf(path, source).flatMap((import_) => {
    const line = source.slice(0, import_.start).split("\n").length;
    const why = reason(import_);
    return why ? [`${path}:${line}: ${why}`] : [];
  });
}

/**
 * @param {ReadonlyMap<string, string>} sources by path from the project's root
 * @returns {string[]} one line for each circle of files that import each other
 */
export function findCircles(sources) {
  const imports = new Map(
    Array.from(sources, ([path, source]) => [
      path,
      importsOf(path, source).flatMap(({ specifier }) =>
        specifier?.startsWith(".") ? [posix.join(posix.dirname(path), specifier)] : [],
      ),
    ]),
  );
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const circles = [];
  /** @param {string} path @param {readonly string[]} trail */
  const follow = (path, trail) => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of imports.get(path) ?? []) follow(next, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) follow(path, []);
  return circles;
}

/** Runs in browsers: it, and all that it imports. */
const IN_BROWSERS = ["service/audit/in-browser.ts"];

/** Packages that ask for nothing of Node's. */
const EVERYWHERE = ["viem", "@ethereumjs/mpt"];

/** Globals that browsers have not got. */
const NODE_GLOBALS = ["Buffer", "process", "global", "require", "setImmediate", "__dirname", "__filename"];

/**
 * @typedef {Readonly<Record<string, string | { readonly browser?: string, readonly default: string }>>} Subpaths
 * the "imports" of package.json
 */

/**
 * @param {ReadonlyMap<string, string>} sources by path from the project's root
 * @param {string} entry what browsers run
 * @param {Subpaths} subpaths
 * @returns {string[]} one line for each thing of Node's that it would ask for
 */
export function findNodeIn(sources, entry, subpaths) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {string[]} */
  const problems = [];
  /** @param {string} path */
  const follow = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    const source = sources.get(path);
    if (source === undefined) {
      problems.push(`${path}: runs in browsers, and is not there`);
      return;
    }
    const lineOf = (/** @type {number} */ at) => source.slice(0, at).split("\n").length;
    for (const { name, start } of globalsIn(path, source)) {
      problems.push(`${path}:${lineOf(start)}: runs in browsers, which have no ${name}`);
    }
    for (const { specifier = "", typeOnly, start } of importsOf(path, source)) {
      if (typeOnly) continue;
      const subpath = Object.hasOwn(subpaths, specifier) ? subpaths[specifier] : undefined;
      const target = typeof subpath === "object" ? (subpath.browser ?? subpath.default) : subpath;
      if (target !== undefined) follow(posix.normalize(target));
      else if (specifier.startsWith(".")) follow(posix.join(posix.dirname(path), specifier));
      else if (!EVERYWHERE.includes(packageOf(specifier))) {
        problems.push(`${path}:${lineOf(start)}: runs in browsers, and may not import ${specifier}`);
      }
    }
  };
  follow(entry);
  return problems;
}

/** @param {string} specifier */
function packageOf(specifier) {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/**
 * Every identifier that may name one of Node's globals: no key and no property, but also what a file declares itself.
 * @param {string} path
 * @param {string} source
 * @returns {{ name: string, start: number }[]}
 */
function globalsIn(path, source) {
  /** @type {Set<number>} */
  const properties = new Set();
  /** @type {Map<number, string>} */
  const named = new Map();
  const { program } = parseSync(path, source);
  new Visitor({
    MemberExpression({ computed, property }) {
      if (!computed) properties.add(property.start);
    },
    Property({ computed, shorthand, key }) {
      if (!computed && !shorthand) properties.add(key.start);
    },
    TSPropertySignature({ computed, key }) {
      if (!computed) properties.add(key.start);
    },
    Identifier({ name, start }) {
      if (NODE_GLOBALS.includes(name)) named.set(start, name);
    },
  }).visit(program);
  return Array.from(named, ([start, name]) => ({ name, start })).filter(
    ({ start }) => !properties.has(start),
  );
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const files = readdirSync(new URL("../service/", import.meta.url), { recursive: true, encoding: "utf8" })
    .map((file) => `service/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.(?:m?[jt]s|tsx)$/.test(file));
  if (files.length === 0) throw new Error("service/ holds no source file");
  const sources = new Map(
    files.map((path) => [path, readFileSync(new URL(`../${path}`, import.meta.url), "utf8")]),
  );
  const problems = Array.from(sources, ([path, source]) => checkImports(path, source)).flat();
  const circles = findCircles(sources);
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  /** @type {{ imports: Subpaths }} */
  const { imports: subpaths } = JSON.parse(manifest);
  const nodes = IN_BROWSERS.flatMap((entry) => findNodeIn(sources, entry, subpaths));
  for (const problem of [...problems, ...circles, ...nodes]) console.error(problem);
  console.log(
    `${files.length} files, ${problems.length} imports point the wrong way, ${circles.length} circles, ` +
      `${nodes.length} things of Node's where browsers run`,
  );
  process.exitCode = problems.length + circles.length + nodes.length === 0 ? 0 : 1;
}
