// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { datasetHash } from "../../../service/core/artifact.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Hex } from "../../../service/core/types.ts";
import { openArtifact, putArtifact } from "../../../service/store/artifacts.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { type Sample, sampleArtifact } from "../helpers/artifact.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { storedArtifact } from "../helpers/stored-artifact.ts";

let sample: Sample;

beforeAll(async () => {
  await initKeccak();
  sample = sampleArtifact();
});

describe("stored artifacts", () => {
  test("are named by their dataset hash", async () => {
    const store = fileStore(temporaryFolder());
    const { datasetHash: hash } = sample;
    await putArtifact(store, sample);
    expect(hash).toBe(datasetHash(sample.bytes));
    expect(await store.list("")).toEqual([`artifacts/${hash}.json`, `artifacts/${hash}.tree`]);
    expect((await storedArtifact(store, hash))?.artifact).toEqual(sample.artifact);
  });

  test("are absent until they are put", async () => {
    const store = fileStore(temporaryFolder());
    expect(await storedArtifact(store, sample.datasetHash)).toBeUndefined();
  });

  test("that were edited by hand are refused, by name, with what to do", async () => {
    const store = fileStore(temporaryFolder());
    const { datasetHash: hash } = sample;
    await putArtifact(store, sample);
    const path = store.where(`artifacts/${hash}.json`);
    writeFileSync(path, readFileSync(path, "utf8").replace('"amount":"1000"', '"amount":"1001"'));
    await expect(storedArtifact(store, hash)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("delete it"),
    });
  });

  test("are passed on in parts, once they were read through and found to be what they are called", async () => {
    const store = fileStore(temporaryFolder());
    const { datasetHash: hash } = sample;
    await putArtifact(store, sample);
    const checked = new Map<Hex, string>();
    const parts = async () => {
      const file = await openArtifact(store, hash, checked);
      const all: Uint8Array[] = [];
      for await (const part of file?.parts() ?? []) all.push(part);
      await file?.close();
      return Buffer.concat(all);
    };
    expect(await parts()).toEqual(Buffer.from(sample.bytes));
    expect(await parts()).toEqual(Buffer.from(sample.bytes));
    const path = store.where(`artifacts/${hash}.json`);
    writeFileSync(path, readFileSync(path, "utf8").replace('"amount":"1000"', '"amount":"1001"'));
    await expect(parts()).rejects.toMatchObject({ code: "damaged", message: expect.stringContaining(path) });
    await store.put(`artifacts/${hash}.json`, sample.bytes);
    expect(await parts()).toEqual(Buffer.from(sample.bytes));
    expect(await openArtifact(store, `0x${"00".repeat(32)}`, checked)).toBeUndefined();
  });
});
