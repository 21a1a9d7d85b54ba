// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { datasetHash } from "../../../service/core/artifact.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Hex } from "../../../service/core/types.ts";
import { getArtifact, openArtifact, putArtifact } from "../../../service/store/artifacts.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { temporaryFolder } from "../helpers/folder.ts";

beforeAll(initKeccak);

describe("stored artifacts", () => {
  test("are named by their dataset hash", async () => {
    const store = fileStore(temporaryFolder());
    const hash = await putArtifact(store, sampleArtifact());
    expect(hash).toBe(datasetHash(sampleArtifact()));
    expect(await store.list("")).toEqual([`artifacts/${hash}.json`, `artifacts/${hash}.tree`]);
    expect((await getArtifact(store, hash))?.artifact.total).toBe(1000n);
  });

  test("are absent until they are put", async () => {
    const store = fileStore(temporaryFolder());
    expect(await getArtifact(store, datasetHash(sampleArtifact()))).toBeUndefined();
  });

  test("that were edited by hand are refused, by name, with what to do", async () => {
    const store = fileStore(temporaryFolder());
    const hash = await putArtifact(store, sampleArtifact());
    const path = store.where(`artifacts/${hash}.json`);
    writeFileSync(path, readFileSync(path, "utf8").replace('"amount":"1000"', '"amount":"1001"'));
    await expect(getArtifact(store, hash)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("delete it"),
    });
  });

  test("are passed on in parts, once they were read through and found to be what they are called", async () => {
    const store = fileStore(temporaryFolder());
    const hash = await putArtifact(store, sampleArtifact());
    const checked = new Map<Hex, string>();
    const parts = async () => {
      const file = await openArtifact(store, hash, checked);
      const all: Uint8Array[] = [];
      for await (const part of file?.parts() ?? []) all.push(part);
      await file?.close();
      return Buffer.concat(all);
    };
    expect(await parts()).toEqual(Buffer.from(sampleArtifact()));
    expect(await parts()).toEqual(Buffer.from(sampleArtifact()));
    const path = store.where(`artifacts/${hash}.json`);
    writeFileSync(path, readFileSync(path, "utf8").replace('"amount":"1000"', '"amount":"1001"'));
    await expect(parts()).rejects.toMatchObject({ code: "damaged", message: expect.stringContaining(path) });
    await store.put(`artifacts/${hash}.json`, sampleArtifact());
    expect(await parts()).toEqual(Buffer.from(sampleArtifact()));
    expect(await openArtifact(store, `0x${"00".repeat(32)}`, checked)).toBeUndefined();
  });

  test("are never written unless they are artifacts", async () => {
    const store = fileStore(temporaryFolder());
    await expect(putArtifact(store, new TextEncoder().encode("{}"))).rejects.toThrow();
    expect(await store.list("")).toEqual([]);
  });
});
