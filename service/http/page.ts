// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
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

/** The page at `/`, as built into `folder`; without one, a page that says what to do. */
export async function servePage(app: App, folder = BUILT): Promise<void> {
  if (!existsSync(join(folder, "index.html"))) {
    app.get("/", { schema: { hide: true } }, (_, reply) =>
      reply.headers(HEADERS).status(503).type("text/html; charset=utf-8").send(UNBUILT),
    );
    return;
  }
  // In a scope of its own, as the API's documentation is served by the same plugin.
  await app.register(async (scope) => {
    await scope.register(fastifyStatic, {
      root: folder,
      // As the build wrote them, .br before .gz.
      preCompressed: true,
      // Only what is there: everything else is the API's to answer.
      wildcard: false,
      globIgnore: ["**/*.br", "**/*.gz"],
      cacheControl: false,
      setHeaders(reply, path) {
        reply.headers(HEADERS);
        // Their names tell their contents.
        const isFixed = path.startsWith("assets", folder.length);
        reply.header("cache-control", isFixed ? `public, max-age=${YEAR}, immutable` : "no-cache");
      },
    });
  });
}
