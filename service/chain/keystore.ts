// SPDX-License-Identifier: AGPL-3.0-only
import { createDecipheriv, pbkdf2, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { keccak256, toHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { asCount, asObject, asRecord } from "../core/guard.ts";
import { ChainError } from "./errors.ts";
import { lower } from "./system.ts";

const KEY_BYTES = 32;
/** What deriving a key may take: geth's strongest needs a quarter of it. */
const MAX_MEMORY = 2 ** 30;

/**
 * The private key in a keystore of the Web3 Secret Storage format, version 3, as `cast wallet import`, geth, ethers
 * and web3 write it, in 32 bytes: some writers have left out leading zeros. `name` says where the text came from.
 * @throws ChainError `no-signer` for what is none, or if the password does not open it; without a cause, which could
 * hold what is secret
 */
export async function keyInKeystore(text: string, password: string, name: string): Promise<string> {
  const keystore = read(text, name);
  // ethers composes what was typed, as an accent after its letter; the others take it as it is.
  let derived: Buffer | undefined;
  for (const typed of new Set([password, password.normalize("NFKC")])) {
    derived ??= await opened(keystore, typed, name);
  }
  if (derived === undefined) {
    throw new ChainError(
      "no-signer",
      `${name}: the password does not open it`,
      "give the password that the keystore was made with",
    );
  }
  const cipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), keystore.iv);
  const key = Buffer.concat([cipher.update(keystore.ciphertext), cipher.final()]);
  const privateKey = toHex(Buffer.concat([Buffer.alloc(KEY_BYTES - key.length), key]));
  requireAddress(keystore.address, privateKey, name);
  return privateKey;
}

/** What the password gives, if it opens it. */
async function opened(keystore: Keystore, password: string, name: string): Promise<Buffer | undefined> {
  const derived = await keystore.derive(Buffer.from(password)).catch(() => {
    throw noKeystore(name);
  });
  const mac = keccak256(Buffer.concat([derived.subarray(16, 32), keystore.ciphertext]));
  return mac === keystore.mac ? derived : undefined;
}

interface Keystore {
  readonly address: unknown;
  readonly ciphertext: Buffer;
  readonly iv: Buffer;
  readonly mac: string;
  readonly derive: (password: Buffer) => Promise<Buffer>;
}

function read(text: string, name: string): Keystore {
  try {
    const { version, address, crypto, Crypto = crypto } = asObject(JSON.parse(text), "keystore");
    if (version !== 3) throw noKeystore(name);
    const secret = asObject(Crypto, "crypto");
    if (secret.cipher !== "aes-128-ctr") throw noKeystore(name);
    const ciphertext = asBytes(secret.ciphertext);
    if (ciphertext.length === 0 || ciphertext.length > KEY_BYTES) throw noKeystore(name);
    return {
      address,
      ciphertext,
      iv: asBytes(asObject(secret.cipherparams, "cipherparams").iv, 16),
      mac: toHex(asBytes(secret.mac, KEY_BYTES)),
      derive: derivation(secret.kdf, secret.kdfparams),
    };
  } catch (error) {
    throw error instanceof ChainError ? error : noKeystore(name);
  }
}

function derivation(kdf: unknown, params: unknown): Keystore["derive"] {
  if (kdf === "scrypt") {
    const { n, r, p, dklen, salt } = asRecord(params, "kdfparams", ["dklen", "n", "p", "r", "salt"]);
    const [bytes, length] = [asBytes(salt), asCount(dklen, "dklen", 64, KEY_BYTES)];
    const cost = { N: asCount(n, "n"), r: asCount(r, "r"), p: asCount(p, "p"), maxmem: MAX_MEMORY };
    return async (password) =>
      new Promise((resolve, reject) =>
        scrypt(password, bytes, length, cost, (error, key) => (error ? reject(error) : resolve(key))),
      );
  }
  const { c, prf, dklen, salt } = asRecord(params, "kdfparams", ["c", "dklen", "prf", "salt"]);
  if (kdf !== "pbkdf2" || prf !== "hmac-sha256") throw new Error("another key derivation");
  const [bytes, length] = [asBytes(salt), asCount(dklen, "dklen", 64, KEY_BYTES)];
  const rounds = asCount(c, "c", 2 ** 31 - 1, 1);
  return (password) => promisify(pbkdf2)(password, bytes, rounds, length, "sha256");
}

/** A file that was copied over another, or edited, must not sign for an account that nobody meant. */
function requireAddress(stated: unknown, privateKey: `0x${string}`, name: string): void {
  if (stated === undefined || stated === "") return;
  const address = lower(privateKeyToAddress(privateKey));
  const said = `0x${String(stated).toLowerCase().replace(/^0x/, "")}`;
  if (said === address) return;
  throw new ChainError(
    "no-signer",
    `${name}: it says that it is of ${said}, and its key is of ${address}`,
    "restore the file from a backup, or make it anew with `cast wallet import NAME --interactive`",
  );
}

function asBytes(value: unknown, length?: number): Buffer {
  const digits = typeof value === "string" ? value.replace(/^0x/, "") : "";
  const bytes = Buffer.from(digits, "hex");
  if (2 * bytes.length !== digits.length || (length ?? bytes.length) !== bytes.length)
    throw new Error("no bytes");
  return bytes;
}

function noKeystore(name: string): ChainError {
  return new ChainError(
    "no-signer",
    `${name}: not an encrypted keystore of version 3`,
    "make one with `cast wallet import NAME --interactive`",
  );
}
