// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { licencesOf } from "../licences.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIRST = `${ROOT}service/web/first.ts`;
const LENS = "virtual:lens-code";
/** Every module of the page and of its worker. */
const modules = new Set<string>();

const collect = (): Plugin => ({
  name: "collect",
  moduleParsed: ({ id }) => {
    modules.add(id);
  },
});

/**
 * The lens as compiled, so that a page without our API can ask it of a chain that nobody told its address on; a script of
 * its own, so small that it asks the API while the others are still on their way; and the licences of what was put in.
 */
const provender = (): Plugin => ({
  ...collect(),
  name: "provender",
  resolveId: (id) => (id === LENS ? `\0${LENS}` : undefined),
  load(id) {
    if (id !== `\0${LENS}`) return undefined;
    const artifact = readFileSync(`${ROOT}out/ProvenderLens.sol/ProvenderLens.json`, "utf8");
    return `export const lensCode = ${JSON.stringify(JSON.parse(artifact).bytecode.object)};`;
  },
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const html = bundle["index.html"];
      const first = Object.values(bundle).find((file) => file.type === "chunk" && file.name === "first");
      if (html?.type !== "asset" || first === undefined) throw new Error("there is no page");
      const tag = `<script type="module" crossorigin src="./${first.fileName}"></script>`;
      const own = new RegExp(`\\s*<(?:script|link)[^>]*${first.fileName}">(?:</script>)?`, "g");
      html.source = String(html.source).replace(own, "").replace("<script", `${tag}\n    <script`);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: licencesOf(modules, ROOT) });
    },
  },
});

interface Graph {
  readonly getModuleInfo: (id: string) => { readonly importedIds: readonly string[] } | null;
}

/** Lists of all that a package has: to be imported from them is not to be needed. */
const INDEXES = /\/(?:viem|wagmi)\/.*\/index\.js$/;
/** What of those packages the list needs. */
const NEEDED = [
  /\/wagmi\/dist\/esm\/context\.js$/,
  /\/viem\/_esm\/errors\/(?:address|base|data|encoding|version)\.js$/,
  /\/viem\/_esm\/utils\/(?:lru|address\/(?:get|is)Address|data\/(?:isHex|pad|size|trim)|hash\/keccak256)\.js$/,
  /\/viem\/_esm\/utils\/(?:encoding\/(?:fromHex|toBytes|toHex)|unit\/(?:Value|formatUnits))\.js$/,
  /\/@noble\/hashes\/esm\/(?:_u64|crypto|sha3|utils)\.js$/,
];
let needed: Set<string> | undefined;

/** What the list needs goes in one file: of more than six, HTTP/1 has each other one wait for its turn. */
function fileFor(id: string, graph: Graph): string | null {
  if (id === FIRST) return "first";
  needed ??= importsOf(`${ROOT}service/web/main.tsx`, graph);
  return needed.has(id) || NEEDED.some((each) => each.test(id)) ? "list" : null;
}

/** A module with all that it imports, not counting what it only imports when asked to. */
function importsOf(id: string, graph: Graph, seen = new Set<string>()): Set<string> {
  if (seen.has(id) || INDEXES.test(id)) return seen;
  seen.add(id);
  for (const each of graph.getModuleInfo(id)?.importedIds ?? []) importsOf(each, graph, seen);
  return seen;
}

export default defineConfig({
  root: `${ROOT}service/web`,
  // From any folder of any host.
  base: "./",
  cacheDir: `${ROOT}cache/vite`,
  plugins: [provender()],
  worker: { format: "es", plugins: () => [collect()] },
  build: {
    outDir: `${ROOT}dist/web`,
    emptyOutDir: true,
    target: "es2022",
    // A data: URL would be a second kind of source in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
    reportCompressedSize: false,
    rolldownOptions: {
      // How long plugins take is no news where a demo builds the page.
      checks: { pluginTimings: false },
      output: {
        codeSplitting: { groups: [{ name: (id, graph) => fileFor(id, graph), debugName: "list" }] },
      },
      // Marks of packages for servers that render, which nothing here is.
      onLog: (level, log, tell) => log.code !== "MODULE_LEVEL_DIRECTIVE" && tell(level, log),
    },
  },
});
