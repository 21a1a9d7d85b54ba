// SPDX-License-Identifier: AGPL-3.0-only
import { type PublicClient, RpcRequestError } from "viem";
import { expect } from "vitest";
import { asReadError, audit } from "../../../../service/audit/audit.ts";
import type { Audited } from "../../../../service/audit/judge.ts";
import { newPreimages } from "../../../../service/audit/state-proof/preimages.ts";
import { provenSource } from "../../../../service/audit/state-proof/proven-source.ts";
import { witnessOf } from "../../../../service/audit/state-proof/witness.ts";
import { flawIn } from "../../../../service/chain/endpoints/shape.ts";
import { ChainError } from "../../../../service/chain/errors.ts";
import type { Address, Hex } from "../../../../service/core/types.ts";
import { fakeChain, type RpcCall } from "../../helpers/chain.ts";
import { mulberry32 } from "../../helpers/random.ts";

/** All that one chain answered to an honest audit, by call. */
export type Answers = ReadonlyMap<string, unknown>;

export interface Ask {
  readonly client: PublicClient;
  readonly distributor: Address;
  readonly trusted: Hex;
  readonly epoch: number;
}

const keyOf = ({ method, params }: RpcCall) => JSON.stringify([method, params ?? []]);

async function auditOf({ client, distributor, trusted, epoch }: Ask): Promise<Audited> {
  const witness = witnessOf(newPreimages(), client);
  const source = provenSource({ trusted: async () => ({ hash: trusted }), witness, client });
  for await (const audited of audit({ client, source, distributor, from: epoch, to: epoch })) return audited;
  throw new Error("nothing was audited");
}

/** What a chain answers to an audit, and what the audit says. */
export async function record(ask: Ask): Promise<{ answers: Answers; audited: Audited }> {
  const answers = new Map<string, unknown>();
  const { client } = fakeChain(async (call) => {
    const result = await ask.client.request(call as never);
    answers.set(keyOf(call), result);
    return result;
  });
  return { answers, audited: await auditOf({ ...ask, client }) };
}

type Random = () => number;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Something of an answer's shape that it is not: one place of it altered, left out, doubled, moved or swapped. */
function altered(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) {
    const list = [...value];
    const at = Math.floor(random() * list.length);
    const way = random();
    if (list.length === 0) return way < 0.5 ? null : [{}];
    if (way < 0.15) list.splice(at, 1);
    else if (way < 0.25) list.splice(at, 0, list[at]);
    else if (way < 0.35) list.push(list.splice(at, 1)[0]);
    else if (way < 0.4) list.length = at;
    else list[at] = altered(random, list[at]);
    return list;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const name = pick(random, entries)?.[0] ?? "";
    if (random() < 0.05) return Object.fromEntries(entries.filter(([key]) => key !== name));
    return { ...value, [name]: altered(random, (value as Record<string, unknown>)[name]) };
  }
  if (typeof value !== "string") return value === null ? "0x" : null;
  const way = random();
  if (way < 0.03) return null;
  if (way < 0.06) return "0x";
  if (way < 0.09) return `${value}00`;
  const at = 2 + Math.floor(random() * (value.length - 2));
  const digit = Math.floor(random() * 16).toString(16);
  return `${value.slice(0, at)}${digit}${value.slice(at + 1)}`;
}

export interface Scene {
  /** Of the chain that the trusted block is of; what lies on the way to a verdict. */
  readonly own: Answers;
  /** What every liar says, whatever else it says: the answers that make the root which it has posted itself. */
  readonly always?: Answers;
  /** Of others: whole and in themselves consistent, as a liar would make them up. */
  readonly others: readonly Answers[];
  readonly distributor: Address;
  readonly trusted: Hex;
  readonly epoch: number;
}

/** An endpoint that tells up to five lies, or speaks of another chain now and then; the seed says which. */
function liar({ own, always, others }: Scene, seed: number): PublicClient {
  const random = mulberry32(seed);
  const keys = [...own.keys()];
  const lies = new Map<string, unknown>(always);
  const count = 1 + Math.floor(random() * 5);
  for (let i = 0; i < count; i++) {
    const key = pick(random, keys);
    const [method] = JSON.parse(key) as [string];
    const way = random();
    const alike = keys.filter((other) => (JSON.parse(other) as [string])[0] === method);
    if (way < 0.15) lies.set(key, own.get(pick(random, alike)));
    else lies.set(key, altered(random, lies.get(key) ?? own.get(key)));
  }
  const other = pick(random, others);
  // Of all it is asked, or of one kind of call, or of a part of everything.
  const kinds = ["eth_getLogs", "eth_getProof", "eth_getCode", "eth_getBlockByHash", "eth_chainId"];
  const kind = pick(random, kinds);
  const share = pick(random, [0, 0, 0.1, 0.5, 1]);
  const drawn = new Map<string, boolean>();
  const speaksOfOther = (key: string, method: string): boolean => {
    const known = drawn.get(key) ?? (random() < share || (share === 0.5 && method === kind));
    drawn.set(key, known);
    return known;
  };
  const refuse = (message: string) =>
    new RpcRequestError({ body: {}, url: "liar", error: { code: -32_000, message } });
  return fakeChain(async (call) => {
    const key = keyOf(call);
    const teller = lies.has(key)
      ? lies
      : other?.has(key) && (!own.has(key) || speaksOfOther(key, call.method))
        ? other
        : own;
    if (!teller.has(key)) throw refuse("not to be had");
    const answer = teller.get(key);
    // As of every endpoint, what is no answer to the call at all is refused before anybody reads it.
    const flaw = flawIn(call, answer);
    if (flaw !== undefined) throw refuse(flaw);
    return answer;
  }).client;
}

export interface Tally {
  matches: number;
  refused: number;
  other: number;
}

/** Audits by as many liars as there are seeds; `holds` says what may not follow from any of them. */
export async function hearLiars(
  scene: Scene,
  seeds: Iterable<number>,
  holds: (audited: Audited) => void,
): Promise<Tally> {
  const tally: Tally = { matches: 0, refused: 0, other: 0 };
  for (const seed of seeds) {
    let audited: Audited;
    try {
      audited = await auditOf({ ...scene, client: liar(scene, seed) });
    } catch (thrown) {
      const error = asReadError(thrown);
      expect(error, `seed ${seed}: ${String((thrown as Error).stack)}`).toBeInstanceOf(ChainError);
      tally.refused++;
      continue;
    }
    if (audited.report.verdict !== "match") {
      tally.other++;
      continue;
    }
    tally.matches++;
    try {
      holds(audited);
    } catch (cause) {
      throw new Error(`seed ${seed}: a lie ends in MATCH`, { cause });
    }
  }
  return tally;
}
