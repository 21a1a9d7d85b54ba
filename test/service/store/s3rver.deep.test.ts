// SPDX-License-Identifier: AGPL-3.0-only
// Beside a server that others wrote. It is installed in a temporary folder when this first runs, as what it depends on is
// years old and has known holes.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { initKeccak, keccakHex } from "../../../service/core/keccak.ts";
import { putArtifact } from "../../../service/store/artifacts.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { objectsAt } from "../../../service/store/objects.ts";
import { sharedStore } from "../../../service/store/shared-store.ts";
import { getTree } from "../../../service/store/trees.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder, temporaryFolder } from "../helpers/folder.ts";
import { freePort } from "../helpers/postgres.ts";

const VERSION = "3.7.1";
const FOLDER = join(tmpdir(), `provender-s3rver-${VERSION}`);
const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
const KEYS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

const data = newFolder();
let server: ChildProcess;
let url: string;
let env: Record<string, string>;

beforeAll(async () => {
  await initKeccak();
  if (!existsSync(join(FOLDER, "node_modules/s3rver/package.json"))) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, "package.json"), "{}");
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"];
    execFileSync("npm", ["install", ...flags, `s3rver@${VERSION}`], { cwd: FOLDER });
  }
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  env = { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };
  const flags = ["-d", data, "-a", "127.0.0.1", "-p", String(port), "--configure-bucket", "bucket"];
  server = spawn(process.execPath, [join(FOLDER, "node_modules/s3rver/bin/s3rver.js"), ...flags], {
    stdio: "ignore",
  });
  await vi.waitFor(() => fetch(url), { timeout: 60_000, interval: 200 });
}, 300_000);

afterAll(() => {
  server?.kill();
  rmSync(data, { recursive: true, force: true });
});

test("artifacts and trees go through a server of the first hour, which knows no condition", async () => {
  const location = { bucketUrl: `${url}/bucket`, prefix: "a", name: "s3://bucket/a", region: "us-east-1" };
  const said: string[] = [];
  const machine = () =>
    sharedStore(temporaryFolder(), objectsAt({ ...location, ...KEYS }), (line) => said.push(line));
  const sample = sampleArtifact();
  await putArtifact(machine(), sample);
  expect((await getTree(machine(), sample.datasetHash))?.head.root).toBe(sample.tree.root);
  expect(said).toEqual([expect.stringContaining("ignores If-None-Match")]);
  await putArtifact(machine(), sample);
});

test("publish and verify copy and check several pages of objects", async () => {
  const folder = temporaryFolder();
  const store = fileStore(folder);
  for (let i = 0n; i < 12n; i++) await putArtifact(store, sampleArtifact(2_000n + i));
  const run = (...args: string[]) =>
    cli(["artifacts", ...args, "--store", "s3://bucket/year=2026/b c"], { cwd: folder, env });
  expect((await run("publish", "--data-dir", ".")).stdout).toContain("24 copied");
  expect((await run("publish", "--data-dir", ".")).stdout).toContain("0 copied");
  const verified = await run("verify", "--json");
  expect(JSON.parse(verified.stdout)).toMatchObject({ checked: 24, damaged: [], conditions: false });
});

test("an artifact of 150 MB goes there, from there and through a check in no more memory than one of 50 MB", async () => {
  const report = join(temporaryFolder(), "peak.cjs");
  // What the process that started it held is in `maxRSS`, too.
  writeFileSync(
    report,
    'process.on("exit", () => console.error(require("fs").readFileSync("/proc/self/status", "utf8")));',
  );
  const run = async (folder: string, ...args: string[]) => {
    const command = ["-r", report, PROVENDER, "artifacts", ...args];
    const options = { cwd: folder, env: { ...process.env, ...env } };
    const child = await promisify(execFile)(process.execPath, command, options);
    return Number(/VmHWM:\s+(\d+)/.exec(child.stderr)?.[1]) / 1_024;
  };
  const peaks: Record<string, number[]> = {};
  for (const size of [50_000_000, 150_000_000]) {
    const bytes = randomBytes(size);
    const [from, to] = [temporaryFolder(), temporaryFolder()];
    await fileStore(from).put(`artifacts/${keccakHex(bytes)}.json`, bytes);
    const [here, there] = [`s3://bucket/here-${size}`, `s3://bucket/there-${size}`];
    peaks[size] = [
      await run(from, "publish", "--data-dir", ".", "--store", here),
      await run(from, "publish", "--from", here, "--store", there),
      await run(to, "publish", "--from", there, "--data-dir", "."),
      await run(from, "verify", "--store", there),
    ];
    // Item by item, as a comparison of the test's would, takes minutes.
    const arrived = await fileStore(to).get(`artifacts/${keccakHex(bytes)}.json`);
    expect(Buffer.compare(arrived ?? Buffer.alloc(0), bytes)).toBe(0);
  }
  const more = peaks[150_000_000]?.map((peak, i) => peak - (peaks[50_000_000]?.[i] ?? 0));
  console.log("megabytes more than for 50 MB:", more?.map(Math.round).join(", "));
  expect(Math.max(...(more ?? []))).toBeLessThan(40);
}, 300_000);

test.each([
  ["s3://nowhere/a", {}, "NoSuchBucket; create the bucket"],
  ["s3://bucket/a", { AWS_ACCESS_KEY_ID: "NOBODY" }, "check AWS_ACCESS_KEY_ID"],
])("what it says of %s is understood", async (store, more, message) => {
  const { code, stderr } = await cli(["artifacts", "verify", "--store", store], {
    ...{ cwd: temporaryFolder(), env: { ...env, ...more } },
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
});
