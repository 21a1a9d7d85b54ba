// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { getLeaves, hasArtifact, putArtifact, storedArtifacts } from "../../../service/store/artifacts.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { objectsAt } from "../../../service/store/objects.ts";
import { heedsConditions, sharedStore } from "../../../service/store/shared-store.ts";
import { getTree } from "../../../service/store/trees.ts";
import { type Sample, sampleArtifact } from "../helpers/artifact.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { type ObjectServer, objectServer } from "../helpers/object-server.ts";

let server: ObjectServer;
let sample: Sample;

beforeAll(async () => {
  await initKeccak();
  sample = sampleArtifact();
  server = await objectServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.objects.clear();
  const none = { ignoresConditions: false, refusesConditions: false, ignoresRanges: false };
  Object.assign(server, {
    faults: [],
    onGet: undefined,
    onPut: undefined,
    ahead: 0,
    retryAfter: undefined,
    ...none,
  });
  server.asked.length = 0;
});

function machine(location = server.location) {
  const folder = temporaryFolder();
  const said: string[] = [];
  const store = sharedStore(folder, objectsAt(location), (line) => said.push(line));
  return { folder, store, said };
}

const named = (kind: "json" | "tree") => `pro/vender/artifacts/${sample.datasetHash}.${kind}`;
const file = (folder: string, kind = "json") => join(folder, `artifacts/${sample.datasetHash}.${kind}`);

describe("machines with a directory each and one object store", () => {
  test("have each other's artifacts and trees, and read each from there once", async () => {
    const [one, other] = [machine(), machine()];
    await putArtifact(one.store, sample);
    await one.store.put("jobs/own.json", Buffer.from("own"));
    expect(server.objects.get(named("json"))).toEqual(Buffer.from(sample.bytes));
    expect([...server.objects.keys()].filter((key) => key.includes("jobs"))).toEqual([]);
    const leaves = await getLeaves(other.store, sample.datasetHash, sample.artifact);
    expect([...(leaves ?? [])]).toEqual(sample.tree.entries);
    server.asked.length = 0;
    expect(await hasArtifact(other.store, sample.datasetHash)).toBe(true);
    expect((await getTree(other.store, sample.datasetHash))?.head.root).toBe(sample.tree.root);
    expect(await other.store.get("jobs/own.json")).toBeUndefined();
    expect(server.asked).toEqual([]);
    expect([...one.said, ...other.said]).toEqual([]);
  });

  test("find what is on either, over several pages of a listing", async () => {
    const { store } = machine();
    const many = Array.from({ length: 5 }, (_, i) => sampleArtifact(2_000n + BigInt(i)));
    for (const each of many) await putArtifact(store, each);
    const hashes = new Set(many.map(({ datasetHash }) => datasetHash));
    expect(await storedArtifacts(machine().store)).toEqual(hashes);
    expect(await machine().store.list("artifacts/")).toEqual(await store.list("artifacts/"));
  });

  test("keep nothing of an object that is not what its name says", async () => {
    const [one, other] = [machine(), machine()];
    await putArtifact(one.store, sample);
    server.objects.set(named("json"), Buffer.from(sample.bytes).fill(0x20, 30, 40));
    await expect(hasArtifact(other.store, sample.datasetHash)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(`s3://bucket/${named("json")} is damaged or was edited`),
    });
    expect(
      existsSync(join(other.folder, "artifacts")) ? readdirSync(join(other.folder, "artifacts")) : [],
    ).toEqual([]);
  });

  test("write an artifact once: one that holds other bytes is told of, and left", async () => {
    server.objects.set(named("json"), Buffer.from("other"));
    const { store, folder } = machine();
    await expect(putArtifact(store, sample)).rejects.toMatchObject({
      code: "damaged",
      message: `s3://bucket/${named("json")} holds other bytes than were put there`,
    });
    expect(String(server.objects.get(named("json")))).toBe("other");
    // The machine's own copy is whole.
    expect(existsSync(file(folder))).toBe(true);
  });

  test("replace a tree that holds other bytes: it is only a copy", async () => {
    server.objects.set(named("tree"), Buffer.from("no tree"));
    await putArtifact(machine().store, sample);
    expect((await getTree(machine().store, sample.datasetHash))?.head.root).toBe(sample.tree.root);
  });

  test("outlast passing faults, and another writer who is about to decide", async () => {
    server.faults = [503, "close", 500];
    await putArtifact(machine().store, sample);
    expect(server.objects.get(named("json"))).toEqual(Buffer.from(sample.bytes));
    server.objects.clear();
    server.faults = [409];
    await putArtifact(machine().store, sample);
    expect(server.objects.get(named("json"))).toEqual(Buffer.from(sample.bytes));
  });

  test.each<[string, ObjectServer["faults"], boolean]>([
    ["ends in the middle", ["cut", 429, "cut", "cut"], false],
    ["ends in the middle, from a server that begins anew each time", ["cut", "cut"], true],
    ["is cut short as if that were all", ["short"], false],
    ["stands still in the middle, and then the server", ["stuck", "silent", "stuck"], false],
  ])("outlast a body that %s", async (_, faults, ignoresRanges) => {
    await putArtifact(machine().store, sample);
    Object.assign(server, { faults, ignoresRanges });
    const store = sharedStore(temporaryFolder(), objectsAt(server.location, 200), expect.unreachable);
    expect(await hasArtifact(store, sample.datasetHash)).toBe(true);
    expect(server.faults).toEqual([]);
  });

  test("wait as long as a busy store asks for", async () => {
    Object.assign(server, { faults: [503], retryAfter: 1 });
    server.times.length = 0;
    await objectsAt(server.location).has("artifacts/none");
    const [first = 0, second = 0] = server.times;
    expect(second - first).toBeGreaterThan(950);
  });

  test("tell of a store that is silent, and end", async () => {
    server.faults = Array(4).fill("silent");
    await expect(objectsAt(server.location, 50).get("artifacts/x")).rejects.toMatchObject({
      message: "the object store of s3://bucket/pro/vender does not answer: nothing for 0.05 s",
    });
  });

  test("have a copy from there in the place of a damaged one of their own", async () => {
    const { store, folder, said } = machine();
    await putArtifact(store, sample);
    writeFileSync(file(folder), "damaged");
    expect(await hasArtifact(store, sample.datasetHash)).toBe(true);
    expect(said).toEqual([`${file(folder)} was damaged: it was replaced from s3://bucket/${named("json")}`]);
    expect(readFileSync(file(folder))).toEqual(Buffer.from(sample.bytes));
    writeFileSync(file(folder), "damaged");
    server.objects.clear();
    await expect(hasArtifact(store, sample.datasetHash)).rejects.toMatchObject({ code: "damaged" });
    await expect(hasArtifact(fileStore(folder), sample.datasetHash)).rejects.toMatchObject({
      code: "damaged",
    });
  });

  test("say what is wrong in one line, and no secret, where the store does not answer or lets nobody in", async () => {
    const stranger = { ...server.location, secretAccessKey: "another" };
    const refused = machine(stranger).store.get(`artifacts/${sample.datasetHash}.json`);
    await expect(refused).rejects.toMatchObject({
      code: "unreadable",
      message: `cannot read s3://bucket/${named("json")}: HTTP 403, SignatureDoesNotMatch`,
    });
    await expect(putArtifact(machine(stranger).store, sample)).rejects.toMatchObject({
      code: "unwritable",
      hint: expect.stringContaining("AWS_SECRET_ACCESS_KEY"),
    });
    const gone = await objectServer();
    await gone.close();
    await expect(hasArtifact(machine(gone.location).store, sample.datasetHash)).rejects.toMatchObject({
      code: "unreadable",
      message: "the object store of s3://bucket/pro/vender does not answer: ECONNREFUSED",
    });
  });
});

describe("what is wrong with an object store is said with what to do", () => {
  const verify = (store: string, env: Record<string, string> = {}) =>
    cli(["artifacts", "verify", "--store", store], {
      cwd: temporaryFolder(),
      env: { ...server.env, ...env },
    });
  const there = "s3://bucket/pro/vender";

  test.each<[string, string, Record<string, string>, string]>([
    ["no such bucket", "s3://buckets/x", {}, "HTTP 404, NoSuchBucket; create the bucket, or name another"],
    [
      "a key unknown there",
      there,
      { AWS_ACCESS_KEY_ID: "AK" },
      "InvalidAccessKeyId; check AWS_ACCESS_KEY_ID",
    ],
    [
      "a wrong secret",
      there,
      { AWS_SECRET_ACCESS_KEY: "no" },
      "SignatureDoesNotMatch; check AWS_SECRET_ACCESS_KEY",
    ],
    ["another region", there, { AWS_REGION: "eu-west-1" }, "Malformed; set AWS_REGION=us-east-1"],
    ["an endpoint without anybody", there, { AWS_ENDPOINT_URL: "http://127.0.0.1:9" }, "AWS_ENDPOINT_URL"],
    [
      "an endpoint with a password",
      there,
      { AWS_ENDPOINT_URL: "http://name:secret/of+the=test@127.0.0.1:9" },
      "AWS_ENDPOINT_URL: not an http or https URL without name, password and query",
    ],
    ["a prefix that goes up", "s3://bucket/a/../b", {}, "--store: a part of its prefix is . or .."],
    ["a prefix with an empty part", "s3://bucket/a//b", {}, "--store: its prefix has an empty part"],
    [
      "a very long prefix",
      `s3://bucket/${"p".repeat(900)}`,
      {},
      "--store: its prefix is longer than 896 bytes",
    ],
    ["a name that no bucket has", "s3://Bucket/p", {}, "--store: not an object store: s3://Bucket/p"],
  ])("%s", async (_, store, env, message) => {
    const { code, stderr } = await verify(store, env);
    expect(stderr).toContain(message);
    expect(code).toBeGreaterThan(0);
    expect(stderr).not.toContain(server.env.AWS_SECRET_ACCESS_KEY);
  });

  test("a clock that is wrong", async () => {
    server.ahead = -3_600_000;
    expect((await verify(there)).stderr).toContain("RequestTimeTooSkewed; set this machine's clock");
  });

  test("a redirect is not followed with a signature for somebody else", async () => {
    server.faults = [307];
    expect((await verify(there)).stderr).toContain("HTTP 307");
    expect(server.asked).toEqual(["GET "]);
  });

  test.each([
    ["a page", "<html>Welcome</html>"],
    ["a list of the first version", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"],
    [
      "a list without an end",
      "<ListBucketResult><NextContinuationToken>a</NextContinuationToken></ListBucketResult>",
    ],
  ])("%s in the place of a list is no empty store", async (_, text) => {
    server.faults = Array(9).fill({ text });
    const { code, stdout, stderr } = await verify(there);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("lists its objects as no S3 server does; check AWS_ENDPOINT_URL");
  });

  test("a key that may only read", async () => {
    await putArtifact(machine().store, sample);
    // Two lists of two pages at most, and two objects; the next would be put.
    const answered = server.asked.length;
    await verify(there);
    const reads = server.asked.slice(answered).findIndex((each) => each.startsWith("PUT"));
    server.faults = [...Array(reads).fill(undefined), 403];
    const { code, stdout, stderr } = await verify(there);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining("2 checked in s3://bucket/pro/vender, 0 damaged"),
    ]);
    expect(stderr).toContain("not tried: cannot write s3://bucket/pro/vender/conditional-put: HTTP 403");
  });

  test("a bucket that is not there is no empty one to whoever looks for an artifact", async () => {
    const { bucketUrl, ...rest } = server.location;
    const { store } = machine({ ...rest, bucketUrl: `${bucketUrl}s`, name: "s3://buckets/p" });
    await expect(hasArtifact(store, sample.datasetHash)).rejects.toMatchObject({
      hint: "create the bucket, or name another",
    });
  });

  test("any other prefix is as good as a plain one, the longest included", async () => {
    for (const prefix of ["year=2026/a b", "(it's)!*~", "p".repeat(896), "é/+%20"]) {
      const folder = temporaryFolder();
      const store = fileStore(folder);
      await putArtifact(store, sample);
      const run = (...args: string[]) =>
        cli(["artifacts", ...args, "--store", `s3://bucket/${prefix}`], { cwd: folder, env: server.env });
      expect(await run("publish", "--data-dir", ".")).toMatchObject({ code: 0, stderr: "" });
      expect((await run("verify")).stdout).toContain("2 checked");
      expect(server.objects.has(`${prefix}/artifacts/${sample.datasetHash}.json`)).toBe(true);
    }
  });
});

describe("a server that ignores the condition", () => {
  beforeEach(() => {
    server.ignoresConditions = true;
  });

  test("is found out by reading back, said once, and then asked before anything is put", async () => {
    const { store, said } = machine();
    await putArtifact(store, sample);
    await putArtifact(store, sampleArtifact(7n));
    expect(said).toEqual([expect.stringContaining("ignores If-None-Match")]);
    expect((await getTree(machine().store, sample.datasetHash))?.head.root).toBe(sample.tree.root);
    server.asked.length = 0;
    await putArtifact(store, sample);
    expect(server.asked.filter((each) => each.startsWith("PUT"))).toEqual([]);
  });

  test("a server that refuses whatever has a condition is as good", async () => {
    Object.assign(server, { ignoresConditions: false, refusesConditions: true });
    const { store, said } = machine();
    await putArtifact(store, sample);
    expect(said).toEqual([expect.stringContaining("ignores If-None-Match")]);
    expect(await hasArtifact(machine().store, sample.datasetHash)).toBe(true);
  });

  test("is found out also while another machine finds it out", async () => {
    const objects = objectsAt(server.location);
    let puts = 0;
    server.onPut = (key) => {
      if (puts++ === 1) server.objects.set(key, Buffer.from("another's"));
    };
    expect(await heedsConditions(objects)).toBe(false);
  });

  test("that let another writer in between is told of", async () => {
    const { store } = machine();
    server.onPut = (key) => {
      if (key === named("json")) server.objects.set(key, Buffer.from("other"));
    };
    await expect(putArtifact(store, sample)).rejects.toMatchObject({ code: "damaged" });
  });
});

describe("provender artifacts", () => {
  const run = (cwd: string, ...args: string[]) => cli(["artifacts", ...args], { cwd, env: server.env });

  test("publish copies what is not there yet, and verify reads it all", async () => {
    const { folder, store } = machine();
    await putArtifact(store, sample);
    server.objects.clear();
    const bundle = Buffer.from("a bundle");
    writeFileSync(join(folder, "b.json.gz"), bundle);
    const to = ["--store", "s3://bucket/copy", "--data-dir", "."];
    expect(await run(folder, "publish", "b.json.gz", ...to)).toMatchObject({
      ...{ code: 0, stderr: "", stdout: expect.stringContaining("3 copied from ") },
    });
    expect(server.objects.get(`copy/bundles/${keccakHex(bundle)}.json.gz`)).toEqual(bundle);
    const again = await run(folder, "publish", ...to, "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      copied: [],
      present: [{}, {}].map(() => expect.any(String)),
    });
    const verified = await run(folder, "verify", ...to, "--json");
    expect(JSON.parse(verified.stdout)).toEqual({
      ...{ store: "s3://bucket/copy", checked: 3, damaged: [], foreign: [], conditions: true },
    });

    // From one object store to another, and into a directory.
    const elsewhere = temporaryFolder();
    const from = ["--from", "s3://bucket/copy"];
    expect((await run(elsewhere, "publish", ...from, "--store", "s3://bucket/third")).code).toBe(0);
    expect((await run(elsewhere, "publish", ...from, "--data-dir", "d")).code).toBe(0);
    expect((await run(elsewhere, "verify", "--data-dir", "d")).stdout).toBe(
      `3 checked in ${join(elsewhere, "d")}, 0 damaged\n`,
    );
  });

  test("publish that ends in the middle has left whole objects, and the next one puts the rest", async () => {
    const { folder, store } = machine();
    await putArtifact(store, sample);
    await putArtifact(store, sampleArtifact(7n));
    server.objects.clear();
    server.onPut = () => {
      // After the probe and one object nothing is taken any more.
      if (server.objects.size === 2) server.faults = Array(8).fill(507);
    };
    const to = ["--store", "s3://bucket/copy", "--data-dir", "."];
    const first = await run(folder, "publish", ...to);
    expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining("HTTP 507") });
    server.faults = [];
    server.onPut = undefined;
    const left = [...server.objects.keys()].filter((key) => key.includes("artifacts/")).length;
    expect(left).toBeGreaterThan(0);
    const second = JSON.parse((await run(folder, "publish", ...to, "--json")).stdout);
    expect([second.copied.length, second.present.length]).toEqual([4 - left, left]);
    expect((await run(folder, "verify", ...to)).stdout).toContain("4 checked in s3://bucket/copy, 0 damaged");
  });

  test("publish and verify name all that is damaged or foreign, and publish copies the rest", async () => {
    const { folder, store } = machine();
    const good = [2n, 3n, 4n].map((budget) => sampleArtifact(budget));
    for (const each of [sample, ...good]) await putArtifact(store, each);
    const [first, second] = good.map(({ datasetHash }) => `artifacts/${datasetHash}`);
    const keyOf = (key: string) => `pro/vender/${key}`;
    server.objects.set(named("json"), Buffer.from("no artifact"));
    server.objects.set(keyOf(`${first}.tree`), Buffer.from("no tree"));
    server.objects.set(keyOf("artifacts/notes.txt"), Buffer.from("notes"));
    // What is there by one of the names is not what it says, either.
    server.objects.set(`copy/${second}.json`, Buffer.from("other"));
    const from = ["--from", "s3://bucket/pro/vender"];
    const bad = [`artifacts/${sample.datasetHash}.json`, `${first}.tree`, `${second}.json`].sort();
    for (const again of [false, true]) {
      const { code, stdout } = await run(folder, "publish", ...from, "--store", "s3://bucket/copy", "--json");
      expect(code).toBe(1);
      const { copied, present, notCopied, foreign } = JSON.parse(stdout);
      expect([copied.length, present.length]).toEqual(again ? [0, 5] : [5, 0]);
      expect(notCopied.map(({ key }: { key: string }) => key)).toEqual(bad);
      expect(notCopied.map(({ fault }: { fault: string }) => fault).join()).toContain("holds other bytes");
      expect(foreign).toEqual(["artifacts/notes.txt"]);
    }
    const inFolder = await run(temporaryFolder(), "publish", ...from, "--data-dir", "d");
    expect(inFolder).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/FOREIGN .*\n6 copied .* 3 were not/),
    });
    const { code, stdout } = await run(folder, "verify", "--store", "s3://bucket/pro/vender");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^(DAMAGED .*\n){2}FOREIGN artifacts\/notes\.txt: .*\n8 checked .* 2 damaged\n$/);
  });

  test.each(["--store", "--data-dir"])(
    "publish to %s copies nothing of an object that becomes another while it is copied",
    async (to) => {
      const { store } = machine();
      const key = named("json");
      const other = Buffer.from(sample.bytes).fill(0);
      // It is looked at once before it is copied.
      for (const good of [1, 2]) {
        await putArtifact(store, sample);
        const folder = temporaryFolder();
        let reads = 0;
        server.onGet = (asked) => {
          if (asked === key && ++reads > good) server.objects.set(key, other);
        };
        const target = to === "--store" ? `s3://bucket/copy${good}` : "d";
        const { code } = await run(folder, "publish", "--from", "s3://bucket/pro/vender", to, target);
        server.onGet = undefined;
        const verified = await run(folder, "verify", to, target);
        const isCopied = to === "--data-dir" && good === 2;
        expect([code, verified.stdout]).toEqual([
          isCopied ? 0 : 1,
          expect.stringMatching(isCopied ? /^2 checked .* 0 damaged/ : /^1 checked .* 0 damaged/),
        ]);
        server.objects.clear();
      }
    },
  );

  test("publish by two at a time leaves each object once, and whole, also where conditions are ignored", async () => {
    const { folder, store } = machine();
    for (const budget of [2n, 3n, 4n]) await putArtifact(store, sampleArtifact(budget));
    for (const ignoresConditions of [false, true]) {
      server.objects.clear();
      Object.assign(server, { ignoresConditions });
      const to = ["--store", "s3://bucket/copy", "--data-dir", "."];
      const both = await Promise.all([run(folder, "publish", ...to), run(folder, "publish", ...to)]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect((await run(folder, "verify", ...to)).stdout).toContain(
        "6 checked in s3://bucket/copy, 0 damaged",
      );
    }
  });

  test("publish into a directory replaces a damaged copy", async () => {
    const { folder, store } = machine();
    await putArtifact(store, sample);
    writeFileSync(file(folder), "damaged");
    const { code, stdout } = await run(
      folder,
      "publish",
      "--from",
      "s3://bucket/pro/vender",
      "--data-dir",
      ".",
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("1 were there, 0 were not copied")]);
    expect(readFileSync(file(folder))).toEqual(Buffer.from(sample.bytes));
  });

  test("verify names what is damaged, publish copies none of it, and both say what is missing", async () => {
    const { folder, store } = machine();
    await putArtifact(store, sample);
    server.objects.set(named("tree"), Buffer.from("no tree"));
    server.objects.set(named("json"), Buffer.from("no artifact"));
    const from = "s3://bucket/pro/vender";
    const { code, stdout } = await run(folder, "verify", "--store", from);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^DAMAGED artifacts\/0x\w+\.json: its bytes hash to .*\nDAMAGED .*\.tree: .*\n2 checked .* 2 damaged\n$/,
    );
    const copy = await run(folder, "publish", "--from", from, "--store", "s3://bucket/other");
    expect(copy).toMatchObject({
      ...{ code: 1, stderr: "", stdout: expect.stringMatching(/^(NOT COPIED artifacts\/.*\n){2}0 copied/) },
    });
    rmSync(file(folder));
    expect(await run(folder, "publish")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--store"),
    });
    expect(await run(folder, "verify", "--store", "bucket")).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("--store: not an object store: bucket; such as s3://") },
    });
    const { AWS_SECRET_ACCESS_KEY: _, ...without } = server.env;
    expect(await cli(["artifacts", "verify", "--store", from], { cwd: folder, env: without })).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") },
    });
  });
});
