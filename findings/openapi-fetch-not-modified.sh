#!/usr/bin/env bash
# openapi-fetch 0.17.0 (npm): an answer of 304 Not Modified to a conditional request gives no `data`, and an empty text for `error`,
# though its types say that one of the two is there. A caller that asks `if (error)` goes on with `data` undefined.
# Source: the client parses a body by `response.ok`, which is false for 304, and finds an empty error text.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts openapi-fetch@0.17.0 >/dev/null
cat > run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import createClient from "openapi-fetch";

const server = createServer((request, response) => {
  if (request.headers["if-none-match"] === '"v1"') response.writeHead(304, { etag: '"v1"' }).end();
  else response.writeHead(200, { etag: '"v1"', "content-type": "application/json" }).end('{"a":1}');
}).listen(0, "127.0.0.1", async () => {
  const client = createClient({ baseUrl: `http://127.0.0.1:${server.address().port}` });
  const first = await client.GET("/thing");
  const again = await client.GET("/thing", { headers: { "if-none-match": '"v1"' } });
  console.log("openapi-fetch", JSON.parse(readFileSync("node_modules/openapi-fetch/package.json", "utf8")).version);
  console.log(first.response.status, "data", JSON.stringify(first.data), "error", JSON.stringify(first.error));
  console.log(again.response.status, "data", JSON.stringify(again.data), "error", JSON.stringify(again.error));
  server.close();
  process.exit(again.response.status === 304 && !again.data && !again.error ? 0 : 1);
});
JS
node run.mjs
