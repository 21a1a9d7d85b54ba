// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, RpcRequestError } from "viem";
import { describe, expect, it } from "vitest";
import { adviceOn, blamesEndpoint } from "../../../service/audit/advice.ts";
import { asReadError, audit } from "../../../service/audit/audit.ts";
import { readBundle, recorderOf } from "../../../service/audit/bundle.ts";
import { AuditError } from "../../../service/audit/errors.ts";
import { keccakOf } from "../../../service/audit/hash.ts";
import type { Audited } from "../../../service/audit/judge.ts";
import { ChainError } from "../../../service/chain/errors.ts";
import { malformed } from "../helpers/malformed.ts";
import { type Overrides, postedAs, type RecordedChain, recordedClient } from "../helpers/recorded-chain.ts";
import { encodeReports } from "../helpers/report.ts";
import { sortedText } from "../helpers/sorted-text.ts";
import { artifactOf, boundaries, bytesOf, withheld } from "./recorded-reading.ts";

const { distributor } = boundaries;

/** Of malformed answers, `npm test` tries every tenth from a place that moves with the seed; the deep run all. */
const EVERY = process.env.FOUNDRY_PROFILE === "deep" ? 1 : 10;
const SEED = Number(process.env.SEED ?? Math.floor(Date.now() / 1_000)) % 1_000;

async function auditsOf(
  chain: RecordedChain,
  from: number,
  { to, overrides, artifact }: { to?: number; overrides?: Overrides | undefined; artifact?: Uint8Array } = {},
): Promise<Audited[]> {
  const client = recordedClient(chain, overrides);
  const audits: Audited[] = [];
  for await (const one of audit({
    client,
    distributor: chain.distributor,
    from,
    to,
    continueFrom: artifact,
  })) {
    audits.push(one);
  }
  return audits;
}

const verdictsOf = (audits: readonly Audited[]) => audits.map(({ report }) => [report.epoch, report.verdict]);
const post = (change: object) => ({
  epoch: 3n,
  postNumber: 5n,
  root: boundaries.state.latestPost.root,
  cumulativeTotal: 347n,
  postedAt: 1n,
  claimableAt: 1n,
  quorum: 1n,
  attestations: 0n,
  vetoed: false,
  active: false,
  ...change,
});

describe("a range of epochs", () => {
  it("goes to the last that can be judged", async () => {
    expect(verdictsOf(await auditsOf(boundaries, 0))).toEqual([0, 1, 2, 3].map((epoch) => [epoch, "match"]));
    expect(verdictsOf(await auditsOf(boundaries, 1, { to: 2 }))).toEqual(
      [1, 2].map((epoch) => [epoch, "match"]),
    );
    const vetoed = {
      latestPost: () => post({ vetoed: true }),
      activePost: () => post({ epoch: 2n, postNumber: 4n }),
      carry: () => 0n,
    };
    expect((await auditsOf(boundaries, 2, { overrides: vetoed })).map(({ report }) => report.epoch)).toEqual([
      2,
    ]);
  });

  it("says where a root stands", async () => {
    const [before, last] = [postedAs(boundaries, 4n), postedAs(boundaries, 5n)];
    const pending = {
      latestPost: () => ({ ...last, attestations: 0n, active: false }),
      activePost: () => before,
    };
    const audits = await auditsOf(boundaries, 1, { overrides: pending });
    expect(audits.map(({ report }) => report.post?.status)).toEqual(["superseded", "active", "pending"]);
    expect(verdictsOf(audits)).toEqual([1, 2, 3].map((epoch) => [epoch, "match"]));
  });

  it.each([
    [
      "not ended",
      5,
      {},
      {},
      /^epoch 5 has not ended: it ends at 2023-11-15T14:53:20Z \(in .+\)$/,
      "try again after it",
    ],
    [
      "not posted",
      3,
      { latestPost: () => post({ epoch: 2n }) },
      {},
      /^no root has been posted for epoch 3$/,
      "try again when one has",
    ],
    [
      "nothing posted",
      0,
      { latestPost: () => post({ epoch: 0n, postNumber: 0n }) },
      {},
      /^no root has been posted for epoch 0$/,
      "try again when one has",
    ],
    [
      "vetoed",
      3,
      { latestPost: () => post({ vetoed: true }) },
      {},
      /^the root of epoch 3 was vetoed, and no other has been posted$/,
      "try again when one has",
    ],
    [
      "not final",
      3,
      {},
      { final: 37 },
      /^epoch 3 ended at 2023-11-15T09:20:00Z \(.+\), but its last block is not final yet$/,
      "try again when a block past the end is finalized",
    ],
  ])("is not ready where an epoch is %s", async (_, from, overrides, change, message, hint) => {
    const refused = auditsOf({ ...boundaries, ...change }, from, { overrides });
    await expect(refused).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringMatching(message),
      hint,
    });
  });

  it("may continue from the artifact that was posted before", async () => {
    const second = Buffer.from(boundaries.epochs[1]?.artifact ?? "");
    expect(verdictsOf(await auditsOf(boundaries, 2, { artifact: second }))).toEqual(
      [2, 3].map((epoch) => [epoch, "match"]),
    );
    const first = Buffer.from(boundaries.epochs[0]?.artifact ?? "");
    await expect(auditsOf(boundaries, 2, { artifact: first })).rejects.toThrow("the artifact is of epoch 0");
    await expect(auditsOf(boundaries, 0, { artifact: first })).rejects.toThrow(
      "epoch 0 continues from nothing: leave out --from-artifact",
    );
    const edited = bytesOf({ ...artifactOf(boundaries, 1), total: "285" });
    await expect(auditsOf(boundaries, 2, { artifact: edited })).rejects.toThrow(
      /^the artifact of epoch 1 hashes to 0x\w{64}, its root was posted with dataset hash 0xfd36/,
    );
  });

  it("cannot continue from leaves that are not behind the posted root", async () => {
    const json = artifactOf(boundaries, 1);
    const log = boundaries.logs.find(
      ({ event, topics }) => event === "RootPosted" && topics[2]?.endsWith("3"),
    );
    const withHash = async (artifact: Uint8Array) => {
      const hash = keccakOf(artifact).slice(2);
      const logs = boundaries.logs.map((one) =>
        one === log
          ? { ...one, data: `${one.data.slice(0, 66)}${hash}${one.data.slice(130)}` as `0x${string}` }
          : one,
      );
      return auditsOf({ ...boundaries, logs }, 2, { artifact });
    };
    const [first, ...rows] = json.rows;
    const less = bytesOf({ ...json, rows: [{ ...first, cumulative: "148" }, ...rows] });
    await expect(withHash(less)).rejects.toThrow(
      "the artifact of epoch 1 is the one posted, but its rows build 0x",
    );
    const more = bytesOf({ ...json, rows: [{ ...first, cumulative: "150" }, ...rows] });
    await expect(withHash(more)).rejects.toThrow(
      "the leaves of epoch 1 promise 285 wei, above the posted total 284 wei",
    );
  });

  it("has nothing to judge where an endpoint refuses or contradicts, and says so as if there were none", () => {
    for (const code of ["refused", "inconsistent"] as const) {
      const error = asReadError(new ChainError(code, "it says no", "ask another"));
      expect(error).toMatchObject({
        code: "unreachable",
        message: "it says no",
        hint: "nothing was judged: try another endpoint",
      });
    }
    const other = new ChainError("not-ready", "wait", "a while");
    expect(asReadError(other)).toBe(other);
  });
});

describe("a bundle", () => {
  const about = { chainId: 31_337n, distributor };

  async function record(chain = boundaries, from = 0): Promise<{ bytes: Uint8Array; audits: Audited[] }> {
    const recorder = recorderOf(recordedClient(chain));
    const audits: Audited[] = [];
    for await (const one of audit({ client: recorder.client, distributor, from })) audits.push(one);
    return { bytes: await recorder.bytes(about), audits };
  }

  let recorded: ReturnType<typeof record> | undefined;
  /** Of the third epoch; read once. */
  const third = () => {
    recorded ??= record(boundaries, 3);
    return recorded;
  };

  it("gives what was read, refusals included, as often as it is asked", async () => {
    const { bytes, audits } = await record();
    const { client, chainId, hash, ...bundle } = await readBundle(bytes);
    expect({ ...bundle, chainId }).toEqual({ ...about });
    expect(hash).toBe(keccakOf(bytes));
    for (let times = 0; times < 2; times++) {
      const again: Audited[] = [];
      for await (const one of audit({ client, distributor, from: 0 })) again.push(one);
      expect(encodeReports(again)).toEqual(encodeReports(audits));
    }
    expect((await record()).bytes).toEqual(bytes);
  });

  it("answers in the order in which the endpoint did, and goes on with the last", async () => {
    let block = 1;
    const moving = recordedClient(boundaries);
    const source = { ...moving, request: async () => numberToHex(block++) } as unknown as typeof moving;
    const recorder = recorderOf(source);
    for (let times = 0; times < 3; times++) await recorder.client.getBlockNumber();
    const { client } = await readBundle(await recorder.bytes(about));
    const numbers = [];
    for (let times = 0; times < 4; times++) numbers.push(await client.getBlockNumber());
    expect(numbers).toEqual([1n, 2n, 3n, 3n]);
  });

  it("holds refusals that are answers, with their data, and no troubles of the way there", async () => {
    const moods = [
      new RpcRequestError({
        body: {},
        url: "",
        error: { code: 3, message: "reverted", data: "0x12" as never },
      }),
      new RpcRequestError({ body: {}, url: "", error: { code: -32_000, message: "no state" } }),
      new Error("the line is dead"),
    ];
    const source = recordedClient(boundaries);
    const request = async () => {
      throw moods.shift();
    };
    const recorder = recorderOf({ ...source, request } as unknown as typeof source);
    const ask = (client: typeof source, method: string) => client.request({ method } as never);
    await expect(ask(recorder.client, "eth_a")).rejects.toMatchObject({ code: 3 });
    await expect(ask(recorder.client, "eth_b")).rejects.toMatchObject({ code: -32_000 });
    await expect(ask(recorder.client, "eth_c")).rejects.toThrow("the line is dead");
    const bytes = await recorder.bytes(about);
    expect(JSON.parse(Buffer.from(bytes).toString()).calls).toEqual([
      { answers: [{ error: { code: 3, data: "0x12", message: "reverted" } }], call: ["eth_a", []] },
      { answers: [{ error: { code: -32_000, message: "no state" } }], call: ["eth_b", []] },
      { answers: [], call: ["eth_c", []] },
    ]);
    const { client } = await readBundle(bytes);
    await expect(ask(client, "eth_a")).rejects.toMatchObject({ code: 3, details: "reverted", data: "0x12" });
    await expect(ask(client, "eth_b")).rejects.toMatchObject({ code: -32_000, details: "no state" });
    await expect(ask(client, "eth_c")).rejects.toThrow("the bundle holds no answer to eth_c []");
    await expect(ask(client, "eth_b")).rejects.toThrow("URL: bundle");
  });

  it("is the same bytes in whatever order was asked", async () => {
    const recordedOf = async (...methods: ("eth_chainId" | "eth_blockNumber")[]) => {
      const recorder = recorderOf(recordedClient(boundaries));
      for (const method of methods) await recorder.client.request({ method });
      return recorder.bytes(about);
    };
    const bytes = await recordedOf("eth_chainId", "eth_blockNumber");
    expect(await recordedOf("eth_blockNumber", "eth_chainId")).toEqual(bytes);
  });

  it("holds no answer to what was not asked, and says so", async () => {
    const { client } = await readBundle((await record(boundaries, 3)).bytes);
    const hint =
      "it was recorded for other epochs or by another release: audit the epochs it was recorded for, or record it again";
    await expect(client.getBalance({ address: distributor })).rejects.toMatchObject({
      cause: { code: "unreachable", hint },
      message: expect.stringContaining(
        `the bundle holds no answer to eth_getBalance ["${distributor}","latest"]`,
      ),
    });
    const long = client.request({ method: "eth_a", params: ["1".repeat(100)] } as never);
    await expect(long).rejects.toThrow(/to eth_a \["1{78}$/m);
  });

  it("is judged, or ends in an error with a name, whatever one of its answers is", async () => {
    const { bytes, audits } = await third();
    const [right] = audits as [Audited];
    const { calls, ...rest } = JSON.parse(Buffer.from(bytes).toString()) as {
      calls: { call: [string, unknown]; answers: { result: unknown }[] }[];
    };
    const seen = new Set<string>();
    let index = SEED;
    let told = 0;
    let refused = 0;
    for (const [i, { call, answers }] of calls.entries()) {
      // Of what takes long to spoil in every place, one call of each kind.
      if (typeof answers[0]?.result !== "string" && seen.has(call[0])) continue;
      seen.add(call[0]);
      for (const result of malformed(answers[0]?.result)) {
        if (index++ % EVERY !== 0) continue;
        told++;
        const json = JSON.stringify({ ...rest, calls: calls.with(i, { call, answers: [{ result }] }) });
        const bundle = Buffer.from(sortedText(JSON.parse(json)));
        const what = `SEED=${SEED}, ${call[0]}: ${String(JSON.stringify(result)).slice(0, 300)}`;
        try {
          const { client } = await readBundle(bundle);
          for await (const { report } of audit({ client, distributor, from: 3 })) {
            if (report.verdict !== "match") continue;
            expect(report.recomputed, what).toEqual(right.report.recomputed);
          }
        } catch (error) {
          refused++;
          expect(error instanceof ChainError || error instanceof AuditError, `${what}: ${error}`).toBe(true);
        }
      }
    }
    expect(refused).toBeGreaterThan(told / 2);
  }, 60_000);

  it.each([
    ["a list", () => []],
    ["another schema", (json: object) => ({ ...json, schema: "provender.bundle/2" })],
    ["no calls", (json: object) => ({ ...json, calls: null })],
    ["a chain id that is a number", (json: object) => ({ ...json, chainId: 31_337 })],
    ["a chain id that is none", (json: object) => ({ ...json, chainId: "0x1" })],
    ["a distributor that is none", (json: object) => ({ ...json, distributor: "0x1" })],
    ["a distributor of 21 bytes", (json: object) => ({ ...json, distributor: `${distributor}00` })],
    ["a distributor behind something", (json: object) => ({ ...json, distributor: `0${distributor}` })],
    ["a distributor in a list", (json: object) => ({ ...json, distributor: [distributor] })],
    ["a chain id in a list", (json: object) => ({ ...json, chainId: ["31337"] })],
    ["a distributor that is missing", (json: object) => ({ ...json, distributor: null })],
    ["a call that is none", (json: object) => ({ ...json, calls: ["call"] })],
    ["a call without answers", (json: object) => ({ ...json, calls: [{ call: [] }] })],
    ["an answer that is none", (json: object) => ({ ...json, calls: [{ call: [], answers: ["0x"] }] })],
    [
      "a refusal without words",
      (json: object) => ({ ...json, calls: [{ call: [], answers: [{ error: {} }] }] }),
    ],
  ])("is not %s", async (_, change) => {
    const { bytes } = await third();
    const json = change(JSON.parse(Buffer.from(bytes).toString()));
    await expect(readBundle(bytesOf(json))).rejects.toThrow(
      expect.objectContaining({
        message:
          "the bundle is not one: canonical JSON of schema provender.bundle/1, or provender.bundle/2 with its proofs after it, is expected",
        hint: "give the file as `provender audit --bundle` wrote it",
      }),
    );
  });
});

describe("whoever has a say", () => {
  const advice = async (chain: RecordedChain, epoch: number, overrides?: Overrides) => {
    const [audited] = await auditsOf(chain, epoch, { to: epoch, overrides });
    const { report } = audited as Audited;
    return [adviceOn(report), blamesEndpoint(report)];
  };

  it("attests what matches, and vetoes what speaks against the post", async () => {
    expect(await advice(boundaries, 3)).toEqual(["attest", false]);
    expect(await advice(withheld, 0)).toEqual(["veto", false]);
  });

  it("does nothing where it cannot judge, or where the endpoint contradicts itself", async () => {
    expect(await advice(withheld, 1)).toEqual(["nothing", false]);
    const logs = boundaries.logs.slice(0, -2).concat(boundaries.logs.slice(-1));
    expect(await advice({ ...boundaries, logs }, 3)).toEqual(["nothing", true]);
    expect(await advice(withheld, 0, { carry: () => 7n })).toEqual(["veto", false]);
    expect(await advice(boundaries, 3, { carry: () => 7n })).toEqual(["nothing", true]);
  });
});
