// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { licencesOf } from "../licences.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LENS = "virtual:lens-code";

/** The lens as compiled, so that a page without our API can ask it of a chain that nobody told its address on. */
function lensCode(): Plugin {
  return {
    name: "lens-code",
    resolveId: (id) => (id === LENS ? `\0${LENS}` : undefined),
    load(id) {
      if (id !== `\0${LENS}`) return undefined;
      const artifact = readFileSync(`${ROOT}out/ProvenderLens.sol/ProvenderLens.json`, "utf8");
      return `export const lensCode = ${JSON.stringify(JSON.parse(artifact).bytecode.object)};`;
    },
  };
}

/** A script of its own, so small that it asks the API while the others are still on their way. */
function firstScript(): Plugin {
  let chunk = "";
  return {
    name: "first-script",
    buildStart() {
      chunk = this.emitFile({
        type: "chunk",
        id: `${ROOT}service/web/first.ts`,
        name: "first",
        preserveSignature: "allow-extension",
      });
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const html = bundle["index.html"];
        if (html?.type !== "asset") throw new Error("there is no page");
        const tag = `<script type="module" crossorigin src="./${this.getFileName(chunk)}"></script>`;
        html.source = String(html.source).replace("<script", `${tag}\n    <script`);
      },
    },
  };
}

/** Every module of the page and of its worker. */
const modules = new Set<string>();

const collect = (): Plugin => ({
  name: "collect",
  moduleParsed: ({ id }) => {
    modules.add(id);
  },
});

/** The licences of what was put in go wherever the page goes. */
const writeLicences = (): Plugin => ({
  name: "licences",
  generateBundle() {
    this.emitFile({ type: "asset", fileName: "licences.txt", source: licencesOf(modules, ROOT) });
  },
});

export default defineConfig({
  root: `${ROOT}service/web`,
  // From any folder of any host.
  base: "./",
  cacheDir: `${ROOT}cache/vite`,
  plugins: [lensCode(), firstScript(), collect(), writeLicences()],
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
      // Marks of packages for servers that render, which nothing here is.
      onLog: (level, log, tell) => log.code !== "MODULE_LEVEL_DIRECTIVE" && tell(level, log),
    },
  },
});
