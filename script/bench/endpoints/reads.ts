// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { createPublicClient, fallback, http, type PublicClient } from "viem";
import { connect } from "../../../service/chain/client.ts";
import {
  type NodeRefusal,
  RpcFault,
  type ScriptedNode,
  scriptedNode,
  VAULT,
} from "../../../test/service/helpers/node.ts";

const HEAD = 25_010;
/** Milliseconds after which a read counts as not served. */
const DEADLINE = 5_000;
/** Milliseconds after which no further read is begun. */
const ENOUGH = 20_000;
/** How many reads are under way at a time. */
const AT_ONCE = 4;
const WORD = `0x${"01".repeat(32)}` as const;

const body = (status: number, code: number, message: string) => (): NodeRefusal => ({
  status,
  body: JSON.stringify({ jsonrpc: "2.0", id: 0, error: { code, message } }),
});

const FAULTS: Readonly<Record<string, Partial<ScriptedNode>>> = {
  none: {},
  hangs: { hang: true },
  "answers-after-2-seconds": { delay: 2_000 },
  "unauthorized-401": { refuse: body(401, -32_600, "Must be authenticated!") },
  "limited-429": { refuse: body(429, -32_005, "limit exceeded") },
  "unavailable-503": { refuse: body(503, -32_000, "service unavailable") },
  closes: { refuse: () => "close" },
  syncing: { refuse: body(200, -32_000, "node is syncing") },
  "internal-error": { says: { eth_call: new RpcFault(-32_603, "Internal error") } },
  "gives-ranges-of-1000": { maxRange: 1_000 },
  "no-logs": { tamper: () => [] },
  "calls-answered-with-nothing": { says: { eth_call: "0x" } },
  "on-a-fork": { forkAt: 1_000 },
  "lags-5000-blocks": { head: HEAD - 5_000 },
};

type Read = (client: PublicClient) => Promise<unknown>;

const READS: readonly Read[] = [
  async (client) => (await client.getBlock({ blockNumber: 24_000n })).hash,
  async (client) => (await client.call({ to: VAULT, data: "0x", blockNumber: 24_000n })).data,
  async (client) => (await client.getLogs({ address: VAULT, fromBlock: 1n, toBlock: 24_000n })).length,
  (client) => client.getBlockNumber({ cacheTime: 0 }),
];

export interface Served {
  /** The share that was, in percent. */
  readonly served: number;
  /** Milliseconds. */
  readonly p99: number;
}

type Open = (urls: readonly string[]) => Promise<PublicClient>;

/** `alike` believes the first answer, as the peer does; `ours` what two of three say. */
const CLIENTS = {
  ours: async (urls) => (await connect({ rpcUrl: urls.join(",") })).client,
  alike: async (urls) => (await connect({ rpcUrl: urls.join(","), agreement: 1 })).client,
  peer: async (urls) =>
    createPublicClient({ transport: fallback(urls.map((url) => http(url))), cacheTime: 0 }),
} as const satisfies Record<string, Open>;
export type Whose = keyof typeof CLIENTS;

/** Reads by each that are not counted: whoever comes first would pay for what all of them have to load. */
const FIRST_READS = 40;

/** The same reads by each, under each fault, by clients that know nothing yet. */
export async function work({ reads }: { readonly reads: number }) {
  const truth = await truthOf();
  const all = async (ills: Partial<ScriptedNode>, count: number) => {
    const each = {} as Record<Whose, Served>;
    for (const whose of Object.keys(CLIENTS) as Whose[]) {
      each[whose] = await served(ills, count, truth, CLIENTS[whose]);
    }
    return each;
  };
  await all({}, FIRST_READS);
  const rows: Record<string, Record<Whose, Served>> = {};
  for (const [fault, ills] of Object.entries(FAULTS)) rows[fault] = await all(ills, reads);
  return rows;
}

async function truthOf(): Promise<unknown[]> {
  const node = await scriptedNode({ head: HEAD, says: { eth_call: WORD } });
  const client = createPublicClient({ transport: http(node.url) });
  const truth = await Promise.all(READS.map((read) => read(client)));
  node.close();
  return truth;
}

async function served(
  ills: Partial<ScriptedNode>,
  reads: number,
  truth: readonly unknown[],
  open: Open,
): Promise<Served> {
  const says = { eth_call: WORD };
  const nodes = await Promise.all([0, 1, 2].map(() => scriptedNode({ head: HEAD, says })));
  Object.assign(nodes[0] as ScriptedNode, ills);
  const began = performance.now();
  const client = await open(nodes.map(({ url }) => url));
  // What opening takes is part of the first read.
  let opening = performance.now() - began;
  const taken: number[] = [];
  let right = 0;
  let next = 0;
  const reader = async () => {
    for (let i = next++; i < reads && performance.now() - began < ENOUGH; i = next++) {
      const start = performance.now() - opening;
      opening = 0;
      const which = i % READS.length;
      const read = (READS[which] as Read)(client).catch(() => undefined);
      const answer = await Promise.race([read, setTimeout(DEADLINE, undefined, { ref: false })]);
      taken.push(Math.min(performance.now() - start, DEADLINE));
      if (answer === truth[which]) right++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  for (const node of nodes) node.close();
  const sorted = taken.sort((a, b) => a - b);
  const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] as number;
  return { served: Math.round((1_000 * right) / taken.length) / 10, p99: Math.round(10 * p99) / 10 };
}
