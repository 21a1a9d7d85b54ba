// SPDX-License-Identifier: AGPL-3.0-only
import type { Attempt, Outbox, Sending } from "../chain/sending.ts";
import type { Signer } from "../chain/signer.ts";
import { encodeCanonical, type Json, parseCanonical } from "../core/canonical.ts";
import { asAddress, asArray, asCount, asDecimal, asHash, asRecord } from "../core/guard.ts";
import { bytesOf, hexOf } from "../core/hex.ts";
import { keccak256 } from "../core/keccak.ts";
import type { Hex } from "../core/types.ts";
import { type Store, StoreError } from "../store/store.ts";

const SCHEMA = "provender.outbox/1";

/** The last transaction of an account, on disk before it is sent. Its `read` throws StoreError `damaged`. */
export function outboxOf(store: Store, { chainId, address }: Pick<Signer, "chainId" | "address">): Outbox {
  const key = `outbox/${chainId}-${address}.json`;
  return {
    async read() {
      const bytes = await store.get(key);
      if (bytes === undefined) return undefined;
      try {
        const sending = sendingFromJson(parseCanonical(bytes));
        if (sending.chainId !== chainId || sending.from !== address) {
          throw new Error("it is of another account or chain");
        }
        return sending;
      } catch (cause) {
        throw new StoreError(
          "damaged",
          `${store.where(key)} is damaged or was edited: ${(cause as Error).message}`,
          "delete it once this account has no transaction under way",
          { cause },
        );
      }
    },
    write: (sending) => store.put(key, encodeCanonical(sendingJson(sending))),
  };
}

function sendingJson(sending: Sending): Json {
  return {
    schema: SCHEMA,
    ...sending,
    chainId: String(sending.chainId),
    gas: String(sending.gas),
    attempts: sending.attempts.map(({ hash, raw, maxFeePerGas, maxPriorityFeePerGas }) => ({
      hash,
      raw,
      maxFeePerGas: String(maxFeePerGas),
      maxPriorityFeePerGas: String(maxPriorityFeePerGas),
    })),
  };
}

const KEYS = ["attempts", "chainId", "data", "from", "gas", "nonce", "schema", "to"];
const ATTEMPT_KEYS = ["hash", "maxFeePerGas", "maxPriorityFeePerGas", "raw"];

function sendingFromJson(json: Json): Sending {
  const record = asRecord(json, "outbox", KEYS);
  if (record.schema !== SCHEMA) throw new Error("schema is unknown");
  const attempts = asArray(record.attempts, "outbox.attempts").map(attemptFromJson);
  if (attempts.length === 0) throw new Error("outbox.attempts is empty");
  return {
    chainId: asDecimal(record.chainId, "outbox.chainId"),
    from: asAddress(record.from, "outbox.from"),
    nonce: asCount(record.nonce, "outbox.nonce"),
    to: asAddress(record.to, "outbox.to"),
    data: asBytes(record.data, "outbox.data"),
    gas: asDecimal(record.gas, "outbox.gas"),
    attempts,
  };
}

function attemptFromJson(json: unknown, index: number): Attempt {
  const field = `outbox.attempts[${index}]`;
  const record = asRecord(json, field, ATTEMPT_KEYS);
  const hash = asHash(record.hash, `${field}.hash`);
  const raw = asBytes(record.raw, `${field}.raw`);
  if (hexOf(keccak256(bytesOf(raw))) !== hash) throw new Error(`${field}.raw does not hash to its hash`);
  return {
    hash,
    raw,
    maxFeePerGas: asDecimal(record.maxFeePerGas, `${field}.maxFeePerGas`),
    maxPriorityFeePerGas: asDecimal(record.maxPriorityFeePerGas, `${field}.maxPriorityFeePerGas`),
  };
}

function asBytes(value: unknown, field: string): Hex {
  if (typeof value !== "string" || !/^0x([0-9a-f]{2})*$/.test(value)) throw new Error(`${field} is no bytes`);
  return value as Hex;
}
