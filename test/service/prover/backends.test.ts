// SPDX-License-Identifier: AGPL-3.0-only
import { cpSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { statementOf } from "../../../script/devzk/machine.ts";
import { FIBONACCI } from "../../../script/devzk/programs.ts";
import { verifyingKey } from "../../../script/devzk/prove.ts";
import { runUri } from "../../../script/devzk/run.ts";
import { type Job, prepareWith, UnprovableError } from "../../../script/prover/backends.ts";
import { devzk } from "../../../script/prover/devzk.ts";
import { readInput } from "../../../script/prover/input.ts";
import { readyProofs } from "../../../script/prover/ready-proofs.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/proofs/", import.meta.url));
const run = { program: FIBONACCI, input: 3n };
const { verifierKeyHash } = verifyingKey();
const job: Job = { ...statementOf(run.program, run.input), verifierKeyHash, inputUri: runUri(run) };
const other = `0x${"01".repeat(32)}` as const;

beforeAll(initKeccak);

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/input`;
}

describe("the development zkVM", () => {
  test("takes a run that gives the statement, and nothing under another key", async () => {
    expect(await devzk(false).prepare(job)).toBeTypeOf("function");
    expect(await devzk(false).prepare({ ...job, verifierKeyHash: other })).toBeUndefined();
  });

  test.each([
    ["the input is for another program", { ...job, programKey: other }],
    ["does not give the digest", { ...job, publicValuesDigest: other }],
    ["neither data: nor http", { ...job, inputUri: "" }],
    ["neither data: nor http", { ...job, inputUri: "file:///etc/passwd" }],
    ["not in its inputUri", { ...job, inputUri: "https://example.org/" }],
    ["a run is JSON", { ...job, inputUri: "data:,text" }],
    ["program: not a decimal number", { ...job, inputUri: "data:,null" }],
    ["input: not a decimal number", { ...job, inputUri: 'data:,{"program":"1","input":1}' }],
    ["program: not from 0", { ...job, inputUri: `data:,{"program":"${1n << 240n}","input":"1"}` }],
  ])("says that it cannot be proven: %s", async (problem, wrong) => {
    await expect(devzk(false).prepare(wrong)).rejects.toThrow(UnprovableError);
    await expect(devzk(false).prepare(wrong)).rejects.toThrow(problem);
  });
});

describe("an input that is elsewhere", () => {
  test("is fetched if that is wanted", async () => {
    const url = await serve((_, response) =>
      response.end(JSON.stringify({ program: String(FIBONACCI), input: "3" })),
    );
    expect(await devzk(true).prepare({ ...job, inputUri: url })).toBeTypeOf("function");
    await expect(devzk(false).prepare({ ...job, inputUri: url })).rejects.toThrow(UnprovableError);
  });

  test("may come later: failures of the network are not the job's", async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const failure = readInput(url, true);
    await expect(failure).rejects.toThrow("503");
    await expect(failure).rejects.not.toBeInstanceOf(UnprovableError);
    await expect(readInput("http://127.0.0.1:1/", true)).rejects.not.toBeInstanceOf(UnprovableError);
  });

  test("is not followed anywhere else, and not read without end", async () => {
    const away = await serve((_, response) => response.writeHead(302, { location: "/" }).end());
    await expect(readInput(away, true)).rejects.toThrow();
    const endless = await serve((_, response) => {
      const write = () => {
        while (response.write("x".repeat(10_000)));
        response.once("drain", write);
      };
      write();
    });
    await expect(readInput(endless, true)).rejects.toThrow("longer than");
  });
});

describe("zk proofs that are ready", () => {
  test("are found by their statement, under their key", async () => {
    const ready = readyProofs(FIXTURES);
    const fixture = { ...statementOf(FIBONACCI, 1n), verifierKeyHash, inputUri: "" };
    const prove = await prepareWith([ready, devzk(false)], fixture);
    expect(await prove?.()).toMatch(/^0x[0-9a-f]{512}$/);
    for (const wrong of [{ verifierKeyHash: other }, { programKey: other }, { publicValuesDigest: other }]) {
      expect(await ready.prepare({ ...fixture, ...wrong })).toBeUndefined();
    }
    expect(await prepareWith([ready], job)).toBeUndefined();
  });

  test("a file that is none is named", () => {
    const folder = temporaryFolder();
    cpSync(join(FIXTURES, "devzk.json"), join(folder, "good.json"));
    readyProofs(folder);
    writeFileSync(join(folder, "notes.txt"), "not a proof, and not read");
    readyProofs(folder);
    writeFileSync(join(folder, "bad.json"), '{"verifierKeyHash":"0x00"}');
    expect(() => readyProofs(folder)).toThrow(/bad\.json: verifierKeyHash/);
  });
});
