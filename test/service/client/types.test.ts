// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { NETWORK_TYPES, TYPES, typesOfApi, typesOfNetworkApi } from "../../../script/client.ts";

it("the client's types are those of the routes: npm run client makes them anew", async () => {
  expect(readFileSync(TYPES, "utf8")).toBe(await typesOfApi());
  expect(readFileSync(NETWORK_TYPES, "utf8")).toBe(await typesOfNetworkApi());
});
