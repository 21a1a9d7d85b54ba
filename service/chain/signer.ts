// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { type Account, createClient, custom, type LocalAccount, type TypedDataDefinition } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { sendRawTransaction, signTransaction, signTypedData } from "viem/actions";
import type { Address, Hex } from "../core/types.ts";
import type { Chain } from "./client.ts";
import { ChainError } from "./errors.ts";
import { DEFAULT_MAX_FEE } from "./fees.ts";
import type { Call } from "./sending.ts";
import { lower } from "./system.ts";

/** A private key, which is never shown, in errors neither. */
export interface Key {
  readonly privateKey: string;
  /** Where it came from, for messages. */
  readonly source: string;
}

/** An account whose key is kept elsewhere, and which signs there. */
export interface RemoteKey {
  readonly remote: LocalAccount;
  readonly source: string;
}

/** How far a signer goes to have its transactions mined. */
export interface Limits {
  /** The most that it offers for a unit of gas, in wei; DEFAULT_MAX_FEE, if not given. */
  readonly maxFee?: bigint | undefined;
  /** Milliseconds after which a transaction that is not mined is replaced by one that offers more. */
  readonly stuckAfter?: number | undefined;
  /** Milliseconds after which a run no longer waits: another one goes on with the same transaction. */
  readonly patience?: number | undefined;
  /** Once it fires, nothing is waited for any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface SignerOptions extends Limits {
  /** Told of each transaction that is dropped or made anew because the chain contradicts it. */
  readonly onRemade?: ((what: string) => void) | undefined;
  readonly key?: Key | RemoteKey | undefined;
  /** The account that the key must be of; without a key, one that the local node has unlocked. */
  readonly from?: Address | undefined;
}

interface Unsigned extends Call {
  readonly nonce: number;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface Signer {
  readonly address: Address;
  readonly account: Account | Address;
  readonly chainId: bigint;
  readonly limits: {
    readonly maxFee: bigint;
    readonly stuckAfter: number;
    readonly patience: number;
    readonly signal: AbortSignal | undefined;
  };
  readonly onRemade: (what: string) => void;
  readonly sign: (transaction: Unsigned) => Promise<Hex>;
  readonly signTyped: (data: TypedDataDefinition) => Promise<Hex>;
  readonly broadcast: (raw: Hex) => Promise<void>;
}

/** Anvil's; only such a node unlocks accounts without a key. */
const LOCAL_CHAIN = 31_337n;
const STUCK_AFTER = 60_000;
const PATIENCE = 300_000;

/** @throws ChainError if there is neither a key nor an unlocked account, or the key is of another account. */
export function signerFor(chain: Chain, options: SignerOptions): Signer {
  const { onRemade = () => undefined } = options;
  const {
    key,
    from,
    maxFee = DEFAULT_MAX_FEE,
    stuckAfter = STUCK_AFTER,
    patience = PATIENCE,
    signal,
  } = options;
  const account = key === undefined ? unlocked(chain, from) : accountOf(key);
  const address = typeof account === "string" ? account : lower(account.address);
  if (key !== undefined && from !== undefined && address !== lower(from)) {
    throw new ChainError(
      "no-signer",
      `${key.source} is the key of ${address}, not of ${lower(from)}`,
      "give the key of that account, or leave out --from",
    );
  }
  const wallet = createClient({
    account,
    transport: custom({ request: chain.client.request }, { retryCount: 0 }),
  });
  return {
    address,
    account,
    chainId: chain.chainId,
    limits: { maxFee, stuckAfter, patience, signal },
    onRemade,
    async sign(unsigned) {
      const transaction = { ...unsigned, type: "eip1559", value: 0n } as const;
      if (typeof account === "string")
        return signTransaction(wallet, { ...transaction, account, chain: null });
      // The chain that was checked at the start, whatever an endpoint says now.
      return account.signTransaction({ ...transaction, chainId: Number(chain.chainId) });
    },
    signTyped: (data) => signTypedData(wallet, { ...data, account }),
    async broadcast(raw) {
      await sendRawTransaction(wallet, { serializedTransaction: raw });
    },
  };
}

function unlocked({ chainId }: Chain, from: Address | undefined): Address {
  if (from === undefined) {
    throw new ChainError(
      "no-signer",
      "this needs a signature, and no key was given",
      "give --account, --keystore or --signer-url, or for development set PROVENDER_PRIVATE_KEY; on the local chain, --from names an unlocked account",
    );
  }
  if (chainId !== LOCAL_CHAIN) {
    throw new ChainError(
      "no-signer",
      `unlocked accounts are for the local chain ${LOCAL_CHAIN} only; this is chain ${chainId}`,
      "give --account, --keystore or --signer-url too",
    );
  }
  return lower(from);
}

function accountOf(key: Key | RemoteKey): LocalAccount {
  return "remote" in key ? key.remote : keyAccount(key);
}

function keyAccount({ privateKey, source }: Key): LocalAccount {
  const refuse = () =>
    new ChainError("no-signer", `${source} is not a private key`, "give 0x and 64 hexadecimal digits");
  if (!/^0x[0-9a-fA-F]{64}$/.test(privateKey)) throw refuse();
  try {
    return privateKeyToAccount(privateKey as Hex);
  } catch {
    // The cause is left out: it could hold the key.
    throw refuse();
  }
}

/**
 * Waits so many milliseconds between two looks at a transaction.
 * @throws ChainError `not-ready` if it is told to stop: what was sent is written down
 */
export async function pause(
  { limits: { signal } }: Pick<Signer, "limits">,
  milliseconds: number,
): Promise<void> {
  const stopped = () =>
    new ChainError(
      "not-ready",
      "told to stop while a transaction is under way",
      "the next run goes on with it, and sends no second one",
    );
  if (signal?.aborted) throw stopped();
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {
    throw stopped();
  });
}
