// SPDX-License-Identifier: AGPL-3.0-only
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fileStore } from "../../../service/store/file-store.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the file store", () => {
  test("gives back what was put, and the newest of two", async () => {
    const store = fileStore(temporaryFolder());
    await store.put("jobs/epoch-1.json", bytes("one"));
    await store.put("jobs/epoch-1.json", bytes("two"));
    expect(Buffer.from((await store.get("jobs/epoch-1.json")) ?? []).toString()).toBe("two");
  });

  test("gives nothing for a key that was never put", async () => {
    expect(await fileStore(temporaryFolder()).get("jobs/epoch-1.json")).toBeUndefined();
  });

  test("lists keys by prefix, in order", async () => {
    const store = fileStore(temporaryFolder());
    for (const key of ["b/2", "b/1", "a/1"]) await store.put(key, bytes(key));
    expect(await store.list("b/")).toEqual(["b/1", "b/2"]);
    expect(await store.list("")).toEqual(["a/1", "b/1", "b/2"]);
  });

  test("lists nothing before anything was put", async () => {
    expect(await fileStore(join(temporaryFolder(), "later")).list("")).toEqual([]);
  });

  test("does not list what a crash left unfinished", async () => {
    const folder = temporaryFolder();
    const store = fileStore(folder);
    await store.put("a/1", bytes("whole"));
    writeFileSync(join(folder, "a", "2~0011aabb"), "half");
    expect(await store.list("")).toEqual(["a/1"]);
  });

  test("removes what a crash left unfinished a day ago, and nothing that may still be written", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a"));
    const old = ["1~00112233aabb", "2~00112233aabb", "2.json", "~doctor"];
    for (const name of [...old, "3~00112233aabb"]) writeFileSync(join(folder, "a", name), "half");
    const before = Date.now() / 1_000 - 90_000;
    for (const name of old) utimesSync(join(folder, "a", name), before, before);
    await fileStore(folder).put("a/1", bytes("whole"));
    expect(readdirSync(join(folder, "a")).sort()).toEqual(["1", "2.json", "3~00112233aabb", "~doctor"]);
  });

  test("leaves nothing behind when it cannot write, and says where", async () => {
    const folder = temporaryFolder();
    // A folder where the file should go: renaming onto it fails, for root too.
    mkdirSync(join(folder, "a", "1", "full"), { recursive: true });
    const writing = fileStore(folder).put("a/1", bytes("new"));
    await expect(writing).rejects.toMatchObject({
      code: "unwritable",
      message: expect.stringContaining(join(folder, "a", "1")),
    });
    expect(readdirSync(join(folder, "a"))).toEqual(["1"]);
  });

  test("names a file that cannot be read", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a", "1"), { recursive: true });
    await expect(fileStore(folder).get("a/1")).rejects.toMatchObject({ code: "unreadable" });
  });

  test.each(["../outside", "a/../../b", "/etc/passwd", "a//b", "", "A", "a\0b"])(
    "refuses %j as a key",
    async (key) => {
      await expect(fileStore(temporaryFolder()).put(key, bytes(""))).rejects.toThrow("not a store key");
    },
  );
});
