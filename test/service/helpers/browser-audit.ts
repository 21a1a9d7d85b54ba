// SPDX-License-Identifier: AGPL-3.0-only
import { createContext, Script } from "node:vm";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import type { AuditOutcome, AuditRequest } from "../../../service/audit/in-browser.ts";

/** What of a browser's globals there is under Node too: nothing else is to be had inside. */
const GLOBALS = {
  ...{ AbortController, AbortSignal, Blob, CompressionStream, DecompressionStream, Headers, Request },
  ...{ Response, TextDecoder, TextEncoder, URL, URLSearchParams, clearTimeout, console, fetch },
  ...{ performance, setTimeout },
  // Of this realm, as those of the streams are.
  ...{ ArrayBuffer, DataView, Uint8Array, Uint16Array, Uint32Array, BigUint64Array },
};

export interface BrowserAudit {
  /** In bytes: of what a page loads before an audit, and with the code for proofs. */
  readonly gzipped: { readonly first: number; readonly all: number };
  /** The outcome as another thread gets it. */
  readonly run: (request: AuditRequest) => Promise<AuditOutcome>;
  /** The names of Node's own globals that are there after all. */
  readonly found: string;
}

const browserBuild: BuildOptions = {
  ...{ bundle: true, minify: true, platform: "browser", target: "es2022", legalComments: "none" },
  ...{ entryPoints: ["service/audit/in-browser.ts"], outdir: "out", write: false, logLevel: "error" },
};

/** The audit as a bundler makes it for browsers, where nothing of Node's is to be had. */
export async function browserAudit(): Promise<BrowserAudit> {
  const { outputFiles: whole } = await build({ ...browserBuild, format: "iife", globalName: "entry" });
  const context = createContext({ ...GLOBALS });
  new Script(whole?.[0]?.text ?? "").runInContext(context);
  const { auditInBrowser } = context.entry as typeof import("../../../service/audit/in-browser.ts");
  const found = new Script("typeof Buffer + typeof process + typeof require").runInContext(context);
  return {
    gzipped: await sizes(),
    run: async (request) => structuredClone(await auditInBrowser(request)),
    found: String(found).replaceAll("undefined", ""),
  };
}

async function sizes(): Promise<BrowserAudit["gzipped"]> {
  const { outputFiles, metafile } = await build({
    ...browserBuild,
    ...{ format: "esm", splitting: true, metafile: true },
  });
  const sizeOf = new Map(
    outputFiles?.map(({ path, contents }) => [path.replace(/.*\//, "out/"), gzipSync(contents).length]),
  );
  const closure = (kinds: readonly string[]) => {
    const seen = new Set<string>();
    const follow = (name: string) => {
      if (seen.has(name)) return;
      seen.add(name);
      for (const { path, kind } of metafile?.outputs[name]?.imports ?? []) {
        if (kinds.includes(kind)) follow(path);
      }
    };
    follow("out/in-browser.js");
    return [...seen].reduce((sum, name) => sum + (sizeOf.get(name) ?? Number.NaN), 0);
  };
  return {
    first: closure(["import-statement"]),
    all: closure(["import-statement", "dynamic-import"]),
  };
}
