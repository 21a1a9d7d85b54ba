// SPDX-License-Identifier: AGPL-3.0-only
// npm run client: writes the types of the HTTP client anew, from what the routes say of themselves.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { type OpenAPI3 } from "openapi-typescript";
import manifest from "../package.json" with { type: "json" };
import { describeRoutes } from "../service/http/app.ts";

export const TYPES = fileURLToPath(new URL("../service/client/api.d.ts", import.meta.url));

const HEAD = `// SPDX-License-Identifier: AGPL-3.0-only
// Made from the routes by npm run client: change those.
`;

export async function typesOfApi(): Promise<string> {
  const document = (await describeRoutes(manifest.version)) as OpenAPI3;
  const types = await openapiTS(document, { commentHeader: HEAD, defaultNonNullable: false });
  return `${types.trimEnd()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TYPES, await typesOfApi());
