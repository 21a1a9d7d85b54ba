// SPDX-License-Identifier: AGPL-3.0-only
import { createPublicClient, custom, type EIP1193RequestFn, type PublicClient, RpcRequestError } from "viem";
import { ChainError } from "../chain/errors.ts";
import type { Address, Hex } from "../core/types.ts";
import { AuditError } from "./errors.ts";
import { keccakOf } from "./hash.ts";
import {
  canonicalText,
  isList,
  isObject,
  type JsonObject,
  type JsonValue,
  parseCanonicalText,
} from "./json.ts";

const SCHEMA = "provender.bundle/1";

interface Call {
  readonly method: string;
  readonly params?: unknown;
}

/** What an endpoint answered: a result, or an error that is an answer, such as a revert. */
type Answer = { readonly result: JsonValue } | { readonly error: JsonObject };

export interface Recorder {
  /** Asks the client it was made of, and notes the answers. */
  readonly client: PublicClient;
  /** The canonical bytes of all that was answered. */
  readonly bytes: (about: { readonly chainId: bigint; readonly distributor: Address }) => Uint8Array;
}

/** A client that keeps what it reads, so that somebody without network can read the same again. */
export function recorderOf(source: PublicClient): Recorder {
  const answers = new Map<string, Answer[]>();
  const client = clientOf(async (call) => {
    const key = keyOf(call);
    const list = answers.get(key) ?? [];
    answers.set(key, list);
    try {
      const result = (await source.request(call as never)) as JsonValue;
      list.push({ result });
      return result;
    } catch (error) {
      if (error instanceof RpcRequestError) list.push({ error: errorJson(error) });
      throw error;
    }
  });
  return {
    client,
    bytes({ chainId, distributor }) {
      const calls = [...answers].sort(([a], [b]) => (a < b ? -1 : 1));
      return Buffer.from(
        canonicalText({
          schema: SCHEMA,
          chainId: String(chainId),
          distributor,
          calls: calls.map(([key, given]) => ({ call: JSON.parse(key) as JsonValue, answers: given })),
        }),
      );
    },
  };
}

export interface Bundle {
  readonly chainId: bigint;
  readonly distributor: Address;
  /** keccak256 of its bytes: names it. */
  readonly hash: Hex;
  /** Answers as the recorded endpoint did, in the same order where it was asked the same again. */
  readonly client: PublicClient;
}

export function readBundle(bytes: Uint8Array): Bundle {
  const json = parseCanonicalText(bytes);
  if (!isObject(json) || json.schema !== SCHEMA || !isList(json.calls)) throw notABundle();
  const { chainId, distributor } = json;
  if (typeof chainId !== "string" || !/^[0-9]+$/.test(chainId)) throw notABundle();
  if (typeof distributor !== "string" || !/^0x[0-9a-f]{40}$/.test(distributor)) throw notABundle();
  const answers = new Map<string, Answer[]>();
  for (const entry of json.calls) {
    if (!isObject(entry) || !isList(entry.answers)) throw notABundle();
    answers.set(canonicalText(entry.call ?? null), [...entry.answers] as Answer[]);
  }
  const client = clientOf(async (call) => {
    const list = answers.get(keyOf(call));
    const answer = list !== undefined && list.length > 1 ? list.shift() : list?.[0];
    if (answer === undefined) throw notRecorded(call);
    if ("result" in answer) return answer.result;
    throw new RpcRequestError({ body: {}, url: "bundle", error: answer.error as never });
  });
  return { chainId: BigInt(chainId), distributor: distributor as Address, hash: keccakOf(bytes), client };
}

function clientOf(request: (call: Call) => Promise<unknown>): PublicClient {
  const transport = custom({ request: request as EIP1193RequestFn }, { retryCount: 0 });
  return createPublicClient({ transport, cacheTime: 0 });
}

function keyOf({ method, params }: Call): string {
  return canonicalText([method, (params ?? []) as JsonValue]);
}

function errorJson({ code, details, data }: RpcRequestError): JsonObject {
  return { code, message: details, ...(typeof data === "string" && { data }) };
}

function notRecorded({ method, params }: Call): ChainError {
  return new ChainError(
    "unreachable",
    `the bundle holds no answer to ${method} ${JSON.stringify(params ?? []).slice(0, 80)}`,
    "it was recorded for other epochs or by another release: audit the epochs it was recorded for, or record it again",
  );
}

function notABundle(): AuditError {
  return new AuditError(
    `the bundle is not one: canonical JSON of schema ${SCHEMA} is expected`,
    "give the file as `provender audit --bundle` wrote it",
  );
}
