// SPDX-License-Identifier: AGPL-3.0-only

import { writeFileSync } from "node:fs";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { externalBackend } from "../../../service/prover/answer.ts";
import { askCommand } from "../../../service/prover/backend-command.ts";
import { askUrl } from "../../../service/prover/backend-url.ts";
import { type Job, UnprovableError } from "../../../service/prover/backends.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const PROOF = `0x${"ab".repeat(256)}`;
const key = `0x${"01".repeat(32)}` as const;
const job: Job = {
  ...{ chainId: 1n, id: key, verifierKeyHash: key, programKey: key, publicValuesDigest: key },
  inputUri: "https://example.org/input",
};
const asked = (milliseconds = 20_000) => ({ deadline: 1_234n, signal: AbortSignal.timeout(milliseconds) });

/** A backend of this code, which has the question as `question`. */
function backend(code: string) {
  const path = join(temporaryFolder(), "backend.mjs");
  writeFileSync(
    path,
    `import { text } from "node:stream/consumers";
     const question = JSON.parse(await text(process.stdin));
     const print = (answer) => console.log(typeof answer === "string" ? answer : JSON.stringify(answer));
     const PROOF = ${JSON.stringify(PROOF)};
     ${code}`,
  );
  return externalBackend(askCommand(`"${process.execPath}" ${path}`));
}

describe("a backend's process", () => {
  test("is asked by one JSON document, whose fields say what to prove and by when", async () => {
    const { prove } = backend("print({ error: JSON.stringify(question) });");
    const question = {
      ...{ version: 1, task: "prove", chainId: 1, request: key, verifierKeyHash: key, programKey: key },
      ...{ publicValuesDigest: key, input: job.inputUri, deadline: 1_234 },
    };
    await expect(prove(job, asked())).rejects.toThrow(JSON.stringify(question).slice(0, 150));
  });

  test.each([
    [
      "on a line among others",
      'print("starting"); print({ level: "info" }); print({ proof: PROOF }); print("done");',
    ],
    ["over several lines", 'print(JSON.stringify({ proof: PROOF, vkey: "0x" }, null, 2));'],
    ["as bare bytes", "print(PROOF);"],
    ["without an end of line", "process.stdout.write(JSON.stringify({ proof: PROOF }));"],
    ["twice", "print({ proof: PROOF }); print({ proof: PROOF });"],
    ["after saying that it can", "print({ provable: true }); print({ proof: PROOF });"],
    ["and then goes on for ever", "print({ proof: PROOF }); setInterval(() => {}, 1000);"],
    ["and then crashes", "print({ proof: PROOF }); process.exit(3);"],
    [
      "after a flood of other things",
      'const line = "x".repeat(1_000_000); for (let i = 0; i < 30; i++) print(line); print({ proof: PROOF });',
    ],
  ])("may answer %s", async (_, code) => {
    expect(await backend(code).prove(job, asked())).toBe(PROOF);
  });

  test.each([
    [
      "that crashes",
      'console.error("out of memory"); process.exit(9);',
      "ended with code 9 and no answer: out of memory",
    ],
    ["that says nothing", "", "ended with code 0 and no answer"],
    ["that answers nonsense", 'print({ proof: "0x12" });', "proof: 1 bytes, where a zk proof has 256"],
    ["that says what went wrong", 'print({ error: "no GPU" });', "the backend says: no GPU"],
    ["that has no proof", "print({ provable: true });", "ended with code 0 and no answer"],
  ])("%s fails, and may be asked again", async (_, code, problem) => {
    const failure = backend(code).prove(job, asked());
    await expect(failure).rejects.toThrow(problem);
    await expect(failure).rejects.not.toBeInstanceOf(UnprovableError);
  });

  test("that floods without end, or never answers, is ended with all that it started when nobody listens any more", async () => {
    for (const code of [
      'const write = () => { while (process.stdout.write("x".repeat(65_536))); process.stdout.once("drain", write); }; write();',
      'const { spawn } = await import("node:child_process"); spawn("sleep", ["1000"], { stdio: "inherit" });',
    ]) {
      const began = Date.now();
      await expect(backend(code).prove(job, asked(1_000))).rejects.toThrow();
      expect(Date.now() - began).toBeLessThan(10_000);
    }
  });

  test("that floods with what looks like answers keeps nobody else from their turn", async () => {
    const flood =
      'const write = () => { while (process.stdout.write("{\\n".repeat(32_768))); process.stdout.once("drain", write); }; write();';
    let turns = 0;
    const other = setInterval(() => turns++, 20);
    await expect(backend(flood).prove(job, asked(3_000))).rejects.toThrow();
    clearInterval(other);
    expect(turns).toBeGreaterThan(30);
  });

  test("may be asked first whether it can, and then answers yes, no with a reason, or with the proof itself", async () => {
    const check = (code: string) => backend(code).check(job, asked());
    expect(await check("print({ provable: question.task === 'check' });")).toBe(true);
    expect(await check("print({ proof: PROOF });")).toBe(PROOF);
    await expect(check('print({ provable: false, reason: "no such program" });')).rejects.toThrow(
      new UnprovableError("no such program"),
    );
  });

  test("that is no command says so", async () => {
    const { check } = externalBackend(askCommand("no-such-prover --fast"));
    await expect(check(job, asked())).rejects.toThrow(/ended with code 127 and no answer: .*no-such-prover/);
  });
});

describe("a backend at a URL", () => {
  async function at(listener: RequestListener) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return externalBackend(askUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  }

  test("answers the body of a POST", async () => {
    const { prove } = await at((request, response) => {
      request.setEncoding("utf8").on("data", (body) => {
        const { task } = JSON.parse(body);
        response.end(JSON.stringify(request.method === "POST" && task === "prove" ? { proof: PROOF } : {}));
      });
    });
    expect(await prove(job, asked())).toBe(PROOF);
  });

  test.each([
    ["refuses", 500, "busy", "the backend answers 500: busy"],
    ["does not speak JSON", 200, "<html>", "answer is not JSON"],
    ["does not stop", 200, "x".repeat(2_000_000), "longer than"],
    ["answers something else", 200, '{"proof":{}}', "not a zk proof in any layout"],
    ["answers null", 200, "null", "the backend's answer is none to what it was asked: null"],
    ["answers a number", 200, "5", "is none to what it was asked: 5"],
    ["answers that it lives", 200, '{"status":"ok"}', 'is none to what it was asked: {"status":"ok"}'],
    ["answers with few words", 200, "[1]", "is none to what it was asked: [1]"],
    ["says what is wrong, and more", 200, '{"error":"busy","code":7}', "the backend says: busy"],
  ])("that %s fails", async (_, code, body, problem) => {
    const { prove } = await at((_request, response) => response.writeHead(code).end(body));
    await expect(prove(job, asked())).rejects.toThrow(problem);
  });

  test("may take longer than fetch waits for a server's first word", async () => {
    const { prove } = await at((_, response) => {
      setTimeout(() => response.end(JSON.stringify({ proof: PROOF })), 2_500);
    });
    await fetch("data:,").then((answer) => answer.text());
    const known = Symbol.for("undici.globalDispatcher.1");
    const globals = globalThis as unknown as Record<symbol, { constructor: new (options: object) => object }>;
    const usual = globals[known];
    if (usual === undefined) throw new Error("fetch has no dispatcher");
    Object.assign(globals, { [known]: new usual.constructor({ headersTimeout: 500 }) });
    onTestFinished(() => void Object.assign(globals, { [known]: usual }));
    expect(await prove(job, asked())).toBe(PROOF);
  });

  test("that nobody listens to any more ends with the reason of whoever stopped", async () => {
    for (const begin of [() => undefined, (response: ServerResponse) => void response.write("{")]) {
      const { prove } = await at((_, response) => begin(response));
      const reason = new Error("too late");
      const stop = new AbortController();
      setTimeout(() => stop.abort(reason), 300);
      await expect(prove(job, { deadline: 1_234n, signal: stop.signal })).rejects.toBe(reason);
    }
  });

  test("that is not there is named, without what may be a password", async () => {
    const { check } = externalBackend(askUrl("http://127.0.0.1:1/prove/5ec4e7"));
    await expect(check(job, asked())).rejects.toThrow(/^the backend at 127\.0\.0\.1:1 does not answer$/);
  });
});
