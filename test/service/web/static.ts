// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const BUILT = new URL("../../../dist/web/", import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
};

export interface StaticHost {
  readonly url: string;
  readonly close: () => void;
}

/** Any host of files, in a folder of which the built page lies. */
export async function hostPage(): Promise<StaticHost> {
  const server = createServer(async (request, response) => {
    const [, file = ""] = /^\/some\/folder\/([^?]*)/.exec(request.url ?? "") ?? [];
    try {
      const body = await readFile(fileURLToPath(new URL(file || "index.html", BUILT)));
      const ending = (file || "index.html").split(".").at(-1) ?? "";
      response.setHeader("content-type", TYPES[ending] ?? "application/octet-stream").end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/some/folder/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
