// SPDX-License-Identifier: AGPL-3.0-only

/** Whole, or in parts, each of which holds until the next is asked for. */
export type Bytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Bytes by key. Keys are lower-case names joined by "/". What is put is there whole, or not at all. */
export interface Store {
  put(key: string, bytes: Bytes): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** What is there now, to be read in parts: putting the key anew does not change what is open. */
  open(key: string): Promise<StoredFile | undefined>;
  /** Keys that begin with `prefix`, in ascending order. */
  list(prefix: string): Promise<readonly string[]>;
  /** Where a key's bytes are, for people. */
  where(key: string): string;
  /** Puts a copy from elsewhere in the place of a damaged one: whether there is any. */
  renew?(key: string): Promise<boolean>;
}

export interface StoredFile {
  readonly size: number;
  /** Another one as soon as other bytes were put. */
  readonly identity: string;
  /** Fills `target` from `position` on; throws if the file ends before. */
  read(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

export type StoreCode =
  | "unreadable"
  | "unwritable"
  | "damaged"
  /** Taken away, or replaced, while it was in use. */
  | "removed"
  /** Another process holds what is needed. */
  | "busy"
  /** What is asked for needs later blocks than those that are stored. */
  | "behind"
  /** Written by a release that this one is older than. */
  | "newer"
  /** Written by a release of which this one reads nothing. */
  | "older";

/** What is wrong with files or the database, and what to do. */
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

/** The database's own: what is wrong with it says nothing of the files. */
export class DatabaseError extends StoreError {}

/** An object store's that says nothing of one object alone: it does not answer, or is busy or broken. */
export class UnavailableStore extends StoreError {}
