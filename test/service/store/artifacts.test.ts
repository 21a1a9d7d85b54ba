// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { datasetHash } from "../../../service/core/artifact.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { getArtifact, putArtifact } from "../../../service/store/artifacts.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { temporaryFolder } from "../helpers/folder.ts";

beforeAll(initKeccak);

describe("stored artifacts", () => {
  test("are named by their dataset hash", async () => {
    const store = fileStore(temporaryFolder());
    const hash = await putArtifact(store, sampleArtifact());
    expect(hash).toBe(datasetHash(sampleArtifact()));
    expect(await store.list("")).toEqual([`artifacts/${hash}.json`]);
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

  test("are never written unless they are artifacts", async () => {
    const store = fileStore(temporaryFolder());
    await expect(putArtifact(store, new TextEncoder().encode("{}"))).rejects.toThrow();
    expect(await store.list("")).toEqual([]);
  });
});
