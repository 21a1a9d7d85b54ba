// SPDX-License-Identifier: AGPL-3.0-only
import { stringToBytes } from "viem";
import type { Deployment } from "./deployment.ts";
import { AuditError } from "./errors.ts";
import type { Facts } from "./facts.ts";
import { keccakOf } from "./hash.ts";
import { type Trail, trailOf } from "./inputs.ts";
import type { Head } from "./snapshot.ts";
import { domainFor, rootFor } from "./tree.ts";

const SCHEMA = "provender.audit-state/1";

/** What an auditor goes on from: all that came up to a final block, and what the next epoch continues from. */
export interface Kept {
  readonly deployment: Deployment;
  readonly final: Head;
  /** Up to `final`. */
  readonly settled: Facts;
  readonly trail: Trail;
}

/** A line with the schema and the hash of what follows, then that, as one text. */
export function encodeKept({ deployment, final, settled, trail: { starts } }: Kept): Uint8Array {
  const body = stringToBytes(JSON.stringify({ deployment, final, settled, starts }, packed));
  const line = stringToBytes(`${SCHEMA} ${keccakOf(body)}\n`);
  const bytes = new Uint8Array(line.length + body.length);
  bytes.set(line);
  bytes.set(body, line.length);
  return bytes;
}

/**
 * What was kept of a deployment.
 * @throws AuditError, whose message says what is wrong with it, if it is damaged, or of another deployment
 */
export function decodeKept(bytes: Uint8Array, wanted: Deployment): Kept {
  const end = bytes.indexOf(0x0a);
  const body = bytes.subarray(end + 1);
  const line = new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0)));
  if (line !== `${SCHEMA} ${keccakOf(body)}`) throw notKept("is damaged, or of another release");
  const { deployment, final, settled, starts } = JSON.parse(new TextDecoder().decode(body), unpacked) as Pick<
    Kept,
    "deployment" | "final" | "settled"
  > & { starts: Trail["starts"] };
  if (JSON.stringify(deployment, packed) !== JSON.stringify(wanted, packed)) {
    throw notKept(`is of distributor ${deployment.distributor} on chain ${deployment.chainId}`);
  }
  const domain = domainFor(deployment.chainId, deployment.distributor);
  for (const [epoch, { previous, broken }] of starts) {
    const { root, leaves, claimedAt } = previous;
    if (broken !== undefined || claimedAt !== undefined || rootFor(domain, leaves) === root) continue;
    throw notKept(`holds other leaves than those of the root before epoch ${epoch}`);
  }
  return { deployment, final, settled, trail: { ...trailOf(deployment, settled), starts } };
}

function notKept(why: string): AuditError {
  return new AuditError(`what was kept of earlier audits ${why}`, "the chain is read from its start");
}

/** JSON has neither whole numbers of any size nor maps: both are marked. */
const MARK = "~";

function packed(this: unknown, _: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${MARK}${value}`;
  if (typeof value === "string" && value.startsWith(MARK)) return `${MARK}${value}`;
  return value instanceof Map ? { [MARK]: [...value] } : value;
}

function unpacked(_: string, value: unknown): unknown {
  if (typeof value === "string" && value.startsWith(MARK)) {
    const rest = value.slice(1);
    return rest.startsWith(MARK) ? rest : BigInt(rest);
  }
  if (typeof value !== "object" || value === null || !(MARK in value)) return value;
  return new Map(value[MARK as keyof typeof value] as [unknown, unknown][]);
}
