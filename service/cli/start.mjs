// Runs a TypeScript program as it stands, so that a clone needs no build step; the package runs dist/. It is put
// together into a few files once, with the packages that consist of hundreds: loaded one by one they take ten times as
// long as most commands.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Packages that are put in: they consist of JavaScript alone. The others are loaded from where they are. */
const WITHIN = new Set(["viem", "commander", "kysely", "kysely-postgres-js"]);

const itself = fileURLToPath(import.meta.url);
const require = createRequire(itself);
const project = fileURLToPath(new URL("../../", import.meta.url));
/** Beside the packages, and of their life: installing them anew empties it. */
const kept = join(project, "node_modules", ".cache", "provender");

/**
 * @param {string} path
 * @returns {boolean} whether a file is no package's
 */
const isOwn = (path) => !path.includes(`${sep}node_modules${sep}`);

/** @typedef {{ node: string, inputs: [path: string, hash: string][], main: string }} Manifest */

/**
 * Runs the program of a file, which sees the arguments that this process has.
 * @param {URL | string} entry
 */
export async function start(entry) {
  const path = typeof entry === "string" ? entry : fileURLToPath(entry);
  const main = program(path) ?? (await build(path));
  if (main !== undefined) {
    await import(pathToFileURL(main).href);
    return;
  }
  const { register } = await import("tsx/esm/api");
  register();
  await import(pathToFileURL(path).href);
}

/** @param {string} path */
const placeOf = (path) => join(kept, createHash("sha256").update(path).digest("hex").slice(0, 16));

/** @param {string} path */
const hashOf = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/**
 * The file that was made of a program, if nothing that it was made of has changed.
 * @param {string} path
 */
function program(path) {
  try {
    /** @type {Manifest} */
    const { node, inputs, main } = JSON.parse(readFileSync(`${placeOf(path)}.json`, "utf8"));
    if (node !== process.version) return undefined;
    return inputs.every(([input, hash]) => hashOf(input) === hash) ? main : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes it, for this run and later ones. Undefined where it can't be kept: nothing may be written, say.
 * @param {string} path
 */
async function build(path) {
  const place = placeOf(path);
  const made = `${place}.${process.pid}.${Date.now()}`;
  try {
    mkdirSync(kept, { recursive: true });
  } catch {
    return undefined;
  }
  try {
    const within = new Set();
    const { build: bundle } = await import("esbuild");
    const { metafile } = await bundle({
      entryPoints: [path],
      outdir: made,
      ...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node20" },
      ...{ keepNames: true, metafile: true, absWorkingDir: project, outExtension: { ".js": ".mjs" } },
      ...{ logLevel: "silent", tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } },
      // What the packages of old ask for by name.
      banner: {
        js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
      },
      plugins: [{ name: "packages", setup: (build) => setUp(build, within) }],
    });
    const own = Object.keys(metafile.inputs).map((input) => join(project, input));
    const inputs = [itself, ...own.filter(isOwn), ...within];
    const main = join(made, `${basename(path).replace(/\.ts$/, "")}.mjs`);
    /** @type {Manifest} */
    const manifest = {
      ...{ node: process.version, main },
      inputs: inputs.map((input) => [input, hashOf(input)]),
    };
    writeFileSync(`${made}.json`, JSON.stringify(manifest));
    // Whole or not at all, also where several start at once.
    renameSync(`${made}.json`, `${place}.json`);
    return main;
  } catch {
    rmSync(made, { recursive: true, force: true });
    rmSync(`${made}.json`, { force: true });
    return undefined;
  }
}

/**
 * Leaves packages where they are, but for those that are put in, and sources in the belief that they are where they are.
 * @param {import("esbuild").PluginBuild} build
 * @param {Set<string>} within gets the files that tell the versions of what is put in
 */
function setUp(build, within) {
  build.onResolve({ filter: /^[^./#]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
    if (pluginData === "asked" || path.startsWith("node:") || !isOwn(importer)) return undefined;
    const name = path.split("/", path.startsWith("@") ? 2 : 1).join("/");
    if (!WITHIN.has(name)) {
      const asked = await build.resolve(path, { kind, importer, resolveDir, pluginData: "asked" });
      if (asked.external || asked.errors.length > 0) return asked;
      return { path: pathToFileURL(asked.path).href, external: true };
    }
    within.add(packageFile(require.resolve(path), name));
    return undefined;
  });
  build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
    if (!isOwn(path)) return undefined;
    const here = JSON.stringify(pathToFileURL(path).href);
    return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", here), loader: "ts" };
  });
}

/**
 * @param {string} file of a package
 * @param {string} name of the package
 */
function packageFile(file, name) {
  const below = join("node_modules", name);
  return join(file.slice(0, file.lastIndexOf(below)), below, "package.json");
}
