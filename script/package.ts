// SPDX-License-Identifier: AGPL-3.0-only
// npm run build, once the contracts are compiled: makes dist/, which is what the package runs. A clone runs from its
// sources. Packages that are no dependencies are put in.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { type CodeSplittingOptions, rolldown } from "rolldown";
import manifest from "../package.json" with { type: "json" };
import { artifactOf, DEPLOYABLE } from "../service/deploy/artifacts.ts";
import { licencesOf } from "./licences.ts";
import { buildPage } from "./page/build.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
const TYPES = join(DIST, "esm/types");
/** Where the compiler puts declarations. */
const DECLARED = join(ROOT, "cache/package/types");
const require = createRequire(import.meta.url);
/** For browsers too: nothing of Node's is in them. */
const ANYWHERE = { client: "service/client/client.mjs", abi: "cache/package/abi.ts" };
const ENTRIES = { index: "service/exports/index.ts" };
/** They would carry a copy of viem for those who require() them. */
const IMPORTED_ONLY = { audit: "service/exports/audit.ts", cli: "service/cli/main.ts" };
/** Contracts that others call through their interfaces too. */
const INTERFACES = readdirSync(join(ROOT, "contracts/interfaces")).map((file) => file.replace(/\.sol$/, ""));

/**
 * What goes together into one file, beside what one command alone needs: a file for each set of commands that share
 * something would be three times as many, and a tenth more.
 */
const SHARED: CodeSplittingOptions = {
  includeDependenciesRecursively: false,
  groups: [
    { name: "viem", test: /node_modules\/(?:viem|ox|abitype|@noble|@scure)\// },
    { name: "kysely", test: /node_modules\/kysely/ },
    // All but what --version says, for which nothing else is to be loaded.
    { name: "core", test: /service\/core\/(?!spec-version)/, minShareCount: 2 },
    { name: "chain", test: /service\/chain\//, minShareCount: 2 },
    { name: "store", test: /service\/(?:store|epoch|networks)\//, minShareCount: 2 },
    { name: "audit", test: /service\/audit\//, minShareCount: 2 },
    {
      name: "commands",
      // What says how commands are used is loaded before any of them.
      test: /service\/(?:cli\/(?!usage|main|program|colour|printable|exit|commands)|prover|deploy|http)/,
      minShareCount: 2,
    },
  ],
};

/** Gives the modules that went in. `own` is put in, though it is a dependency. */
async function bundle(
  format: "esm" | "cjs",
  input: Record<string, string>,
  { own, codeSplitting = true }: { own?: string; codeSplitting?: CodeSplittingOptions | true } = {},
): Promise<string[]> {
  const external = Object.keys(manifest.dependencies).filter((name) => name !== own);
  const built = await rolldown({
    ...{ cwd: ROOT, input, platform: "node", transform: { target: "node20" } },
    // As the shared files ask for; and what is loaded late for browsers need not be here.
    ...{
      preserveEntrySignatures: "allow-extension",
      checks: { ineffectiveDynamicImport: false, pluginTimings: false },
    },
    external: external.map((name) => new RegExp(`^${name}(?:/|$)`)),
    // viem's WebSockets, which nothing here opens, would bring a package of their own along.
    plugins: [
      {
        name: "no web sockets",
        resolveId: (id) => (id === "isows" ? "\0isows" : undefined),
        load: (id) => (id === "\0isows" ? "export const WebSocket = undefined;" : undefined),
      },
    ],
  });
  const { output } = await built.write({
    ...{ dir: join(DIST, format), format, minify: true, comments: false },
    ...{ chunkFileNames: "[name]-[hash].js", codeSplitting },
  });
  await built.close();
  return output.flatMap((file) => (file.type === "chunk" ? Object.keys(file.modules) : []));
}

/** The CLI and what is imported, in files that share what they have in common. */
async function bundleAll(): Promise<string[]> {
  const esm = await bundle("esm", { ...ENTRIES, ...IMPORTED_ONLY }, { codeSplitting: SHARED });
  const anywhere = await bundle("esm", ANYWHERE);
  // Its own CommonJS file does not export what its types say.
  const cjs = await bundle("cjs", { ...ENTRIES, ...ANYWHERE }, { own: "openapi-fetch" });
  writeFileSync(join(DIST, "cjs/package.json"), '{ "type": "commonjs" }\n');
  return [...esm, ...anywhere, ...cjs];
}

/** Compiled contracts, and all ABIs as one module. */
function writeContracts(): void {
  mkdirSync(join(DIST, "contracts"), { recursive: true });
  mkdirSync(join(ROOT, "cache/package"), { recursive: true });
  // An interface beside its contract, which says the same: that is what packs well.
  const names = [...DEPLOYABLE, ...INTERFACES].toSorted((a, b) => (bareName(a) < bareName(b) ? -1 : 1));
  const abis = names.map((name) => {
    const artifact = artifactOf(name, readFileSync(join(ROOT, `out/${name}.sol/${name}.json`), "utf8"));
    if (!INTERFACES.includes(name)) {
      writeFileSync(join(DIST, `contracts/${name}.json`), `${JSON.stringify(artifact)}\n`);
    }
    const variable = `${name.replace(/^[A-Z]/, (first) => first.toLowerCase())}Abi`;
    // What the compiler calls a type is for tools that read the artifacts.
    const abi = JSON.stringify(artifact.abi, (key, value) => (key === "internalType" ? undefined : value));
    return `export const ${variable} = ${abi} as const;\n`;
  });
  writeFileSync(join(ROOT, "cache/package/abi.ts"), abis.join("\n"));
}

/** Without the letter that marks an interface. */
const bareName = (name: string) => name.replace(/^I(?=[A-Z])/, "");

/** Declarations of what is exported, and of nothing else; once more for those who require(). */
function declare(): void {
  rmSync(DECLARED, { recursive: true, force: true });
  const args = ["node_modules/typescript/bin/tsc", "-p", "script/package.tsconfig.json"];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  copyDeclarations("service/exports/index", "index");
  copyDeclarations("service/exports/audit", "audit");
  copyDeclarations("cache/package/abi", "abi");
  const abi = join(TYPES, "abi.d.ts");
  // Nobody reads a type of a hundred pages: it goes without its lines.
  writeFileSync(abi, readFileSync(abi, "utf8").replaceAll(/\n\s*(?!export)/g, ""));
  for (const name of ["api.d.ts", "network-api.d.ts"]) {
    const text = readFileSync(join(ROOT, "service/client", name), "utf8");
    writeFileSync(join(TYPES, name), text.replaceAll(/^ +/gm, ""));
  }
  const client = readFileSync(join(ROOT, "service/client/client.d.mts"), "utf8");
  writeFileSync(join(TYPES, "client.d.ts"), client.replaceAll("api.d.ts", "api.js"));
  mkdirSync(join(DIST, "cjs/types"));
  for (const name of ["index", "client", "abi"])
    writeFileSync(join(DIST, `cjs/types/${name}.d.ts`), declarationsForRequire(name));
}

/** The same declarations for those who require(), by the names alone: a copy would be as large again. */
function declarationsForRequire(name: string): string {
  const [file, how] = [`"../../esm/types/${name}.js"`, 'with { "resolution-mode": "import" }'];
  const values = Object.keys(require(join(DIST, `cjs/${name}.js`))).map((each) => {
    const whole = `import(${file}, { ${how.replace("with", "with:")} }).${each}`;
    // A class is a type, too.
    const type = /^[A-Z][a-z]/.test(each) ? `export type ${each} = ${whole};\n` : "";
    return `${type}export declare const ${each}: typeof ${whole};\n`;
  });
  return `export type * from ${file} ${how};\n${values.join("")}`;
}

/** A declaration and those that it imports, under names that every way of resolving finds. */
function copyDeclarations(from: string, to: string): void {
  const path = join(TYPES, `${to}.d.ts`);
  const text = withoutInternals(join(DECLARED, `${from}.d.ts`));
  mkdirSync(dirname(path), { recursive: true });
  const written = text.replaceAll(/(from |import\()"(\.[^"]*)\.ts"/g, (_, how, file) => {
    const source = posix.join(dirname(from), file);
    const target = source.replace("service/", "");
    if (!existsSync(join(TYPES, `${target}.d.ts`))) copyDeclarations(source, target);
    return `${how}"./${posix.relative(dirname(to), target)}.js"`;
  });
  writeFileSync(path, written);
}

/** What no exported type mentions may not ask for a package that consumers have not got. */
function withoutInternals(path: string): string {
  const text = readFileSync(path, "utf8").replaceAll(
    /import (?:type )?\{ ([^}]*) \} from "viem";/g,
    (_, names: string) =>
      names
        .split(", ")
        .map(
          (name) =>
            `type ${name.replace("type ", "")}<_1 = any, _2 = any, _3 = any, _4 = any, _5 = any> = any;`,
        )
        .join("\n"),
  );
  for (const [, name = ""] of text.matchAll(/(?:from |import\()"([^".][^"]*)"/g)) {
    if (!Object.hasOwn(manifest.dependencies, name))
      throw new Error(`${path} imports ${name}, no dependency`);
  }
  return text;
}

if (!existsSync(join(ROOT, "out/ProofMarket.sol")))
  throw new Error("compile the contracts first: npm run build");
rmSync(DIST, { recursive: true, force: true });
writeContracts();
await buildPage();
writeFileSync(join(DIST, "LICENSES.txt"), licencesOf(await bundleAll(), ROOT));
declare();
