// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Coding, codingOf, encode } from "./coding.ts";
import type { App } from "./instance.ts";

/** As far from here in a clone as from a program of the package. */
const BUILT = fileURLToPath(new URL("../../dist/web/", import.meta.url));

/**
 * Everything from here and nothing inline. An endpoint is the visitor's choice: any that is encrypted, or on the visitor's
 * own machine. A wallet's picture comes as a data: URL. No text becomes a script, but for the worker by its own policy.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types provender",
].join("; ");

const HEADERS = { "content-security-policy": POLICY, "referrer-policy": "no-referrer" };
const YEAR = 31_536_000;
const UNBUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Provender</title></head>
<body><h1>The page is not built</h1>
<p>Run <code>npm run build</code> in the clone, then load this again. The API answers meanwhile: <a href="/docs">/docs</a>.</p>
</body></html>
`;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};
/** Brotli's is a tenth of the last one's time, for a twentieth more bytes. */
const LEVEL = 9;

/** The page at `/`, as built into `folder`; without one, a page that says what to do. */
export async function servePage(app: App, folder = BUILT): Promise<void> {
  if (!existsSync(join(folder, "index.html"))) {
    app.get("/", { schema: { hide: true } }, (_, reply) =>
      reply.headers(HEADERS).status(503).type("text/html; charset=utf-8").send(UNBUILT),
    );
    return;
  }
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!statSync(join(folder, path)).isFile()) continue;
    const name = path.split(sep).join("/");
    serveFile(app, name, join(folder, path));
    if (name === "index.html") serveFile(app, "", join(folder, path));
  }
}

/** Each coding of a file is made when it is first asked for, and kept. */
function serveFile(app: App, name: string, path: string): void {
  const made = new Map<Coding | null, Promise<Uint8Array>>();
  const type = TYPES[extname(path)];
  // Their names tell their contents.
  const cached = name.startsWith("assets/") ? `public, max-age=${YEAR}, immutable` : "no-cache";
  app.get(`/${name}`, { schema: { hide: true } }, async ({ headers }, reply) => {
    const coding = type === undefined ? null : codingOf(headers["accept-encoding"]);
    const body =
      made.get(coding) ??
      readFile(path).then((bytes) => (coding === null ? bytes : encode(coding, bytes, LEVEL)));
    made.set(coding, body);
    // What could not be read now may be later.
    body.catch(() => made.delete(coding));
    if (coding !== null) reply.header("content-encoding", coding);
    return reply
      .headers({ ...HEADERS, "cache-control": cached, vary: "accept-encoding" })
      .type(type ?? "application/octet-stream")
      .send(await body);
  });
}
