// SPDX-License-Identifier: AGPL-3.0-only
// npm run client: writes the types of the HTTP client anew, from what the routes say of themselves.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { type OpenAPI3 } from "openapi-typescript";
import manifest from "../package.json" with { type: "json" };
import { describeRoutes } from "../service/http/app.ts";
import { describeNetworkRoutes } from "../service/http/network-app.ts";

const fileOf = (name: string) => fileURLToPath(new URL(`../service/client/${name}`, import.meta.url));
export const TYPES = fileOf("api.d.ts");
/** Of what a server answers about another network. */
export const NETWORK_TYPES = fileOf("network-api.d.ts");

const HEAD = `// SPDX-License-Identifier: AGPL-3.0-only
// Made from the routes by npm run client: change those.
`;

export const typesOfApi = async () => typesOf(await describeRoutes(manifest.version));
export const typesOfNetworkApi = async () => typesOf(await describeNetworkRoutes(manifest.version));

async function typesOf(described: object): Promise<string> {
  const document = described as OpenAPI3;
  const types = await openapiTS(document, { commentHeader: HEAD, defaultNonNullable: false });
  return `${types.trimEnd()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TYPES, await typesOfApi());
  writeFileSync(NETWORK_TYPES, await typesOfNetworkApi());
}
