// SPDX-License-Identifier: AGPL-3.0-only
import { beforeEach, describe, expect, it } from "vitest";
import { ERRORS } from "../../../service/http/errors.ts";
import type { App } from "../../../service/http/instance.ts";
import { DIGITS } from "../../../service/http/schemas/common.ts";
import { Proof } from "../../../service/http/schemas/provers.ts";
import { setScene } from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";

setScene();

let app: App;

beforeEach(async () => {
  app = await sceneApi();
});

interface Schema {
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
}

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly { name: string; schema: Schema; example?: unknown }[];
  readonly responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

describe("/openapi.json", () => {
  it("describes every route that answers, each under a name of its own", async () => {
    const document = (await app.inject("/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths).sort()).toEqual([
      "/health",
      "/metrics",
      "/ready",
      "/status",
      "/v1/epochs",
      "/v1/epochs/{epoch}",
      "/v1/epochs/{epoch}/artifact",
      "/v1/foundation",
      "/v1/network",
      "/v1/provers",
      "/v1/provers/{address}",
      "/v1/provers/{address}/commissions",
      "/v1/provers/{address}/epochs",
      "/v1/provers/{address}/proof",
      "/v1/provers/{address}/slashes",
      "/v1/requests",
      "/v1/requests/{id}",
      "/v1/stakers/{address}/moves",
      "/v1/stakers/{address}/positions",
    ]);
    const operations = Object.values(document.paths).map((path) => (path as { get: Operation }).get);
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain(undefined);
    expect(operations.every(({ summary }) => summary)).toBe(true);
  });

  it("gives an example of every text and number that is answered", async () => {
    const document = (await app.inject("/openapi.json")).json();
    const without: string[] = [];
    const visit = (schema: Schema, at: string): void => {
      for (const [key, property] of Object.entries(schema.properties ?? {})) visit(property, `${at}.${key}`);
      if (schema.items) visit(schema.items, `${at}[]`);
      const leaf = schema.type === "string" || schema.type === "integer";
      const shown = schema.examples ?? schema.example ?? schema.enum ?? schema.const ?? schema.default;
      if (leaf && shown === undefined) without.push(at);
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) visit(schema as Schema, name);
    for (const [path, { get }] of Object.entries(document.paths as Record<string, { get: Operation }>)) {
      for (const [status, { content }] of Object.entries(get.responses)) {
        for (const { schema } of Object.values(content ?? {})) visit(schema, `${path} ${status}`);
      }
    }
    expect(without).toEqual([]);
  });

  it("lists the error codes, each with its status", async () => {
    const document = (await app.inject("/openapi.json")).json();
    const { default: error } = document.paths["/v1/epochs"].get.responses;
    expect(error.content["application/json"].schema).toEqual({ $ref: "#/components/schemas/Error" });
    const { code } = document.components.schemas.Error.properties.error.properties;
    expect(code.enum).toEqual(Object.keys(ERRORS));
    for (const [name, [status]] of Object.entries(ERRORS)) {
      expect(code.description).toContain(`${name} (${status})`);
    }
  });

  it("says nothing that is for the serializer alone, which trusts digits to be digits", async () => {
    const { body } = await app.inject("/openapi.json");
    expect(body).not.toContain(DIGITS.format);
    const digits = [...JSON.stringify(Proof).matchAll(new RegExp(`"format":"${DIGITS.format}"[^}]*`, "g"))];
    expect(digits).toHaveLength(11);
    for (const [schema] of digits) expect(schema).toMatch(/"examples":\["(0x[0-9a-fA-F]+|[0-9]+)"\]/);
  });

  it("states what a query may hold at most, and refuses more", async () => {
    const { paths } = (await app.inject("/openapi.json")).json() as {
      paths: Record<string, { get: Operation }>;
    };
    for (const path of ["/v1/epochs", "/v1/provers"]) {
      const limit = paths[path]?.get.parameters?.find(({ name }) => name === "limit");
      const { maximum } = (limit as NonNullable<typeof limit>).schema as { maximum: number };
      const { statusCode, json } = await app.inject(`${path}?limit=${maximum + 1}`);
      expect([statusCode, json().error.field]).toEqual([400, "limit"]);
    }
  });
});

describe("/docs", () => {
  it("is a page that loads nothing from elsewhere, and is not allowed to", async () => {
    const page = await app.inject("/docs");
    expect(page.statusCode).toBe(200);
    const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url as string);
    expect(loaded.length).toBeGreaterThan(3);
    for (const url of loaded) {
      expect(url).toMatch(/^\/docs\/static\//);
      expect((await app.inject(url)).statusCode).toBe(200);
    }
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'self';/);
    expect(page.headers["content-security-policy"]).not.toMatch(/https?:/);
    const initializer = await app.inject("/docs/static/swagger-initializer.js");
    expect(initializer.body).not.toMatch(/(?:url|src|href)\w*\W{1,4}https?:/i);
    expect((await app.inject("/docs/json")).json()).toEqual((await app.inject("/openapi.json")).json());
  });
});
