// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { getAddress } from "viem";
import { describe, expect, it, onTestFinished } from "vitest";
import { canonicalText, type JsonValue } from "../../../service/audit/json.ts";
import { cli } from "../helpers/cli.ts";
import { objectServer } from "../helpers/object-server.ts";
import { activate, endEpoch } from "../helpers/system.ts";
import { directory, endpoint, post, postThis, provender, setScene, test, where, withRow } from "./scene.ts";

setScene();

const EPOCHS = ["--epoch", "0..1"];
const file = (name: string) => join(directory, name);
const json = (name: string) => JSON.parse(readFileSync(file(name), "utf8"));
const wrong = () => withRow(1, (row) => ({ amount: row.amount + 1n, cumulative: row.cumulative + 1n }));

/** The same file with one thing in it edited. */
function edited(name: string, edit: (file: never) => void): string {
  const copy = json(name);
  edit(copy as never);
  writeFileSync(file("edited.json"), canonicalText(copy as JsonValue));
  return "edited.json";
}

describe("a range of epochs", () => {
  it("is audited from one reading of the chain, each epoch with a verdict of its own", async () => {
    await postThis(wrong());
    const before = endpoint.requests;
    await provender("audit", "--epoch", "1", ...where());
    const alone = endpoint.requests - before;
    const { exitCode, out } = await provender("audit", ...EPOCHS, "--json", ...where());
    const together = endpoint.requests - before - alone;
    const audits = out.split(/\n(?=\{)/).map((text) => JSON.parse(text));
    expect(audits.map(({ epoch, verdict }) => [epoch, verdict])).toEqual([
      [0, "match"],
      [1, "mismatch"],
    ]);
    expect(exitCode).toBe(1);
    expect(together - alone).toBeLessThanOrEqual(1);
  });

  it("without an end goes on to the last that can be judged", async () => {
    await post(1);
    const { exitCode, out } = await provender("audit", "--epoch", "0..", ...where());
    expect(out.match(/^epoch \d/gm)).toEqual(["epoch 0", "epoch 1"]);
    expect(exitCode).toBe(0);
  });

  it("ends with 4 where it comes to an epoch that is not ready, after those that are", async () => {
    const { exitCode, out, notes } = await provender("audit", "--epoch", "0..3", ...where());
    expect(out.match(/^epoch \d/gm)).toEqual(["epoch 0"]);
    expect(notes).toContain("no root has been posted for epoch 1");
    expect(exitCode).toBe(4);
    await postThis(wrong());
    const worse = await provender("audit", "--epoch", "0..3", ...where());
    expect(worse).toMatchObject({ exitCode: 1, notes: expect.stringContaining("epoch 2 has not ended") });
  });

  it.each([
    ["2..1", /not a range of epochs: 2..1/],
    ["1..2..3", /not a range of epochs/],
    ["..2", /not a whole number/],
    ["1..x", /not a whole number/],
  ])("cannot be %s", async (range, message) => {
    const { exitCode, notes } = await provender("audit", "--epoch", range, ...where());
    expect(exitCode).toBe(2);
    expect(notes).toMatch(message);
  });

  it("takes artifacts by epoch, from a place that names it", async () => {
    await post(1);
    const { exitCode, notes } = await provender("audit", ...EPOCHS, "--artifact", "a.json", ...where());
    expect([exitCode, notes]).toEqual([2, expect.stringContaining("write {epoch} where")]);
    const missing = await provender("audit", ...EPOCHS, "--artifact", "a{epoch}.json", ...where());
    expect([missing.exitCode, missing.notes]).toEqual([2, expect.stringContaining("cannot read a0.json")]);
  });
});

it("an endpoint without an archive is enough: state is read at final and latest blocks only", async () => {
  await post(1);
  await activate(test);
  await test.client.mine({ blocks: 300 });
  let refused = 0;
  endpoint.refuse = ({ method, params }) => {
    const at = { eth_call: 1, eth_getCode: 1, eth_getStorageAt: 2, eth_getBalance: 1 }[method];
    const block = at === undefined ? undefined : params[at];
    // Anvil's last final block is two before the latest.
    if (typeof block !== "string" || !block.startsWith("0x") || BigInt(block) >= newest - 2n)
      return undefined;
    refused++;
    return "missing trie node: state is not available";
  };
  const newest = await test.client.getBlockNumber();
  const { exitCode, out } = await provender("audit", ...EPOCHS, ...where());
  expect([exitCode, out.match(/^MATCH/gm)?.length, refused]).toEqual([0, 2, 0]);
  const old = endpoint.refuse({ id: 1, method: "eth_call", params: [{}, "0x10"] });
  expect(old).toContain("missing trie node");
  // One that has not even those is not taken for a mismatch.
  endpoint.refuse = ({ method }) => (method === "eth_call" ? "missing trie node" : undefined);
  const none = await provender("audit", ...EPOCHS, ...where());
  expect(none).toMatchObject({ exitCode: 3, notes: expect.stringContaining("missing trie node") });
});

describe("a bundle", () => {
  const offline = ["--from-bundle", "read.json"];

  it("gives the same verdicts without network, of a match and of a mismatch", async () => {
    await postThis(wrong());
    const recorded = await provender("audit", ...EPOCHS, "--bundle", "read.json", "--json", ...where());
    endpoint.down = true;
    const before = endpoint.requests;
    const again = await provender("audit", ...EPOCHS, ...offline, "--json");
    expect(endpoint.requests).toBe(before);
    const verdicts = (out: string) =>
      out.replace(/"(requests|calls|seconds)": [0-9.]+|"(127\.0\.0\.1:|bundle 0x)\w+"/g, "");
    expect(verdicts(again.out)).toBe(verdicts(recorded.out));
    expect([recorded.exitCode, again.exitCode]).toEqual([1, 1]);
    const lines = again.out.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { epoch: 0, requests: 0, calls: 0 },
      { epoch: 1, requests: 0, calls: 0 },
    ]);
  });

  it("goes to an object store under its hash, and is held to that when it is read from there", async () => {
    const server = await objectServer();
    onTestFinished(() => server.close());
    const run = (...args: string[]) =>
      cli(["audit", "--epoch", "0", ...args], { cwd: directory, env: server.env });
    const recorded = await run("--bundle", "s3://bucket/audits/", ...where());
    const place = /recorded what was read: (s3:\/\/bucket\/audits\/bundles\/0x\w{64}\.json\.gz)/.exec(
      recorded.stderr,
    )?.[1];
    expect([recorded.code, place], recorded.stderr).toEqual([0, expect.any(String)]);
    endpoint.down = true;
    const again = await run("--from-bundle", place as string);
    expect([again.code, again.stdout], again.stderr).toEqual([0, expect.stringContaining("MATCH")]);

    // Another bundle by its name, half of it, and none.
    const key = (place as string).replace("s3://bucket/", "");
    const whole = server.objects.get(key) as Buffer;
    for (const bytes of [Buffer.from("another"), whole.subarray(0, whole.length >> 1)]) {
      server.objects.set(key, bytes);
      expect(await run("--from-bundle", place as string)).toMatchObject({
        ...{
          code: 2,
          stderr: expect.stringMatching(/--from-bundle: s3:.* is damaged or was edited: its bytes hash/),
        },
      });
    }
    server.objects.delete(key);
    const missing = await run("--from-bundle", place as string);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining(`--from-bundle: there is no ${place}`),
    ]);
    endpoint.down = false;
  });

  it.each([
    [["--bundle", "s3://bucket/b.json.gz"], {}, "--bundle: names an object"],
    [["--bundle", "s3://bucket/b"], { AWS_ACCESS_KEY_ID: "" }, "--bundle: nobody may use the object store"],
    [["--from-bundle", "s3://bucket/"], {}, "--from-bundle: names no object"],
    [["--from-bundle", "s3://bucket"], {}, "--from-bundle: names no object"],
    [
      ["--artifact", "s3://nowhere/a.json"],
      {},
      "--artifact: cannot read s3://nowhere/a.json: HTTP 404, NoSuchBucket",
    ],
  ])("%j is refused before anything is read", async (args, env, message) => {
    const server = await objectServer();
    onTestFinished(() => server.close());
    const where0 = args[0] === "--from-bundle" ? [] : where();
    const run = await cli(["audit", "--epoch", "0", ...args, ...where0], {
      ...{ cwd: directory, env: { ...server.env, ...env } },
    });
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("holds what endpoints refuse, too, and what they say of a log that is missing", async () => {
    await post(1);
    endpoint.refuse = ({ method, params }) =>
      method === "eth_call" && !("to" in (params[0] as object)) ? "creation is not allowed" : undefined;
    let left = 1;
    endpoint.tamper = (log) => (log.topics.length === 4 && left-- > 0 ? [] : [log]);
    const args = ["audit", "--epoch", "1"];
    const recorded = await provender(...args, "--bundle", "read.json.gz", ...where());
    expect(recorded.exitCode, recorded.notes).toBe(1);
    const again = await provender(...args, "--from-bundle", "read.json.gz");
    // Nor does a bundle say how far away a moment is from now.
    const withoutFigures = (out: string) =>
      out.replace(/\(\d+ requests.*\)$|(127\.0\.0\.1:|bundle 0x)\w+| \(in [^)]*\)$/gm, "");
    expect(withoutFigures(again.out), again.notes).toBe(withoutFigures(recorded.out));
    expect(gunzipSync(readFileSync(file("read.json.gz"))).toString()).toMatch(/^\{"calls":/);
  });

  it("is bytes of one form, and says nothing of epochs that it was not recorded for", async () => {
    await post(1);
    await provender("audit", "--epoch", "0", "--bundle", "read.json", ...where());
    await provender("audit", "--epoch", "0", "--bundle", "again.json", ...where());
    expect(readFileSync(file("again.json"))).toEqual(readFileSync(file("read.json")));
    const { exitCode, notes } = await provender("audit", "--epoch", "1", ...offline);
    expect([exitCode, notes]).toEqual([3, expect.stringContaining("the bundle holds no answer to eth_")]);
  });

  it("is refused if it is none, or another distributor's", async () => {
    await provender("audit", "--epoch", "0", "--bundle", "read.json", ...where());
    const other = await provender("audit", "--epoch", "0", ...offline, "--distributor", test.token);
    expect([other.exitCode, other.notes]).toEqual([
      2,
      expect.stringContaining("the bundle is of distributor"),
    ]);
    const broken: ((bundle: Record<string, unknown>) => void)[] = [
      (bundle) => Object.assign(bundle, { schema: "provender.bundle/2" }),
      (bundle) => Object.assign(bundle, { chainId: 31_337 }),
      (bundle) => Object.assign(bundle, { distributor: "0x" }),
      (bundle) => Object.assign(bundle, { calls: [{}] }),
      (bundle) => Object.assign(bundle, { calls: {} }),
    ];
    for (const edit of broken) {
      const name = edited("read.json", edit);
      const { exitCode, notes } = await provender("audit", "--epoch", "0", "--from-bundle", name);
      expect([exitCode, notes]).toEqual([2, expect.stringContaining("the bundle is not one")]);
    }
    writeFileSync(file("spaced.json"), `${readFileSync(file("read.json"), "utf8")}\n`);
    expect((await provender("audit", "--epoch", "0", "--from-bundle", "spaced.json")).exitCode).toBe(2);
    const acting = await provender("audit", "--epoch", "0", ...offline, "--act", "--from", test.auditor);
    expect(acting).toMatchObject({ exitCode: 2, notes: expect.stringContaining("--act") });
  });
});

describe("a report", () => {
  const check = (name: string, ...more: string[]) => provender("audit", "--check", name, ...more);

  it("is the same bytes whoever writes it at the same block, and holds by itself and on the chain", async () => {
    await post(1);
    await provender("audit", ...EPOCHS, "--report", "report.json", ...where());
    await provender("audit", ...EPOCHS, "--report", "again.json", "--bundle", "read.json", ...where());
    expect(readFileSync(file("again.json"))).toEqual(readFileSync(file("report.json")));
    const alone = await check("report.json");
    expect(alone).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/its inputs +YES\n.*NOT CHECKED/),
    });
    const onChain = await check("report.json", ...where());
    expect(onChain).toMatchObject({ exitCode: 0, out: expect.stringMatching(/the chain's +YES/) });
    const inBundle = await check("report.json", "--from-bundle", "read.json", "--json");
    expect(JSON.parse(inBundle.out)).toEqual({
      schema: "provender.audit-check/1",
      holds: true,
      chainId: "31337",
      distributor: test.distributor.toLowerCase(),
      epochs: [
        { epoch: 0, verdict: "match" },
        { epoch: 1, verdict: "match" },
      ],
      byItself: [],
      againstChain: [],
    });
    // Its root becomes active: the report still holds.
    await activate(test);
    expect((await check("report.json", ...where())).exitCode).toBe(0);
  });

  it("of a mismatch holds as well", async () => {
    const artifact = file("published.json");
    writeFileSync(artifact, await postThis(wrong()));
    const args = ["--epoch", "1", "--report", "report.json", "--artifact", artifact];
    expect((await provender("audit", ...args, ...where())).exitCode).toBe(1);
    expect((await check("report.json", ...where())).exitCode).toBe(0);
    expect(json("report.json").epochs[0]).toMatchObject({
      verdict: "mismatch",
      verdicts: {
        amounts: { findings: [{ difference: { field: "amount" }, log: { event: "SegmentAdded" } }, {}, {}] },
      },
    });
  });

  it("on a copy that nobody posted holds against the chain without that copy", async () => {
    await post(1);
    await activate(test);
    await endEpoch(test);
    await post(2);
    await provender("audit", "--epoch", "1", "--report", "first.json", ...where());
    const { artifact } = json("first.json").epochs[0];
    const copy = { ...artifact, rows: [{ ...artifact.rows[0], stake: "1" }, ...artifact.rows.slice(1)] };
    writeFileSync(file("copy.json"), canonicalText(copy));
    const args = ["--epoch", "1", "--report", "report.json", "--artifact", "copy.json"];
    expect((await provender("audit", ...args, ...where())).exitCode).toBe(1);
    expect(await check("report.json", ...where())).toMatchObject({ exitCode: 0 });
  });

  type Editable = {
    distributor: string;
    epochs: {
      verdict: string;
      epoch: number;
      artifact: { rows: Record<string, unknown>[]; [key: string]: unknown } | null;
      post: Record<string, unknown> | null;
      recomputed: Record<string, unknown> | null;
      verdicts: Record<string, { verdict: string }>;
    }[];
  };
  type Entry = Editable["epochs"][number];
  const cases: [string, (first: Entry, second: Entry, file: Editable) => void, RegExp][] = [
    [
      "a verdict on the whole",
      (first) => Object.assign(first, { verdict: "mismatch" }),
      /its verdicts come to match/,
    ],
    [
      "an amount",
      (_, { artifact }) => Object.assign(artifact?.rows[0] ?? {}, { amount: "1" }),
      /do not follow/,
    ],
    [
      "a stake",
      (_, { artifact }) => Object.assign(artifact?.rows[0] ?? {}, { stake: "1" }),
      /not what its artifact/,
    ],
    ["no number", (_, { artifact }) => Object.assign(artifact?.rows[0] ?? {}, { stake: 1 }), /is malformed/],
    ["no hash", (_, { artifact }) => Object.assign(artifact ?? {}, { previousRoot: "0x12" }), /is malformed/],
    ["no list", (_, { artifact }) => Object.assign(artifact ?? {}, { misses: {} }), /is malformed/],
    ["no object", (_, { artifact }) => Object.assign(artifact ?? {}, { window: [] }), /is malformed/],
    ["no count", (_, { artifact }) => Object.assign(artifact?.rows[0] ?? {}, { misses: -1 }), /is malformed/],
    ["no policy", (_, { artifact }) => Object.assign(artifact ?? {}, { policy: {} }), /is malformed/],
    [
      "the distributor",
      (_, __, all) => Object.assign(all, { distributor: `0x${"12".repeat(20)}` }),
      /another epoch/,
    ],
    [
      "a root",
      (_, { recomputed }) => Object.assign(recomputed ?? {}, { root: `0x${"12".repeat(32)}` }),
      /not what/,
    ],
    [
      "a posted root",
      (_, { post }) => Object.assign(post ?? {}, { root: `0x${"12".repeat(32)}` }),
      /is another/,
    ],
    [
      "a posted total",
      (_, { post }) => Object.assign(post ?? {}, { cumulativeTotal: "5" }),
      /amounts: it says match/,
    ],
    [
      "a posted snapshot",
      (_, { post }) => Object.assign(post ?? {}, { snapshot: { number: "1", hash: "0x" } }),
      /inputs: it says match/,
    ],
    ["no post", (_, second) => Object.assign(second, { post: null }), /names no post/],
    ["no artifact", (_, second) => Object.assign(second, { artifact: null }), /holds no artifact/],
    [
      "a mismatch of amounts",
      (_, { verdicts }) => Object.assign(verdicts.amounts ?? {}, { verdict: "mismatch" }),
      /the post's are these/,
    ],
    [
      "a mismatch of roots",
      (_, { verdicts }) => Object.assign(verdicts.root ?? {}, { verdict: "mismatch" }),
      /the post's is this one/,
    ],
    [
      "the post before",
      ({ post }) => Object.assign(post ?? {}, { cumulativeTotal: "5" }),
      /does not continue from the post that the report names for epoch 0/,
    ],
  ];
  it.each(cases)("with %s edited does not hold by itself", async (_, edit, message) => {
    await post(1);
    await provender("audit", ...EPOCHS, "--report", "report.json", ...where());
    const name = edited("report.json", (copy: Editable) => {
      const [first, second] = copy.epochs as [Entry, Entry];
      edit(first, second, copy);
    });
    const { exitCode, out } = await check(name);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/its inputs +NO/);
    expect(out).toMatch(message);
  });

  it("that follows from made-up inputs does not hold on the chain", async () => {
    await post(1);
    await provender("audit", "--epoch", "0", "--report", "report.json", ...where());
    const name = edited("report.json", ({ epochs: [first] }: Editable) => {
      Object.assign(first?.post ?? {}, { postNumber: "7" });
    });
    expect((await check(name)).exitCode).toBe(0);
    const { exitCode, out } = await check(name, ...where());
    expect([exitCode, out]).toEqual([1, expect.stringContaining("its post is not the one that stands")]);
    const verdict = edited("report.json", ({ epochs: [first] }: Editable) => {
      Object.assign(first?.verdicts.inputs ?? {}, { verdict: "mismatch" });
      Object.assign(first ?? {}, { verdict: "mismatch" });
    });
    expect((await check(verdict)).exitCode).toBe(0);
    expect((await check(verdict, ...where())).out).toContain(
      "inputs: it says mismatch, recomputed here: match",
    );
  });

  it("is refused if it is none, and combined with what it is not for", async () => {
    await provender("audit", "--epoch", "0", "--report", "report.json", ...where());
    const broken: ((copy: Record<string, unknown>) => void)[] = [
      (copy) => Object.assign(copy, { schema: "provender.audit/1" }),
      (copy) => Object.assign(copy, { epochs: [] }),
      (copy) => Object.assign(copy, { epochs: [1] }),
      (copy) => Object.assign(copy, { epochs: [{ epoch: 0, verdicts: {}, artifact: 1 }] }),
      (copy) => Object.assign(copy, { epochs: [{ epoch: "0", verdicts: {} }] }),
      (copy) => Object.assign(copy, { chainId: 1 }),
      (copy) => Object.assign(copy, { distributor: getAddress(test.distributor) }),
    ];
    for (const edit of broken) {
      const { exitCode, notes } = await check(edited("report.json", edit));
      expect([exitCode, notes]).toEqual([2, expect.stringContaining("the report is not one")]);
    }
    expect((await check("report.json", "--epoch", "0")).exitCode).toBe(2);
    expect((await check("report.json", "--watch")).exitCode).toBe(2);
    const elsewhere = edited("report.json", (copy: Record<string, unknown>) =>
      Object.assign(copy, { chainId: "1" }),
    );
    const { exitCode, notes } = await check(elsewhere, "--rpc", endpoint.rpcUrl);
    expect([exitCode, notes]).toEqual([2, expect.stringContaining("serves chain 31337")]);
  });
});
