// SPDX-License-Identifier: AGPL-3.0-only
import { type Account, createWalletClient, custom, type WalletClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Address, Hex } from "../core/types.ts";
import type { Chain } from "./client.ts";
import { ChainError } from "./errors.ts";
import { lower } from "./system.ts";

export interface Signer {
  readonly address: Address;
  readonly account: Account | Address;
  readonly wallet: WalletClient;
}

/** Anvil's and Hardhat's own; only such a node unlocks accounts without a key. */
const LOCAL_CHAIN = 31_337n;

/** A private key, which is never shown, in errors neither. */
export interface Key {
  readonly privateKey: string;
  /** Where it came from, for messages. */
  readonly source: string;
}

export interface SignerOptions {
  readonly key?: Key | undefined;
  /** The account that the key must be of; without a key, one that the local node has unlocked. */
  readonly from?: Address | undefined;
}

export function signerFor(chain: Chain, { key, from }: SignerOptions): Signer {
  if (from !== undefined && key === undefined) {
    if (chain.chainId !== LOCAL_CHAIN) {
      throw new ChainError(
        "no-signer",
        `unlocked accounts are for the local chain ${LOCAL_CHAIN} only; this is chain ${chain.chainId}`,
        "give --account or --keystore too",
      );
    }
    return { address: lower(from), account: from, wallet: walletFor(chain, from) };
  }
  if (key === undefined) {
    throw new ChainError(
      "no-signer",
      "this needs a signature, and no key was given",
      "give --account or --keystore, or for development set PROVENDER_PRIVATE_KEY; on the local chain, --from names an unlocked account",
    );
  }
  const account = accountOf(key);
  if (from !== undefined && lower(account.address) !== lower(from)) {
    throw new ChainError(
      "no-signer",
      `${key.source} is the key of ${account.address}, not of ${from}`,
      "give the key of that account, or leave out --from",
    );
  }
  return { address: lower(account.address), account, wallet: walletFor(chain, account) };
}

function accountOf({ privateKey, source }: Key) {
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

function walletFor(chain: Chain, account: Account | Address): WalletClient {
  return createWalletClient({
    account,
    transport: custom({ request: chain.client.request }, { retryCount: 0 }),
  });
}
