// SPDX-License-Identifier: AGPL-3.0-only
import { concatBytes, stringToBytes } from "viem";
import type { Address } from "../core/types.ts";
import { AuditError } from "./errors.ts";
import {
  canonicalText,
  isList,
  isObject,
  type JsonObject,
  type JsonValue,
  parseCanonicalText,
} from "./json.ts";
import type { Audited } from "./judge.ts";
import { SPEC_VERSION } from "./recompute.ts";

const SCHEMA = "provender.audit-report/1";

/** What an auditor hands to another: verdicts on epochs of one distributor, each with the recomputed artifact. */
export interface ReportFile {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly epochs: readonly EpochEntry[];
}

/** One epoch's report, and the artifact as it should have been. */
export interface EpochEntry {
  readonly epoch: number;
  /** As in the file. */
  readonly report: JsonObject;
  readonly artifact: JsonObject | undefined;
}

/** A report as it grows, epoch by epoch: of each, only its bytes are kept. */
export interface ReportWriter {
  readonly add: (audited: Audited) => void;
  /**
   * Canonical bytes: who audits the same epochs at the same block writes the same file.
   * @throws RangeError if no epoch was audited
   */
  readonly bytes: () => Uint8Array;
}

/**
 * Takes reports of consecutive epochs, all of one deployment, one by one. `bytes` throws RangeError before the first.
 */
export function reportWriter(): ReportWriter {
  const epochs: Uint8Array[] = [];
  let about: { readonly chainId: string; readonly distributor: Address } | undefined;
  return {
    add(audited) {
      const { chainId, distributor } = audited.report;
      about ??= { chainId, distributor };
      const text = canonicalText({ ...entryOf(audited).report, artifact: audited.artifact ?? null });
      epochs.push(stringToBytes(epochs.length === 0 ? text : `,${text}`));
    },
    bytes() {
      if (about === undefined) throw new RangeError("no epoch was audited");
      // Keys in ascending order: chainId, distributor, epochs, schema.
      const [start = "", end = ""] = canonicalText({ schema: SCHEMA, ...about, epochs: [] }).split("[]");
      return concatBytes([stringToBytes(`${start}[`), ...epochs, stringToBytes(`]${end}`)]);
    },
  };
}

/** A report as its file has it: what is undefined in it is absent, what there is one of a file left out. */
export function entryOf({ report, artifact }: Audited): EpochEntry {
  const { schema: _, chainId: __, distributor: ___, ...rest } = report;
  const json = { ...rest, post: report.post ?? null, recomputed: report.recomputed ?? null };
  // What is undefined is absent.
  return { epoch: report.epoch, report: JSON.parse(JSON.stringify(json)) as JsonObject, artifact };
}

/**
 * Reads what a writer gives.
 * @throws AuditError for anything else, also if it says the same in another form, or was recomputed by another version
 * of the specification
 */
export function readReports(bytes: Uint8Array): ReportFile {
  const json = parseCanonicalText(bytes);
  if (!isObject(json) || json.schema !== SCHEMA || !isList(json.epochs)) throw notAReport();
  const { chainId, distributor } = json;
  if (typeof chainId !== "string" || !/^[0-9]{1,20}$/.test(chainId)) throw notAReport();
  if (typeof distributor !== "string" || !/^0x[0-9a-f]{40}$/.test(distributor)) throw notAReport();
  const epochs = json.epochs.map(readEntry);
  if (epochs.length === 0 || !epochs.every(({ epoch }, i) => epoch === (epochs[0]?.epoch ?? 0) + i)) {
    throw notAReport();
  }
  return { chainId: BigInt(chainId), distributor: distributor as Address, epochs };
}

function readEntry(entry: JsonValue): EpochEntry {
  if (!isObject(entry)) throw notAReport();
  const { artifact = null, ...report } = entry;
  const { epoch, verdicts } = report;
  if (typeof epoch !== "number" || epoch < 0 || !isObject(verdicts)) throw notAReport();
  if (artifact !== null && !isObject(artifact)) throw notAReport();
  const version = artifact?.specVersion;
  if (typeof version === "number" && version !== SPEC_VERSION) {
    throw new AuditError(
      `the report's epoch ${epoch} was recomputed by version ${version} of the specification; this release knows ${SPEC_VERSION}`,
      "have it written anew with `provender audit --report`, or check it with the release that wrote it",
    );
  }
  return { epoch, report, artifact: artifact ?? undefined };
}

function notAReport(): AuditError {
  return new AuditError(
    `the report is not one: canonical JSON of schema ${SCHEMA}, with epochs in order, is expected`,
    "give the file as `provender audit --report` wrote it",
  );
}
