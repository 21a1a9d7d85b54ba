// SPDX-License-Identifier: AGPL-3.0-only
import { encodeCanonical, type Json, parseCanonical } from "../core/canonical.ts";
import { asAddress, asCount, asDecimal, asHash, asRecord } from "../core/guard.ts";
import type { Address, Hex } from "../core/types.ts";
import { type Store, StoreError } from "./store.ts";

const SCHEMA = "provender.job/1";

/** stored: the artifact is on disk. sent: a transaction is on its way. posted: the chain has it. */
type JobStep = "stored" | "sent" | "posted";

/** How far the job has come with one epoch; every step is on disk before the next begins. */
export interface JobRecord {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly epoch: number;
  readonly step: JobStep;
  readonly root: Hex;
  readonly datasetHash: Hex;
  readonly transaction: Hex | null;
  readonly postNumber: bigint | null;
  /** The release that computed it. */
  readonly version: string;
}

export type JobKey = Pick<JobRecord, "chainId" | "distributor" | "epoch">;

/** Replaces the record of its epoch. */
export async function putJob(store: Store, job: JobRecord): Promise<void> {
  const json: Json = {
    schema: SCHEMA,
    ...job,
    chainId: String(job.chainId),
    postNumber: job.postNumber === null ? null : String(job.postNumber),
  };
  await store.put(keyOf(job), encodeCanonical(json));
}

/** Undefined if there is none. @throws StoreError if it is damaged. */
export async function getJob(store: Store, wanted: JobKey): Promise<JobRecord | undefined> {
  const key = keyOf(wanted);
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  try {
    const job = jobFromJson(parseCanonical(bytes));
    if (keyOf(job) !== key) throw new Error("it is about another epoch");
    return job;
  } catch (cause) {
    throw new StoreError(
      "damaged",
      `${store.where(key)} is damaged or was edited: ${(cause as Error).message}`,
      "delete it: the job finds out from the chain how far it had come",
      { cause },
    );
  }
}

function keyOf({ chainId, distributor, epoch }: JobKey): string {
  return `jobs/${chainId}-${distributor}/epoch-${epoch}.json`;
}

const KEYS = [
  "chainId",
  "datasetHash",
  "distributor",
  "epoch",
  "postNumber",
  "root",
  "schema",
  "step",
  "transaction",
  "version",
];
const STEPS: readonly JobStep[] = ["stored", "sent", "posted"];

function jobFromJson(json: Json): JobRecord {
  const record = asRecord(json, "job", KEYS);
  const step = STEPS.find((known) => known === record.step);
  if (record.schema !== SCHEMA || step === undefined || typeof record.version !== "string") {
    throw new Error("schema, step or version is unknown");
  }
  return {
    chainId: asDecimal(record.chainId, "job.chainId"),
    distributor: asAddress(record.distributor, "job.distributor"),
    epoch: asCount(record.epoch, "job.epoch"),
    step,
    root: asHash(record.root, "job.root"),
    datasetHash: asHash(record.datasetHash, "job.datasetHash"),
    transaction: record.transaction === null ? null : asHash(record.transaction, "job.transaction"),
    postNumber: record.postNumber === null ? null : asDecimal(record.postNumber, "job.postNumber"),
    version: record.version,
  };
}
