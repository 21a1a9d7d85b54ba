// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createClient, http, publicActions } from "viem";
import { expect, it } from "vitest";
import { publicClientOf } from "../../../service/chain/public-client-native.ts";

const SERVICE = fileURLToPath(new URL("../../../service/", import.meta.url));

// It is typed as viem's whole client, so that the compiler would not tell.
it("the service asks its client for no action that it leaves out", () => {
  const ours = publicClientOf(async () => undefined as never);
  const all = Object.entries(publicActions(createClient({ transport: http("http://127.0.0.1:1") })));
  const left = all.flatMap(([name, action]) =>
    typeof action === "function" && !Object.hasOwn(ours, name) ? [name] : [],
  );
  expect(left.length).toBeGreaterThan(40);
  const asks = new RegExp(`[\\w)]\\??\\.(?:${left.join("|")})\\b`, "g");
  const found = readdirSync(SERVICE, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.startsWith("web/"))
    .flatMap((file) =>
      [...readFileSync(SERVICE + file, "utf8").matchAll(asks)].map(([text]) => `${file}: ${text}`),
    );
  expect(found).toEqual([]);
});
