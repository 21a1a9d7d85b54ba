// SPDX-License-Identifier: AGPL-3.0-only
import { hexToBytes, type PublicClient } from "viem";
import { ChainError } from "../../chain/errors.ts";
import { headerBytes } from "../../chain/header.ts";
import type { Address, Hex } from "../../core/types.ts";
import { keccakOf } from "../hash.ts";
import { type Header, readHeader } from "./header.ts";
import type { Preimages } from "./preimages.ts";
import { type Account, accountIn, EMPTY_CODE_HASH, MissingNode, wordIn } from "./trie.ts";

/** Nodes refuse more keys than about a thousand at once. */
const SLOTS_AT_ONCE = 500;

/**
 * Says of a block whose header is known what its state holds: what was given so far decides, and what is missing is
 * asked for. Nothing is believed: all that comes in is named by its hash, and a hash leads to it from the header.
 */
export interface Witness {
  /** The header with this hash. */
  readonly header: (hash: Hex) => Promise<Header>;
  /** Words of an account's storage, in the order of `slots`. */
  readonly words: (header: Header, address: Address, slots: readonly bigint[]) => Promise<bigint[]>;
  /** An account's code; empty if it has none. */
  readonly code: (header: Header, address: Address) => Promise<Uint8Array>;
  /** Headers of consecutive blocks down from `child`, which leads to them by its parent's hash and theirs. */
  readonly ancestors: (child: Header, count: number) => Promise<Header[]>;
}

/**
 * Reads proofs from a client; without one, all must be among the preimages already. Its reads throw ChainError where
 * something is not proven.
 */
export function witnessOf(preimages: Preimages, client?: PublicClient): Witness {
  const request = async (method: string, params: unknown[]): Promise<unknown> => {
    if (client === undefined) throw notHeld();
    return client.request({ method, params } as never);
  };
  const known = (hash: Hex): Header | undefined => {
    const bytes = preimages.get(hash);
    return bytes && headerIn(bytes, hash);
  };

  async function header(hash: Hex): Promise<Header> {
    const found = known(hash);
    if (found !== undefined) return found;
    const bytes = headerBytes(await request("eth_getBlockByHash", [hash, false]), hash, keccakOf);
    if (bytes === undefined) throw unproven(`the header of block ${hash}`);
    return headerIn(preimages.get(preimages.add(bytes)) as Uint8Array, hash);
  }

  async function ancestors(child: Header, count: number): Promise<Header[]> {
    const found: Header[] = [];
    let above = child;
    const step = (): boolean => {
      const next = known(above.parentHash);
      if (next === undefined) return false;
      found.push(next);
      above = next;
      return true;
    };
    while (found.length < count && step()) {}
    // By number, because a hash is only known once the block above has come in.
    const numbers = Array.from({ length: count - found.length }, (_, i) => above.number - 1n - BigInt(i));
    const given = numbers.map((number) =>
      request("eth_getBlockByNumber", [`0x${number.toString(16)}`, false]),
    );
    for (const [i, block] of (await Promise.all(given)).entries()) {
      const bytes = headerBytes(block, above.parentHash, keccakOf);
      if (bytes !== undefined) preimages.add(bytes);
      if (!step()) throw unproven(`the header of block ${numbers[i]}`);
    }
    return found;
  }

  async function ask({ number }: Header, address: Address, slots: readonly bigint[]): Promise<void> {
    const keys = slots.map((slot) => `0x${slot.toString(16).padStart(64, "0")}`);
    const given = await request("eth_getProof", [address, keys, `0x${number.toString(16)}`]);
    for (const node of nodesIn(given)) preimages.add(node);
  }

  async function words(at: Header, address: Address, slots: readonly bigint[]): Promise<bigint[]> {
    const read = async () => {
      const { storageRoot } = await accountIn(preimages, at.stateRoot, address);
      return Promise.all(slots.map((slot) => wordIn(preimages, storageRoot, slot)));
    };
    return eitherWay(read, `storage of ${address} at block ${at.number}`, async () => {
      const parts: Promise<void>[] = [];
      for (let i = 0; i < slots.length; i += SLOTS_AT_ONCE) {
        parts.push(ask(at, address, slots.slice(i, i + SLOTS_AT_ONCE)));
      }
      await Promise.all(parts);
    });
  }

  async function code(at: Header, address: Address): Promise<Uint8Array> {
    const account = (): Promise<Account> => accountIn(preimages, at.stateRoot, address);
    const what = `the code of ${address} at block ${at.number}`;
    const { codeHash } = await eitherWay(account, what, () => ask(at, address, []));
    if (codeHash === EMPTY_CODE_HASH) return new Uint8Array();
    const read = async () => {
      const bytes = preimages.get(codeHash);
      if (bytes === undefined) throw new MissingNode(what);
      return bytes;
    };
    return eitherWay(read, what, async () => {
      const given = await request("eth_getCode", [address, `0x${at.number.toString(16)}`]);
      const bytes = bytesIn(given);
      if (bytes !== undefined) preimages.add(bytes);
    });
  }

  return { header, words, code, ancestors };
}

/** From what is known, or else from what is asked for. */
async function eitherWay<T>(read: () => Promise<T>, what: string, ask: () => Promise<void>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof MissingNode)) throw error;
  }
  try {
    await ask();
    return await read();
  } catch (error) {
    if (error instanceof MissingNode) throw unproven(what);
    throw error;
  }
}

/** Whoever trusts a hash of something else, such as a contract's code, is told so. */
function headerIn(bytes: Uint8Array, hash: Hex): Header {
  try {
    return readHeader(bytes);
  } catch (cause) {
    const message = `what has the hash ${hash} is not a block's header`;
    throw new ChainError("wrong-chain", message, "give a block's hash to --trusted-block", { cause });
  }
}

function notHeld(): ChainError {
  return new ChainError(
    "unreachable",
    "the bundle does not hold what proves the chain's state at this trusted block",
    "give the block that it was recorded with, for the epochs that it was recorded for",
  );
}

function unproven(what: string): ChainError {
  return new ChainError(
    "inconsistent",
    `what was given does not prove ${what} against the trusted block`,
    "use another endpoint, or check the trusted hash",
  );
}

/** Whatever may be a trie's node in an answer to eth_getProof. What was not asked for does no harm. */
function nodesIn(answer: unknown): Uint8Array[] {
  const { accountProof, storageProof } = Object(answer) as Record<string, unknown>;
  const lists = [
    accountProof,
    ...listIn(storageProof).map((one) => (Object(one) as { proof?: unknown }).proof),
  ];
  return lists.flatMap((list) =>
    listIn(list)
      .map(bytesIn)
      .filter((bytes) => bytes !== undefined),
  );
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function bytesIn(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(value)) return undefined;
  return hexToBytes(value as Hex);
}
