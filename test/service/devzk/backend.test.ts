// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { devzk } from "../../../script/devzk/backend.ts";
import { MissingInput, readInput } from "../../../script/devzk/input.ts";
import { statementOf } from "../../../script/devzk/machine.ts";
import { FIBONACCI } from "../../../script/devzk/programs.ts";
import { verifyingKey } from "../../../script/devzk/prove.ts";
import { runUri } from "../../../script/devzk/run.ts";
import { RUN } from "../helpers/run.ts";

const MAIN = fileURLToPath(new URL("../../../script/devzk/main.ts", import.meta.url));
const run = { program: FIBONACCI, input: 3n };
const { verifierKeyHash } = verifyingKey();
const question = {
  task: "check",
  ...{ ...statementOf(run.program, run.input), verifierKeyHash, input: runUri(run) },
} as const;
const other = `0x${"01".repeat(32)}` as const;

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/input`;
}

describe("the development zkVM as a backend", () => {
  test("takes a run that gives the statement", async () => {
    expect(await devzk(false)(question)).toEqual({ provable: true });
  });

  test("proves it, asked on its standard input", () => {
    const input = JSON.stringify({ ...question, task: "prove" });
    const printed = execFileSync(process.execPath, [RUN, MAIN], { input, encoding: "utf8" });
    expect(JSON.parse(printed).proof).toMatch(/^0x[0-9a-f]{512}$/);
  });

  test.each([
    ["another verifying key", { ...question, verifierKeyHash: other }],
    ["the input is for another program", { ...question, programKey: other }],
    ["does not give the digest", { ...question, publicValuesDigest: other }],
    ["neither data: nor http", { ...question, input: "" }],
    ["neither data: nor http", { ...question, input: "file:///etc/passwd" }],
    ["not in its inputUri", { ...question, input: "https://example.org/" }],
    ["a run is JSON", { ...question, input: "data:,text" }],
    ["program: not a decimal number", { ...question, input: "data:,null" }],
    ["input: not a decimal number", { ...question, input: 'data:,{"program":"1","input":1}' }],
    ["program: not from 0", { ...question, input: `data:,{"program":"${1n << 240n}","input":"1"}` }],
  ])("says that it cannot be proven: %s", async (problem, wrong) => {
    const reason = expect.stringContaining(problem);
    expect(await devzk(false)(wrong)).toEqual({ provable: false, reason });
  });
});

describe("an input that is elsewhere", () => {
  test("is fetched if that is wanted", async () => {
    const url = await serve((_, response) =>
      response.end(JSON.stringify({ program: String(FIBONACCI), input: "3" })),
    );
    expect(await devzk(true)({ ...question, input: url })).toEqual({ provable: true });
    expect(await devzk(false)({ ...question, input: url })).toMatchObject({ provable: false });
  });

  test("may come later: failures of the network are not the job's", async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const failure = readInput(url, true);
    await expect(failure).rejects.toThrow("503");
    await expect(failure).rejects.not.toBeInstanceOf(MissingInput);
    await expect(readInput("http://127.0.0.1:1/", true)).rejects.not.toBeInstanceOf(MissingInput);
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
