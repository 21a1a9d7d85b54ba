// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { privateKeyToAddress } from "viem/accounts";
import { describe, expect, test } from "vitest";
import { keyInKeystore } from "../../../service/chain/keystore.ts";

const read = (name: string) =>
  readFileSync(new URL(`../../fixtures/keystores/${name}.json`, import.meta.url), "utf8");
const KEY = `0x0000${"5a".repeat(29)}07` as const;
const PASSWORD = "correct horse";
/** What geth's own tests open: with the key, or the address that it is of. */
const geth = JSON.parse(read("geth")) as Record<
  "31_byte_key" | "30_byte_key" | "account",
  { readonly json: { readonly address?: string }; readonly password: string; readonly priv?: string }
>;

describe("a keystore", () => {
  test.each(["cast-1.7", "ethers-6.15", "web3-4.3-scrypt", "web3-4.3-pbkdf2"])(
    "made by %s opens",
    async (name) => {
      expect(await keyInKeystore(read(name), PASSWORD, "--keystore")).toBe(KEY);
    },
  );

  test.each(["31_byte_key", "30_byte_key"] as const)("of geth opens: %s", async (name) => {
    const { json, password, priv = "" } = geth[name];
    const key = await keyInKeystore(JSON.stringify(json), password, "--keystore");
    expect(key).toBe(`0x${priv.padStart(64, "0")}`);
  });

  test("of geth opens, whose address is that of its key", async () => {
    const { json, password } = geth.account;
    const key = await keyInKeystore(JSON.stringify(json), password, "--keystore");
    expect(privateKeyToAddress(key as typeof KEY).toLowerCase()).toBe(`0x${json.address}`);
  });

  test("whose address is not that of its key is refused, with both", async () => {
    const { json, password } = geth.account;
    const edited = JSON.stringify({ ...json, address: "45dea0fb0bba44f4fcf290bba71fd57d7117cbb8" });
    await expect(keyInKeystore(edited, password, "--keystore: a.json")).rejects.toMatchObject({
      code: "no-signer",
      message: `--keystore: a.json: it says that it is of 0x45dea0fb0bba44f4fcf290bba71fd57d7117cbb8, and its key is of 0x${json.address}`,
    });
  });

  test("of ethers opens with a password whose letters it composed", async () => {
    expect(await keyInKeystore(read("ethers-6.15-composed"), "cafe\u0301 o\uFB03ce", "--keystore")).toBe(KEY);
    expect(await keyInKeystore(read("ethers-6.15-composed"), "caf\u00e9 office", "--keystore")).toBe(KEY);
  });

  test("does not open with another password", async () => {
    for (const name of ["ethers-6.15", "web3-4.3-pbkdf2"]) {
      await expect(keyInKeystore(read(name), "wrong", "--keystore")).rejects.toMatchObject({
        code: "no-signer",
        message: "--keystore: the password does not open it",
      });
    }
  });

  const { Crypto: secret, ...ethers } = JSON.parse(read("ethers-6.15"));
  const changed = (change: object) => JSON.stringify({ ...ethers, Crypto: { ...secret, ...change } });
  test.each([
    "not JSON",
    "{}",
    JSON.stringify({ ...ethers, version: 1, Crypto: secret }),
    changed({ cipher: "aes-128-cbc" }),
    changed({ kdf: "argon2" }),
    changed({ ciphertext: "" }),
    changed({ ciphertext: "ab".repeat(33) }),
    changed({ mac: "ab" }),
    changed({ kdfparams: { ...secret.kdfparams, n: 3 } }),
    changed({ kdfparams: { ...secret.kdfparams, n: 2 ** 40 } }),
    changed({ kdfparams: { ...secret.kdfparams, dklen: 16 } }),
  ])("that is none of version 3 is refused: %.60s", async (text) => {
    await expect(keyInKeystore(text, PASSWORD, "--keystore")).rejects.toMatchObject({
      code: "no-signer",
      message: "--keystore: not an encrypted keystore of version 3",
    });
  });
});
