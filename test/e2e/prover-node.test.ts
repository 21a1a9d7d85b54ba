// SPDX-License-Identifier: AGPL-3.0-only
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Hex, maxUint256, parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { serveDevzk } from "../../script/devzk/backend.ts";
import { FIBONACCI } from "../../script/devzk/machine.ts";
import { runUri } from "../../script/devzk/run.ts";
import { countOf, type Line, type ProverProcess } from "../../script/prover-process.ts";
import { newFolder, temporaryFolder } from "../service/helpers/folder.ts";
import { stopProving } from "../service/helpers/proving.ts";
import { endpointBefore, type Intercept } from "./helpers/endpoint.ts";
import {
  deployNetwork,
  mintTo,
  type Network,
  PROOFS,
  pass,
  type Role,
  registerProver,
  send,
} from "./helpers/network.ts";
import { type NodeOptions, startProver } from "./helpers/prover-node.ts";
import { ask, askFor, PHASE, requestOf } from "./helpers/requests.ts";

// Some of these start three nodes, each of which loads for seconds where other work is going on.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const FIXTURES = fileURLToPath(new URL("../fixtures/proofs/", import.meta.url));
const BACKEND = fileURLToPath(new URL("helpers/faulty-backend.mjs", import.meta.url));
const FULFILLED = 2;

let network: Network;
let backend: Awaited<ReturnType<typeof serveDevzk>>;
let input = 1n;
const folder = newFolder();
const running: ProverProcess[] = [];

beforeAll(async () => {
  [network, backend] = await Promise.all([deployNetwork(folder), serveDevzk(0)]);
  await mintTo(network, network.who.requester, parseEther("1000"));
  await send(network, network.who.requester, {
    address: network.token,
    functionName: "approve",
    args: [network.market, maxUint256],
  });
  for (const role of ["ada", "ben", "cleo"] as const) {
    await registerProver(network, network.who[role], parseEther("500"), 1_000n);
  }
});

afterEach(() => Promise.all(running.splice(0).map((node) => node.kill())));

afterAll(async () => {
  backend?.close();
  await stopProving();
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

const DEVELOPMENT = (...args: string[]) => ({
  args: args.length === 0 ? ["--cost", "2"] : args,
  backendUrl: backend.url,
});

/** A node with its bids where a node of the same role had them before. */
function start(role: Role, options: Partial<NodeOptions> = {}): ProverProcess {
  const { args = DEVELOPMENT().args, backendUrl = options.args ? undefined : backend.url } = options;
  const node = startProver(network, role, { dataDir: join(folder, role), ...options, args, backendUrl });
  running.push(node);
  return node;
}

/** A statement that nobody has asked for before. */
const newRun = () => ({ program: FIBONACCI, input: input++ });
const has =
  (event: string, request: Hex, fields: Partial<Line> = {}) =>
  (lines: readonly Line[]) =>
    lines.some((line) => expect.objectContaining({ ...fields, event, request }).asymmetricMatch(line));
/** Everything from a request's reveal to its fulfilment, by one node. */
async function finish(node: ProverProcess, id: Hex): Promise<void> {
  await pass(network, PHASE + 1n);
  await node.until(has("revealed", id));
  await pass(network, PHASE + 1n);
  await node.until(has("fulfilled", id));
}
const bidFiles = (role: Role) =>
  readdirSync(join(folder, role), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  );

describe("a prover node", () => {
  test("bids its cost, and killed after its commit and again after its reveal, it goes on: reveals, proves, fulfils", async () => {
    const bidder = start("ada");
    const id = await askFor(network, newRun());
    await bidder.until(has("committed", id, { fee: String(parseEther("2")) }));
    await bidder.kill();
    await pass(network, PHASE + 1n);

    const revealer = start("ada");
    await revealer.until(has("revealed", id));
    await revealer.kill();
    expect(countOf(revealer.lines, "committed")).toBe(0);
    await pass(network, PHASE + 1n);
    expect(await requestOf(network, id)).toMatchObject({ leader: network.who.ada, commitCount: 1n });
    expect(bidFiles("ada")).toHaveLength(1);

    const fulfiller = start("ada");
    await fulfiller.until(has("fulfilled", id));
    await fulfiller.until(has("ended", id, { outcome: "fulfilled" }));
    expect(await requestOf(network, id)).toMatchObject({ status: FULFILLED, price: parseEther("2") });
    expect(bidFiles("ada")).toEqual([]);
  });

  test.each([
    ["before its commit is sent", async () => undefined],
    ["once its commit is on its way", (forward: () => Promise<unknown>) => forward()],
  ])("killed %s, it has one sealed bid after a restart, and can open it", async (_, reach) => {
    let sending = () => {};
    const reached = new Promise<void>((resolve) => {
      sending = resolve;
    });
    const intercept: Intercept = async (call, forward) => {
      if (call.method !== "eth_sendRawTransaction") return forward();
      await reach(forward);
      sending();
      return new Promise(() => {});
    };
    const endpoint = await endpointBefore(network.anvil.rpcUrl, intercept);
    const before = start("ada", { rpcUrl: endpoint.rpcUrl });
    const id = await askFor(network, newRun());
    await reached;
    await before.kill();
    endpoint.close();
    expect(bidFiles("ada")).toHaveLength(1);
    const after = start("ada");
    await after.until(has("resumed", id));
    await expect.poll(async () => (await requestOf(network, id)).commitCount).toBe(1n);
    await finish(after, id);
  });

  test("several contest: the lowest bid wins and is paid the second, jobs in hand make bids dearer, losers are told", async () => {
    const ada = start("ada", DEVELOPMENT("--cost", "3", "--load", "50%"));
    const ben = start("ben", DEVELOPMENT("--cost", "4"));
    const cleo = start("cleo", DEVELOPMENT("--cost", "9.5", "--load", "10%"));
    const ids = [];
    for (let i = 0; i < 2; i++) {
      ids.push(await askFor(network, newRun()));
      // Costs rise with every job in hand, so the order in which requests are seen matters.
      for (const node of i === 0 ? [ada, ben, cleo] : [ada, ben])
        await node.until(has("committed", ids[i] as Hex));
    }
    const [first, second] = ids as [Hex, Hex];
    await cleo.until(has("not-bid", second, { reason: "cost-above-max-fee" }));
    // It says what it does not bid for before its bid is on the chain.
    await cleo.until(has("committed", first));
    await pass(network, PHASE + 1n);
    for (const node of [ada, ben]) await node.until((lines) => countOf(lines, "revealed") === 2);
    await cleo.until(has("revealed", first));
    await pass(network, PHASE + 1n);
    // Ada bid 3 and 4.5, Ben 4 twice, Cleo 9.5 once.
    await ada.until(has("fulfilled", first, { fee: String(parseEther("4")) }));
    await ben.until(has("fulfilled", second, { fee: String(parseEther("4.5")) }));
    await ada.until(has("ended", second, { outcome: "lost" }));
    await cleo.until(has("ended", first, { outcome: "lost" }));
  });

  test("hands in zk proofs that are ready, of any proving system, and bids for no other", async () => {
    const [fibonacci, attestation] = PROOFS as [(typeof PROOFS)[number], (typeof PROOFS)[number]];
    const args = ["--proofs", FIXTURES, "--cost-of", `${fibonacci.programKey}=5`];
    const node = start("ben", { args });
    const id = await ask(network, { ...fibonacci, version: 1n }, {});
    const unpriced = await ask(network, { ...attestation, version: 2n }, {});
    const foreign = await ask(network, { ...fibonacci, version: 2n }, {});
    await node.until(has("committed", id));
    await node.until(has("not-bid", unpriced, { reason: "no-cost" }));
    await node.until(has("not-bid", foreign, { reason: "no-backend" }));
    await finish(node, id);
    expect(await requestOf(network, id)).toMatchObject({ status: FULFILLED, price: parseEther("5") });
  });

  test("acts for a prover with a submitter's key, once both have agreed", async () => {
    const { stranger, cleo } = network.who;
    const options = DEVELOPMENT("--cost", "2", "--prover", cleo);
    const refused = start("stranger", options);
    await expect(refused.until(() => false)).rejects.toThrow(
      "approve it with `provender prover submitter ADDRESS` from the prover's account",
    );
    const market = { address: network.market };
    await send(network, cleo, { ...market, functionName: "approveSubmitter", args: [stranger, true] });
    await send(network, stranger, { ...market, functionName: "acceptProver", args: [cleo] });
    const node = start("stranger", options);
    const id = await askFor(network, newRun());
    await node.until(has("committed", id));
    await finish(node, id);
    expect(await requestOf(network, id)).toMatchObject({ status: FULFILLED, leader: cleo });
  });
});

describe("what goes wrong", () => {
  test("a job that cannot be proven is not bid for, and hinders no other", async () => {
    const node = start("ada");
    const wrong = await askFor(network, newRun(), {
      inputUri: "data:application/json,%7B%22program%22%3A1%7D",
    });
    const elsewhere = await askFor(network, newRun(), { inputUri: "https://example.org/input" });
    const lying = await askFor(network, newRun(), { inputUri: runUri({ program: FIBONACCI, input: 0n }) });
    const good = await askFor(network, newRun());
    for (const id of [wrong, elsewhere, lying])
      await node.until(has("not-bid", id, { reason: "unprovable" }));
    await node.until(has("committed", good));
    await finish(node, good);
  });

  test("a prover whose collateral would not cover every lead it bids for bids for fewer", async () => {
    // 500 tokens, less what other tests have cost: five locks of 100, not six.
    const node = start("ben", DEVELOPMENT("--cost", "50"));
    const ids: Hex[] = [];
    for (let i = 0; i < 6; i++) ids.push(await askFor(network, newRun(), { maxFee: parseEther("100") }));
    await node.until((lines) => countOf(lines, "committed") + countOf(lines, "not-bid") === 6);
    const left = node.lines.filter(({ event }) => event === "not-bid");
    expect(left.map(({ reason }) => reason)).toEqual(["collateral"]);
    const bid = ids.filter((id) => id !== left[0]?.request);
    await pass(network, PHASE + 1n);
    await node.until((lines) => countOf(lines, "revealed") === 5);
    await pass(network, PHASE + 1n);
    for (const id of bid) await node.until(has("fulfilled", id));
  });

  test("a window that passed while it was down ends the bid, and it goes on", async () => {
    const before = start("ada");
    const id = await askFor(network, newRun());
    await before.until(has("committed", id));
    await before.kill();
    await pass(network, 2n * PHASE + 1n);
    const after = start("ada");
    await after.until(has("ended", id, { outcome: "unrevealed" }));
    const next = await askFor(network, newRun());
    await after.until(has("committed", next));
    await finish(after, next);
  });

  test("an error with one request hinders no other, and an endpoint that is down costs time: all is tried again", async () => {
    let refusals = 2;
    let refused = "";
    let down = false;
    const intercept: Intercept = async (call, forward) => {
      if (down) return undefined;
      const mine = call.method === "eth_estimateGas" && JSON.stringify(call).includes(refused);
      if (!mine || refusals-- <= 0) return forward();
      return {
        jsonrpc: "2.0",
        id: Reflect.get(call, "id"),
        error: { code: -32_000, message: "out of order" },
      };
    };
    const endpoint = await endpointBefore(network.anvil.rpcUrl, intercept);
    const id = await askFor(network, newRun());
    const other = await askFor(network, newRun());
    refused = id.slice(2);
    const node = start("ada", { rpcUrl: endpoint.rpcUrl });
    await node.until(has("committed", other));
    await node.until(has("failed", id));
    await node.until(has("committed", id));

    down = true;
    await node.until((lines) => lines.some(({ event, request }) => event === "failed" && !request));
    await pass(network, PHASE + 1n);
    down = false;
    await node.until((lines) => countOf(lines, "revealed") === 2);
    await pass(network, PHASE + 1n);
    for (const one of [id, other]) await node.until(has("fulfilled", one));
    endpoint.close();
  });

  test("a jailed prover is told, and bids again when it is free", async () => {
    const { guardian, owner, cleo } = network.who;
    await send(network, guardian, { address: network.registry, functionName: "jail", args: [cleo] });
    const node = start("cleo");
    const id = await askFor(network, newRun());
    await node.until(has("not-bid", id, { reason: "not-eligible" }));
    await send(network, owner, { address: network.registry, functionName: "unjail", args: [cleo] });
    await node.until(has("committed", id));
    await finish(node, id);
  });

  test("nobody unregistered gets to bid", async () => {
    const node = start("eve");
    await expect(node.until(() => false)).rejects.toThrow("is not a registered prover");
  });

  test("a backend that is slow, crashes, lies, answers twice, floods or hangs costs nothing that an honest one would keep", async () => {
    const { dan } = network.who;
    await registerProver(network, dan, parseEther("2000"), 1_000n);
    const command = `"${process.execPath}" "${BACKEND}" "${FIXTURES}" "${temporaryFolder()}"`;
    const node = start("dan", {
      args: ["--cost", "2", "--backend", command, "--parallel", "3", "--prove-timeout", "8"],
    });
    const [proof] = PROOFS as [(typeof PROOFS)[number]];
    const asked = (faults: string) =>
      ask(network, { ...proof, version: 1n }, { inputUri: `data:,${faults}` });
    const honest: Hex[] = [];
    const lost: Hex[] = [];
    for (const faults of ["good", "slow", "crash", "lie", "twice", "flood"]) honest.push(await asked(faults));
    for (const faults of ["hang", "lie for ever"]) lost.push(await asked(faults));
    const unbid = await asked("lie at once");
    const unchecked = await asked("never checked");
    const all = [...honest, ...lost];
    await node.until((lines) => countOf(lines, "committed") === all.length);
    await node.until(has("not-bid", unbid, { reason: "wrong-proof" }));
    await pass(network, PHASE + 1n);
    await node.until(has("not-bid", unchecked, { reason: "checked-too-late" }));
    await node.until((lines) => countOf(lines, "revealed") === all.length);
    await pass(network, PHASE + 1n);
    for (const id of honest) await node.until(has("fulfilled", id));
    for (const error of ["ended with code 7", "the verifier refuses it", "no zk proof within 8 seconds"]) {
      await node.until((lines) => lines.some((line) => String(line.error).includes(error)));
    }
    await pass(network, 6n * PHASE);
    for (const id of lost) await node.until(has("ended", id, { outcome: "missed" }));
    const sent = await network.client.getTransactionCount({ address: dan });
    // To approve and to register, then a commit and a reveal each, and a fulfilment of each that was proven.
    expect(sent).toBe(2 + 2 * all.length + honest.length);
  });

  test("an answer that comes after the deadline is not handed in, even by a node that has not seen it pass", async () => {
    const { dan } = network.who;
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let answered = () => {};
    const isAnswered = new Promise<void>((resolve) => {
      answered = resolve;
    });
    let answer = () => {};
    const mayAnswer = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const late = createServer(async (request, response) => {
      const body = await text(request);
      const { task } = JSON.parse(body);
      const right = await fetch(backend.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      if (task === "prove") {
        asked();
        await mayAnswer;
      }
      response.end(await right.text(), task === "prove" ? answered : undefined);
    }).listen(0, "127.0.0.1");
    await once(late, "listening");
    let look = () => {};
    let maySee: Promise<void> | undefined;
    const endpoint = await endpointBefore(network.anvil.rpcUrl, async (_, forward) => {
      await maySee;
      return forward();
    });
    try {
      const before = await network.client.getTransactionCount({ address: dan });
      const backendUrl = `http://127.0.0.1:${(late.address() as AddressInfo).port}`;
      const node = start("dan", { args: ["--cost", "2"], backendUrl, rpcUrl: endpoint.rpcUrl });
      const id = await askFor(network, newRun());
      await node.until(has("committed", id));
      await pass(network, PHASE + 1n);
      await node.until(has("revealed", id));
      await pass(network, PHASE + 1n);
      await isAsked;
      maySee = new Promise((resolve) => {
        look = resolve;
      });
      await pass(network, 6n * PHASE);
      answer();
      await isAnswered;
      look();
      await node.until(has("ended", id, { outcome: "missed" }));
      expect(await network.client.getTransactionCount({ address: dan })).toBe(before + 2);
    } finally {
      look();
      endpoint.close();
      late.close();
    }
  });

  test("with --submit-rpc nothing is sent anywhere else, several at a time, and a dry run sends nothing at all", async () => {
    const { dan } = network.who;
    const sent: string[] = [];
    const watch =
      (name: string): Intercept =>
      async (call, forward) => {
        if (call.method !== "eth_sendRawTransaction") return forward();
        sent.push(name);
        return forward();
      };
    const [open, relay] = await Promise.all([
      endpointBefore(network.anvil.rpcUrl, watch("open")),
      endpointBefore(network.anvil.rpcUrl, watch("relay")),
    ]);
    const args = ["--cost", "2", "--submit-rpc", relay.rpcUrl];
    const options = { ...DEVELOPMENT(...args), rpcUrl: open.rpcUrl };
    const id = await askFor(network, newRun());
    const dry = start("dan", { ...options, args: [...args, "--dry-run"], dataDir: temporaryFolder() });
    await dry.until(has("would-bid", id, { fee: String(parseEther("2")) }));
    await dry.kill();
    expect(sent).toEqual([]);
    const node = start("dan", options);
    const other = await askFor(network, newRun());
    await node.until((lines) => countOf(lines, "committed") === 2);
    await pass(network, PHASE + 1n);
    await node.until((lines) => countOf(lines, "revealed") === 2);
    await pass(network, PHASE + 1n);
    for (const one of [id, other]) await node.until(has("fulfilled", one));
    expect(new Set(sent)).toEqual(new Set(["relay"]));
    expect(sent.length).toBeGreaterThanOrEqual(6);
    expect((await requestOf(network, id)).leader).toBe(dan);
    open.close();
    relay.close();
  });

  // Last, for a slash leaves the prover with too little stake of its own to bid again.
  test("what was delivered with its key while it was down is done, and what was not by the deadline is missed", async () => {
    const [fibonacci, attestation] = PROOFS as [(typeof PROOFS)[number], (typeof PROOFS)[number]];
    const args = ["--proofs", FIXTURES, "--cost", "5"];
    const before = start("ada", { args });
    const delivered = await ask(network, { ...fibonacci, version: 1n }, {});
    const missed = await ask(network, { ...attestation, version: 2n }, {});
    await before.until((lines) => countOf(lines, "committed") === 2);
    await pass(network, PHASE + 1n);
    await before.until((lines) => countOf(lines, "revealed") === 2);
    await before.kill();
    await pass(network, PHASE + 1n);
    await send(network, network.who.ada, {
      address: network.market,
      functionName: "fulfil",
      args: [delivered, fibonacci.zkProof],
    });
    await pass(network, 6n * PHASE);

    const after = start("ada", { args });
    await after.until(has("ended", delivered, { outcome: "fulfilled" }));
    await after.until(has("ended", missed, { outcome: "missed" }));
    expect(countOf(after.lines, "proving", "fulfilled", "failed")).toBe(0);
    expect(bidFiles("ada")).toEqual([]);
  });
});
