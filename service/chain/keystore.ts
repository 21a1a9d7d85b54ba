// SPDX-License-Identifier: AGPL-3.0-only
import { ChainError } from "./errors.ts";

/**
 * The private key in a keystore of the Web3 Secret Storage format, version 3, which `cast wallet import` and geth
 * write. `name` says where the text came from. No cause is kept: it could hold what is secret.
 */
export async function keyInKeystore(text: string, password: string, name: string): Promise<string> {
  // Most commands sign nothing, and do not wait for this to load.
  const { Wallet } = await import("@ethereumjs/wallet");
  try {
    return (await Wallet.fromV3(text, password, true)).getPrivateKeyString();
  } catch (error) {
    if (/wrong passphrase/.test((error as Error).message)) {
      throw new ChainError(
        "no-signer",
        `${name}: the password does not open it`,
        "give the password that the keystore was made with",
      );
    }
    throw new ChainError(
      "no-signer",
      `${name}: not an encrypted keystore of version 3`,
      "make one with `cast wallet import NAME --interactive`",
    );
  }
}
