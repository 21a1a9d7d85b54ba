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

export interface SignerOptions {
  /** Never shown, in errors neither. */
  readonly privateKey?: string | undefined;
  /** An account that the local node has unlocked. */
  readonly from?: Address | undefined;
}

export function signerFor(chain: Chain, { privateKey, from }: SignerOptions): Signer {
  if (from !== undefined && privateKey === undefined) {
    if (chain.chainId !== LOCAL_CHAIN) {
      throw new ChainError(
        "no-signer",
        `unlocked accounts are for the local chain ${LOCAL_CHAIN} only; this is chain ${chain.chainId}`,
        "set PROVENDER_PRIVATE_KEY instead",
      );
    }
    return { address: lower(from), account: from, wallet: walletFor(chain, from) };
  }
  if (privateKey === undefined) {
    throw new ChainError(
      "no-signer",
      "this sends a transaction, and no key was given",
      "set PROVENDER_PRIVATE_KEY, or on the local chain give --from with an unlocked account",
    );
  }
  const account = accountOf(privateKey);
  if (from !== undefined && lower(account.address) !== lower(from)) {
    throw new ChainError(
      "no-signer",
      `PROVENDER_PRIVATE_KEY is the key of ${account.address}, not of ${from}`,
      "give the key of that account, or leave out --from",
    );
  }
  return { address: lower(account.address), account, wallet: walletFor(chain, account) };
}

function accountOf(privateKey: string) {
  const refuse = () =>
    new ChainError(
      "no-signer",
      "PROVENDER_PRIVATE_KEY is not a private key",
      "give 0x and 64 hexadecimal digits",
    );
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
