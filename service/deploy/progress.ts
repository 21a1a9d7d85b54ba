// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "viem";
import type { Sending } from "../chain/sending.ts";

const SCHEMA = "provender.deploying/1";

/** A contract whose creation was sent, or is about to be. */
export interface Sent {
  readonly address: Address;
  readonly sending: Sending;
  readonly mined: boolean;
}

/** How far a deployment has come: on disk before anything is sent. */
export interface Progress {
  readonly chainId: bigint;
  readonly deployer: Address;
  /** Of the config file. */
  readonly configHash: Hex;
  /** No contract is in an earlier block. */
  readonly startBlock: bigint;
  readonly sent: Readonly<Record<string, Sent>>;
}

export interface ProgressFile {
  readonly read: () => Promise<Progress | undefined>;
  readonly write: (progress: Progress) => Promise<void>;
}

/** JSON that `decodeProgress` reads; a bigint has an n behind it. */
export function encodeProgress(progress: Progress): string {
  const marked = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);
  return `${JSON.stringify({ schema: SCHEMA, ...progress }, marked, 1)}\n`;
}

/** @throws where it is no file of ours */
export function decodeProgress(text: string): Progress {
  const { schema, ...progress } = JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" && /^[0-9]+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );
  if (schema !== SCHEMA) throw new Error(`its schema is not ${SCHEMA}`);
  return progress;
}
