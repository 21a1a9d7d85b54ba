// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readLogs } from "../../../../service/audit/logs.ts";
import { readBlock } from "../../../../service/chain/blocks.ts";
import { connect } from "../../../../service/chain/client.ts";
import { endpointAt } from "../../../../service/chain/endpoints/endpoint.ts";
import {
  type NodeRefusal,
  type NodeRequest,
  RpcFault,
  type ScriptedNode,
  scriptedNode,
  VAULT,
} from "../../helpers/node.ts";

const HEAD = 25_010;
let node: ScriptedNode;

beforeEach(async () => {
  node = await scriptedNode({ head: HEAD });
});
afterEach(() => node.close());

const error = (code: number, message: string, id: number | null = null) => ({
  jsonrpc: "2.0",
  id,
  error: { code, message },
});
const json = (body: unknown, status?: number): NodeRefusal => ({
  body: JSON.stringify(body),
  ...(status && { status }),
});

async function read(client: Awaited<ReturnType<typeof connect>>["client"], toBlock = 25_000n) {
  const found: bigint[] = [];
  for await (const log of readLogs({ client, contracts: [VAULT], fromBlock: 1n, toBlock })) {
    found.push(log.blockNumber);
  }
  return found.length;
}

describe("a batch that is too long", () => {
  const WAYS: [string, number, (request: NodeRequest) => NodeRefusal][] = [
    [
      "by one error with the number in it, as public Base",
      10,
      () => json(error(-32_014, "maximum 10 calls in 1 batch")),
    ],
    [
      "by an error for the first call only, as Geth",
      20,
      ({ calls }) => json([error(-32_600, "batch too large", calls[0]?.id)]),
    ],
    [
      "by an error for each call",
      3,
      ({ calls }) => json(calls.map(({ id }) => error(-32_000, "Batch of more than 3 requests", id))),
    ],
    ["with 413", 10, () => ({ status: 413, body: "Payload Too Large" })],
    ["with 500 and not a word", 10, () => ({ status: 500, body: "" })],
    ["with 403 and an error that says something else", 10, () => json(error(-32_000, "no"), 403)],
    ["by closing the connection, as Erigon", 7, () => "close"],
    ["as every list is, even of one call", 0, () => json(error(-32_600, "Invalid Request"), 400)],
  ];
  test.each(WAYS)("is refused %s: it is halved, and what was learnt is kept", async (_, most, refusal) => {
    const sizes: number[] = [];
    node.refuse = (request) => {
      sizes.push(request.isBatch ? request.calls.length : 0);
      return request.isBatch && request.calls.length > most ? refusal(request) : undefined;
    };
    const { client } = await connect({ rpcUrl: node.url });
    const blocks = Array.from({ length: 130 }, (_, i) => readBlock(client, BigInt(i + 1)));
    expect((await Promise.all(blocks)).map(({ number }) => Number(number))).toEqual(
      blocks.map((_, i) => i + 1),
    );
    sizes.length = 0;
    await Promise.all(blocks.slice(0, 40).map((_, i) => readBlock(client, BigInt(i + 1))));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.max(most, 0));
  });

  test("whose answer is too large in part is asked for again in part", async () => {
    node.refuse = ({ calls, isBatch }) => {
      if (!isBatch || calls.length <= 8) return undefined;
      const answers = calls.map(({ id }, i) =>
        i < 8 ? { jsonrpc: "2.0", id, result: "0x7a69" } : error(-32_003, "response too large", id),
      );
      return json(answers);
    };
    const endpoint = endpointAt(node.url);
    const chains = Array.from({ length: 50 }, () => endpoint.ask({ method: "eth_chainId" }));
    expect(new Set(await Promise.all(chains))).toEqual(new Set(["0x7a69"]));
  });

  test.each([1, 3])(
    "of which only the first %i calls are answered is asked for again in part",
    async (most) => {
      const sizes: number[] = [];
      node.refuse = ({ calls, isBatch }) => {
        sizes.push(calls.length);
        if (!isBatch || calls.length <= most) return undefined;
        return json(calls.slice(0, most).map(({ id }) => ({ jsonrpc: "2.0", id, result: "0x7a69" })));
      };
      const endpoint = endpointAt(node.url);
      const ask = () =>
        Promise.all(Array.from({ length: 30 }, () => endpoint.ask({ method: "eth_chainId" })));
      expect(new Set(await ask())).toEqual(new Set(["0x7a69"]));
      sizes.length = 0;
      await ask();
      expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
    },
  );

  test("in bytes, not in calls, is divided by bytes", async () => {
    const LIMIT = 20_000;
    let largest = 0;
    node.says = { eth_call: `0x${"01".repeat(32)}` };
    node.refuse = ({ bytes }) => {
      if (bytes > LIMIT) return json(error(-32_600, "request entity too large"), 413);
      largest = Math.max(largest, bytes);
      return undefined;
    };
    const endpoint = endpointAt(node.url);
    const data = `0x${"00".repeat(2_000)}`;
    const asked = Array.from({ length: 60 }, () =>
      endpoint.ask({ method: "eth_call", params: [{ to: VAULT, data }, "0x10"] }),
    );
    await Promise.all(asked);
    expect(largest).toBeGreaterThan(LIMIT / 4);
    expect(endpoint.learned().bytes).toBeLessThanOrEqual(2 * LIMIT);
    expect(node.requests).toBeLessThan(60);
  });

  test("is not blamed for an endpoint that is out of service", async () => {
    node.refuse = () => ({ status: 503, body: "" });
    const endpoint = endpointAt(node.url);
    const asked = Array.from({ length: 50 }, () => endpoint.ask({ method: "eth_chainId" }));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(node.requests).toBeLessThanOrEqual(2);
    expect(endpoint.learned().calls).toBe(100);
  });
});

describe("a range that is too long", () => {
  const WAYS: [string, number, () => NodeRefusal][] = [
    [
      "with 400 and an error",
      500,
      () => json(error(-32_600, "You can make eth_getLogs requests with up to a 500 block range."), 400),
    ],
    ["with 403 and nothing", 1_000, () => ({ status: 403, body: "" })],
    ["with 500", 1_000, () => ({ status: 500, body: "<html>Internal Server Error</html>" })],
    ["with 502", 1_000, () => ({ status: 502, body: "Bad Gateway" })],
    ["with 503", 1_000, () => ({ status: 503, body: "" })],
    ["by closing the connection", 1_000, () => "close"],
    ["in words that nobody knows", 1_000, () => json(error(-32_000, "computer says no", 0))],
    ["as the limit that EIP-1474 has for everything", 1_000, () => json(error(-32_005, "limit exceeded", 0))],
    ["for what is generated", 1_000, () => json(error(-32_000, "generated too many results", 0))],
  ];
  test.each(WAYS)("is refused %s: it is halved", async (_, most, refusal) => {
    node.refuse = ({ calls }) => {
      const tooLong = calls.some(({ method, params: [filter] }) => {
        const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: string; toBlock?: string };
        return method === "eth_getLogs" && Number(toBlock) - Number(fromBlock) + 1 > most;
      });
      return tooLong ? refusal() : undefined;
    };
    const { client } = await connect({ rpcUrl: node.url });
    expect(await read(client)).toBe(50);
    expect(Math.max(...node.spans)).toBeLessThanOrEqual(most);
  });

  test("on a free tier that gives ten blocks at a time is read in parts of nearly ten, many at a time", async () => {
    node.maxRange = 10;
    const { client } = await connect({ rpcUrl: node.url });
    expect(await read(client, 12_000n)).toBe(24);
    expect(node.spans.length).toBeLessThan(2_500);
    expect(node.requests).toBeLessThan(node.spans.length / 2);
  }, 30_000);

  test("does not make an endpoint that is out of service look like one that gives less", async () => {
    const { client } = await connect({ rpcUrl: node.url, rounds: 1 });
    node.refuse = () => ({ status: 503, body: "" });
    await expect(read(client)).rejects.toThrow("(HTTP 503)");
    expect(node.requests).toBeLessThan(8);
  });
});

describe("an endpoint that rests", () => {
  test("is left alone as long as it says", async () => {
    let refusals = 1;
    node.refuse = () =>
      refusals-- > 0
        ? { status: 429, body: JSON.stringify(error(-32_005, "daily request count exceeded")) }
        : undefined;
    const endpoint = endpointAt(node.url);
    await expect(endpoint.ask({ method: "eth_chainId" })).rejects.toMatchObject({ kind: "limited" });
    expect(endpoint.restFor()).toBeGreaterThan(0);
    expect(await endpoint.ask({ method: "eth_chainId" })).toBe("0x7a69");
  });

  test("for an hour, as it says, is not waited for, by whoever begins with it either", async () => {
    const { client } = await connect({ rpcUrl: node.url });
    const body = JSON.stringify(error(-32_005, "daily request count exceeded"));
    node.refuse = () => ({ status: 429, headers: { "retry-after": "3600" }, body });
    const limited = { code: "unreachable", message: expect.stringContaining("daily request count exceeded") };
    await expect(connect({ rpcUrl: node.url })).rejects.toMatchObject(limited);
    await expect(client.getBlockNumber()).rejects.toThrow("daily request count exceeded");
    node.refuse = undefined;
    expect(await client.getBlockNumber()).toBe(BigInt(node.head));
  });

  test("an endpoint that does not answer is named in what is thrown, with what it said", async () => {
    const { client } = await connect({ rpcUrl: node.url, rounds: 1 });
    const { host } = new URL(node.url);
    node.says = { eth_blockNumber: new RpcFault(-32_603, "Internal error") };
    await expect(client.getBlockNumber()).rejects.toThrow(
      `the RPC endpoint ${host} does not answer eth_blockNumber: Internal error (-32603)`,
    );
    node.says = { eth_blockNumber: null };
    await expect(client.getBlockNumber()).rejects.toThrow(`${host} answers eth_blockNumber with no number`);
    node.says = undefined;
    node.refuse = () => ({ status: 401, body: JSON.stringify(error(-32_600, "Must be authenticated!")) });
    await expect(client.getBlockNumber()).rejects.toThrow("Must be authenticated! (HTTP 401, -32600)");
  });
});
