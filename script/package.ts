// SPDX-License-Identifier: AGPL-3.0-only
// npm run build, once the contracts are compiled: makes dist/, which is what the package runs. A clone runs from its
// sources. Packages that are no dependencies are put in.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import manifest from "../package.json" with { type: "json" };
import { artifactOf, DEPLOYABLE } from "../service/deploy/artifacts.ts";
import { licencesOf } from "./licences.ts";
import { buildPage } from "./page/build.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
/** For browsers too: nothing of Node's is in them. */
const ANYWHERE = { client: "service/client/client.mjs", abi: "cache/package/abi.ts" };
const ENTRIES = { index: "service/exports/index.ts" };
/** They would carry a copy of viem for those who require() them. */
const IMPORTED_ONLY = { audit: "service/exports/audit.ts", cli: "service/cli/main.ts" };
/** Contracts that others call through their interfaces too. */
const INTERFACES = readdirSync(join(ROOT, "contracts/interfaces")).map((file) => file.replace(/\.sol$/, ""));

const shared: BuildOptions = {
  ...{ bundle: true, platform: "node", target: "node20", absWorkingDir: ROOT, logLevel: "warning" },
  ...{ minify: true, metafile: true, legalComments: "none" },
  external: Object.keys(manifest.dependencies),
  plugins: [
    {
      // viem's WebSockets, which nothing here opens, would bring a package of their own along.
      name: "no web sockets",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^isows$/ }, ({ path }) => ({ path, namespace: "none" }));
        onLoad({ filter: /./, namespace: "none" }, () => ({
          contents: "export const WebSocket = undefined;",
        }));
      },
    },
  ],
};

/** The CLI and what is imported, in files that share what they have in common. */
async function bundle(): Promise<string[]> {
  const esm = { ...shared, outdir: "dist/esm", format: "esm" } as const;
  const cjs = { ...shared, outdir: "dist/cjs", format: "cjs" } as const;
  const built = [
    await build({
      ...esm,
      ...{ entryPoints: { ...ENTRIES, ...IMPORTED_ONLY }, splitting: true, chunkNames: "[name]-[hash]" },
      // What the packages of old ask for by name. In brackets, as run.mjs would put this file's own place in.
      banner: {
        js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta["url"]);',
      },
    }),
    await build({ ...esm, entryPoints: ANYWHERE }),
    await build({
      ...cjs,
      entryPoints: { ...ENTRIES, ...ANYWHERE },
      // Its own CommonJS file does not export what its types say.
      external: shared.external?.filter((name) => name !== "openapi-fetch") ?? [],
    }),
  ];
  writeFileSync(join(DIST, "cjs/package.json"), '{ "type": "commonjs" }\n');
  return built.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
}

/** Compiled contracts, and all ABIs as one module. */
function writeContracts(): void {
  mkdirSync(join(DIST, "contracts"), { recursive: true });
  mkdirSync(join(ROOT, "cache/package"), { recursive: true });
  const abis = [...DEPLOYABLE, ...INTERFACES].map((name) => {
    const artifact = artifactOf(name, readFileSync(join(ROOT, `out/${name}.sol/${name}.json`), "utf8"));
    if (!INTERFACES.includes(name)) {
      writeFileSync(join(DIST, `contracts/${name}.json`), `${JSON.stringify(artifact)}\n`);
    }
    const variable = `${name.replace(/^I(?=[A-Z])|^[A-Z]/g, (first) => first.toLowerCase())}Abi`;
    return `export const ${variable} = ${JSON.stringify(artifact.abi)} as const;\n`;
  });
  writeFileSync(join(ROOT, "cache/package/abi.ts"), abis.join("\n"));
}

/** Declarations of what is exported, and of nothing else; once more for those who require(). */
function declare(): void {
  const out = join(ROOT, "cache/package/types");
  rmSync(out, { recursive: true, force: true });
  const config = join(ROOT, "cache/package/tsconfig.json");
  const compilerOptions = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: out };
  const files = ["../../service/exports/index.ts", "../../service/exports/audit.ts", "abi.ts"];
  const settings = {
    ...compilerOptions,
    rootDir: "../..",
    allowJs: false,
    checkJs: false,
    skipLibCheck: true,
  };
  const project = {
    extends: "../../tsconfig.json",
    compilerOptions: settings,
    files,
    include: [],
    exclude: [],
  };
  writeFileSync(config, JSON.stringify(project));
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", config], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const types = join(DIST, "esm/types");
  for (const [entry, from] of [
    ["service/exports/index", "index"],
    ["service/exports/audit", "audit"],
    ["cache/package/abi", "abi"],
  ] as const) {
    copyDeclarations(join(out, `${entry}.d.ts`), join(types, `${from}.d.ts`), out, types, new Set());
  }
  writeFileSync(join(types, "api.d.ts"), readFileSync(join(ROOT, "service/client/api.d.ts"), "utf8"));
  const client = readFileSync(join(ROOT, "service/client/client.d.mts"), "utf8");
  writeFileSync(join(types, "client.d.ts"), client.replace("./api.d.ts", "./api.js"));
  for (const name of ["index", "client", "abi", "api", "core"]) {
    const file = name === "core" ? name : `${name}.d.ts`;
    cpSync(join(types, file), join(DIST, "cjs/types", file), { recursive: true });
  }
}

/** A declaration and those that it imports, under names that every way of resolving finds. */
function copyDeclarations(from: string, to: string, base: string, types: string, seen: Set<string>): void {
  if (seen.has(from)) return;
  seen.add(from);
  const text = withoutInternals(from).replaceAll(/(from |import\()"(\.[^"]*)\.ts"/g, (_, how, path) => {
    const source = resolve(dirname(from), `${path}.d.ts`);
    const target = join(types, source.slice(join(base, "service").length));
    copyDeclarations(source, target, base, types, seen);
    const below = target.slice(types.length + 1).replace(/\.d\.ts$/, ".js");
    const up = "../".repeat(to.slice(types.length + 1).split("/").length - 1) || "./";
    return `${how}"${up}${below}"`;
  });
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
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
writeFileSync(join(DIST, "LICENSES.txt"), licencesOf(await bundle(), ROOT));
declare();
