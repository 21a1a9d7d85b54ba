// SPDX-License-Identifier: AGPL-3.0-only
import {
  BaseError,
  concatBytes,
  type EIP1193RequestFn,
  type PublicClient,
  RpcRequestError,
  stringToBytes,
} from "viem";
import { publicClientOf } from "#chain/public-client";
import { flawIn } from "../chain/endpoints/shape.ts";
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
import { decodePreimages, type Preimages } from "./state-proof/preimages.ts";

const SCHEMA = "provender.bundle/1";
/** The same, and after a line's end all that proves state and blocks. */
const PROVEN_SCHEMA = "provender.bundle/2";
const LINE_END = 0x0a;

interface Call {
  readonly method: string;
  readonly params?: unknown;
}

/** What an endpoint answered: a result, or an error that is an answer, such as a revert. */
type Answer = { readonly result: JsonValue } | { readonly error: JsonObject };

export interface Recorder {
  /** Asks the client it was made of, and notes the answers. */
  readonly client: PublicClient;
  /** The canonical bytes of all that was answered, and of what was proven. */
  readonly bytes: (about: RecordedOf) => Promise<Uint8Array>;
}

interface RecordedOf {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly preimages?: Preimages | undefined;
}

/**
 * A client that keeps what it reads, so that somebody without network can read the same again. Throws what the source
 * throws, and keeps a refusal.
 */
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
      const refusal = error instanceof BaseError && error.walk((cause) => cause instanceof RpcRequestError);
      if (refusal instanceof RpcRequestError) list.push({ error: errorJson(refusal) });
      throw error;
    }
  });
  return {
    client,
    async bytes({ chainId, distributor, preimages }) {
      const calls = [...answers].sort(([a], [b]) => (a < b ? -1 : 1));
      const text = canonicalText({
        schema: preimages === undefined ? SCHEMA : PROVEN_SCHEMA,
        chainId: String(chainId),
        distributor,
        calls: calls.map(([key, given]) => ({ call: JSON.parse(key) as JsonValue, answers: given })),
      });
      if (preimages === undefined) return stringToBytes(text);
      // Canonical JSON has no line end of its own.
      return concatBytes([stringToBytes(text), Uint8Array.of(LINE_END), await preimages.encodeUsed()]);
    },
  };
}

export interface Bundle {
  readonly chainId: bigint;
  readonly distributor: Address;
  /** keccak256 of its bytes: names it. */
  readonly hash: Hex;
  /** What proves state and blocks, if it was recorded with a trusted block. */
  readonly preimages: Preimages | undefined;
  /** Answers as the recorded endpoint did, in the same order where it was asked the same again. */
  readonly client: PublicClient;
}

/** @throws AuditError if the bytes are no bundle. */
export async function readBundle(bytes: Uint8Array): Promise<Bundle> {
  const end = bytes.indexOf(LINE_END);
  const isProven = end >= 0;
  const json = parseCanonicalText(isProven ? bytes.subarray(0, end) : bytes);
  if (!isObject(json) || !isList(json.calls)) throw notABundle();
  if (json.schema !== (isProven ? PROVEN_SCHEMA : SCHEMA)) throw notABundle();
  const preimages = isProven ? await preimagesIn(bytes.subarray(end + 1)) : undefined;
  const { chainId, distributor } = json;
  if (typeof chainId !== "string" || !/^[0-9]+$/.test(chainId)) throw notABundle();
  if (typeof distributor !== "string" || !/^0x[0-9a-f]{40}$/.test(distributor)) throw notABundle();
  const answers = new Map<string, Answer[]>();
  for (const entry of json.calls) {
    if (!isObject(entry) || !isList(entry.answers)) throw notABundle();
    if (!entry.answers.every(isAnswer)) throw notABundle();
    answers.set(canonicalText(entry.call ?? null), [...entry.answers]);
  }
  const client = clientOf(async (call) => {
    const list = answers.get(keyOf(call));
    const answer = list !== undefined && list.length > 1 ? list.shift() : list?.[0];
    if (answer === undefined) throw notRecorded(call);
    if ("error" in answer)
      throw new RpcRequestError({ body: {}, url: "bundle", error: answer.error as never });
    const flaw = flawIn(call, answer.result);
    if (flaw !== undefined) throw malformed(call, flaw);
    return answer.result;
  });
  const hash = keccakOf(bytes);
  return { chainId: BigInt(chainId), distributor: distributor as Address, hash, preimages, client };
}

function isAnswer(value: JsonValue): value is Answer {
  if (!isObject(value)) return false;
  const { error } = value;
  if (error === undefined) return "result" in value;
  return isObject(error) && typeof error.code === "number" && typeof error.message === "string";
}

async function preimagesIn(encoded: Uint8Array): Promise<Preimages> {
  try {
    return await decodePreimages(encoded);
  } catch (cause) {
    if (cause instanceof RangeError) throw notABundle();
    throw cause;
  }
}

function clientOf(request: (call: Call) => Promise<unknown>): PublicClient {
  return publicClientOf(request as EIP1193RequestFn);
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

/** Whoever made it up, and not who recorded it, as every endpoint's answers are looked at. */
function malformed({ method }: Call, flaw: string): ChainError {
  return new ChainError(
    "unreachable",
    `the bundle answers ${method} with ${flaw}`,
    "give the file as `provender audit --bundle` wrote it",
  );
}

function notABundle(): AuditError {
  return new AuditError(
    `the bundle is not one: canonical JSON of schema ${SCHEMA}, or ${PROVEN_SCHEMA} with its proofs after it, is expected`,
    "give the file as `provender audit --bundle` wrote it",
  );
}
