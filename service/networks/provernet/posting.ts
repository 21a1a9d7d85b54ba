// SPDX-License-Identifier: AGPL-3.0-only
import { encodeCanonical, parseCanonical } from "../../core/canonical.ts";
import { asAddress, asArray, asCount, asDecimal, asRecord } from "../../core/guard.ts";
import { type Store, StoreError } from "../../store/store.ts";
import type { Contracts } from "./open.ts";
import { chunkOf } from "./output.ts";
import type { Output } from "./post.ts";

const SCHEMA = "provender.epoch-rewards-posting/1";

const keyOf = ({ chainId, epochRewards }: Contracts) => `epoch-rewards/${chainId}-${epochRewards}.json`;

/** Written before the first call: what was begun under one policy is gone on with, whatever the next run is given. */
export async function rememberPosting(
  store: Store,
  contracts: Contracts,
  { epoch, start, end, chunks }: Output,
): Promise<void> {
  const json = {
    ...{ schema: SCHEMA, epoch, start: String(start), end: String(end) },
    chunks: chunks.map(({ rewards }) =>
      rewards.map(({ prover, amount }) => ({ prover, amount: String(amount) })),
    ),
  };
  await store.put(keyOf(contracts), encodeCanonical(json));
}

/** What this job began to set last, if that is of the epoch. @throws StoreError `damaged` */
export async function postingUnderWay(
  store: Store,
  contracts: Contracts,
  wanted: number,
): Promise<Output | undefined> {
  const key = keyOf(contracts);
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  try {
    const record = asRecord(parseCanonical(bytes), "posting", ["chunks", "end", "epoch", "schema", "start"]);
    if (record.schema !== SCHEMA) throw new Error("schema is unknown");
    const epoch = asCount(record.epoch, "posting.epoch");
    if (epoch !== wanted) return undefined;
    const times = {
      start: asDecimal(record.start, "posting.start"),
      end: asDecimal(record.end, "posting.end"),
    };
    const chunks = asArray(record.chunks, "posting.chunks").map((chunk) => {
      const rewards = asArray(chunk, "posting.chunks").map((item) => {
        const { prover, amount } = asRecord(item, "posting.chunks", ["amount", "prover"]);
        return { prover: asAddress(prover, "prover"), amount: asDecimal(amount, "amount") };
      });
      return chunkOf({ epoch, ...times }, rewards);
    });
    return { epoch, ...times, chunks };
  } catch (cause) {
    throw new StoreError(
      "damaged",
      `${store.where(key)} is damaged or was edited: ${(cause as Error).message}`,
      "delete it once every call of setRewards that was begun is final",
      { cause },
    );
  }
}
