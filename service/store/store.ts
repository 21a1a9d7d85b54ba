// SPDX-License-Identifier: AGPL-3.0-only

/** Bytes by key. Keys are lower-case names joined by "/". What is put is there whole, or not at all. */
export interface Store {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** Keys that begin with `prefix`, in ascending order. */
  list(prefix: string): Promise<readonly string[]>;
  /** Where a key's bytes are, for people. */
  where(key: string): string;
}

export type StoreCode =
  | "unreadable"
  | "unwritable"
  | "damaged"
  /** Another process holds what is needed. */
  | "busy"
  /** Written by a release that this one is older than. */
  | "newer";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreCode;
  readonly hint: string;

  constructor(code: StoreCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
