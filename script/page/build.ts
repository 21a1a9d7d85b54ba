// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = join(ROOT, "dist/web/index.html");
/** What the page is made of, without its packages. */
const SOURCES = ["web", "client", "audit", "chain", "core"].map((part) => join(ROOT, "service", part));

/**
 * Makes dist/web of service/web, once the contracts are compiled. Whatever NODE_ENV the caller has: with another than
 * production, Vite would put in React for development, a third larger, and the paths of all sources.
 */
export async function buildPage(): Promise<void> {
  const { NODE_ENV: before } = process.env;
  process.env.NODE_ENV = "production";
  try {
    await build({ configFile: join(ROOT, "script/page/vite.config.ts"), logLevel: "warn" });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

/** The same, unless it was made since its sources changed. */
export async function refreshPage(): Promise<void> {
  if (!existsSync(BUILT) || statSync(BUILT).mtimeMs < newest()) await buildPage();
}

function newest(): number {
  const times = SOURCES.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
      (file) => statSync(join(folder, file)).mtimeMs,
    ),
  );
  return Math.max(...times);
}
