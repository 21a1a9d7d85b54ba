// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../../../service/cli/context.ts";
import { readKey, type SignerFlags, signerWith } from "../../../service/cli/signing.ts";
import { fakeChain } from "../helpers/chain.ts";
import { newFolder } from "../helpers/folder.ts";
import { castAddress, importKey } from "../helpers/keystore.ts";

const PRIVATE_KEY = `0x${"5ec4e7".repeat(10)}abcd` as const;
const PASSWORD = "correct horse, battery staple";
const OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const folder = newFolder();
let keystore: string;

const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const passwordFile = file("password", `${PASSWORD}\n`);

beforeAll(() => {
  keystore = importKey(folder, "publisher", PRIVATE_KEY, PASSWORD);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const chain = fakeChain(async () => null);

function contextOf(env: Context["env"], askSecret?: Context["askSecret"]): Context {
  const none = () => undefined;
  return { env, cwd: folder, version: "test", out: none, note: none, exit: none, askSecret };
}

const key = (flags: SignerFlags, env: Context["env"] = {}, askSecret?: Context["askSecret"]) =>
  readKey(contextOf(env, askSecret), flags);

describe("a key", () => {
  test("comes out of a keystore of the real cast, by file or by account, as flags or variables name it", async () => {
    const home = newFolder();
    importKey(join(home, ".foundry/keystores"), "hot", PRIVATE_KEY, PASSWORD);
    const ways: [SignerFlags, Context["env"]][] = [
      [{ keystore: "publisher", passwordFile: "password" }, {}],
      [{ keystore, passwordFile }, {}],
      [{ account: "publisher", keystoreDir: ".", passwordFile }, {}],
      [{ account: "hot", passwordFile }, { HOME: home }],
      [{}, { PROVENDER_ACCOUNT: "hot", HOME: home, PROVENDER_PASSWORD_FILE: passwordFile }],
      [{}, { PROVENDER_KEYSTORE: keystore, PROVENDER_PASSWORD_FILE: passwordFile }],
      [{ passwordFile }, { PROVENDER_ACCOUNT: "publisher", PROVENDER_KEYSTORE_DIR: folder }],
      [{}, { PROVENDER_PRIVATE_KEY: PRIVATE_KEY }],
    ];
    for (const [flags, env] of ways) {
      expect((await key(flags, env))?.privateKey, JSON.stringify([flags, env])).toBe(PRIVATE_KEY);
    }
    expect(await key({}, { PROVENDER_PRIVATE_KEY: "" })).toBeUndefined();
    rmSync(home, { recursive: true });
  });

  test("named by a flag goes before one that a variable names", async () => {
    const env = { PROVENDER_PRIVATE_KEY: `0x${"11".repeat(32)}`, PROVENDER_PASSWORD_FILE: "/nowhere" };
    expect((await key({ keystore, passwordFile }, env))?.privateKey).toBe(PRIVATE_KEY);
  });

  test("is opened with a password that is asked for at a terminal", async () => {
    const asked: string[] = [];
    const found = await key({ keystore }, {}, async (question) => {
      asked.push(question);
      return PASSWORD;
    });
    expect(found?.privateKey).toBe(PRIVATE_KEY);
    expect(asked).toEqual([`Password of ${keystore}: `]);
  });

  test("reads a password file just as cast does: without what ends the line, with what begins it", async () => {
    const address = privateKeyToAddress(PRIVATE_KEY);
    for (const text of [PASSWORD, `${PASSWORD}\r\n`, `${PASSWORD} \n\n`]) {
      const path = file("other-password", text);
      expect(castAddress(keystore, path)).toBe(address);
      expect((await key({ keystore, passwordFile: path }))?.privateKey).toBe(PRIVATE_KEY);
    }
    const indented = file("indented", ` ${PASSWORD}`);
    await expect(key({ keystore, passwordFile: indented })).rejects.toThrow("the password does not open it");
  });

  test.each<[string, SignerFlags, Context["env"], string, string]>([
    [
      "a wrong password",
      { keystore: "publisher", passwordFile: "wrong" },
      {},
      "--keystore: FOLDER/publisher: the password does not open it",
      "give the password that the keystore was made with",
    ],
    [
      "no password and no terminal",
      { keystore: "publisher" },
      {},
      "the password of FOLDER/publisher is missing, and there is no terminal to ask on",
      "give --password-file",
    ],
    [
      "a missing password file",
      { keystore: "publisher", passwordFile: "gone" },
      {},
      "--password-file: cannot read FOLDER/gone: ENOENT",
      "write the password to it",
    ],
    [
      "a missing account",
      { account: "gone", keystoreDir: "." },
      {},
      "--account: cannot read FOLDER/gone: ENOENT",
      "cast wallet import",
    ],
    [
      "an account that a variable names and is missing",
      {},
      { PROVENDER_ACCOUNT: "gone", PROVENDER_KEYSTORE_DIR: "." },
      "PROVENDER_ACCOUNT: cannot read FOLDER/gone: ENOENT",
      "cast wallet import",
    ],
    [
      "a folder as keystore",
      { keystore: "." },
      {},
      "--keystore: cannot read FOLDER: EISDIR",
      "cast wallet import",
    ],
    [
      "a path as account",
      { account: "../publisher" },
      {},
      "--account: not an account's name: ../publisher",
      "--keystore",
    ],
    [
      "what is no keystore",
      { keystore: "password", passwordFile: "password" },
      {},
      "--keystore: FOLDER/password: not an encrypted keystore of version 3",
      "cast wallet import",
    ],
    [
      "two flags",
      { keystore: "publisher", account: "publisher" },
      {},
      "--account and --keystore both name a key",
      "give one of them",
    ],
    [
      "two variables",
      {},
      { PROVENDER_PRIVATE_KEY: PRIVATE_KEY, PROVENDER_ACCOUNT: "publisher" },
      "PROVENDER_ACCOUNT and PROVENDER_PRIVATE_KEY both name a key",
      "give one of them",
    ],
  ])(
    "is refused with %s, by the name of the field and with what to do",
    async (_, flags, env, message, hint) => {
      file("wrong", "another password");
      const refusal = key(flags, env);
      await expect(refusal).rejects.toMatchObject({
        message: message.replaceAll("FOLDER", folder),
        hint: expect.stringContaining(hint),
      });
      const said = inspect(await refusal.catch((error: unknown) => error), { depth: null });
      expect(said).not.toContain(PASSWORD);
      expect(said).not.toContain(PRIVATE_KEY.slice(2));
    },
  );

  test("in a keystore that was cut or altered is refused as none", async () => {
    const whole = readFileSync(keystore, "utf8");
    const damaged = [whole.slice(0, -20), whole.replace("aes-128-ctr", "aes-256-cbc"), '{"version":3}', "{}"];
    for (const [i, text] of damaged.entries()) {
      const path = file(`damaged-${i}`, text);
      await expect(key({ keystore: path, passwordFile })).rejects.toMatchObject({
        code: "no-signer",
        message: `--keystore: ${path}: not an encrypted keystore of version 3`,
      });
    }
  });

  test("of another account than --from names is refused with both", async () => {
    const found = await key({ keystore, passwordFile });
    expect(() => signerWith(contextOf({}), chain, found, { from: OTHER })).toThrow(
      `--keystore: ${keystore} is the key of ${privateKeyToAddress(PRIVATE_KEY).toLowerCase()}, not of ${OTHER.toLowerCase()}`,
    );
    expect(signerWith(contextOf({}), chain, found, { from: privateKeyToAddress(PRIVATE_KEY) }).address).toBe(
      privateKeyToAddress(PRIVATE_KEY).toLowerCase(),
    );
  });
});

describe("the most to pay for a unit of gas", () => {
  const maxFee = (flags: SignerFlags, env: Context["env"] = {}) =>
    signerWith(contextOf(env), chain, undefined, { from: OTHER, ...flags }).limits.maxFee;

  test("is given in gwei, by a flag or a variable, or is 500 gwei", () => {
    expect(maxFee({ maxFee: "30" })).toBe(30_000_000_000n);
    expect(maxFee({ maxFee: "0.05" }, { PROVENDER_MAX_FEE: "7" })).toBe(50_000_000n);
    expect(maxFee({}, { PROVENDER_MAX_FEE: "7" })).toBe(7_000_000_000n);
    expect(maxFee({}, { PROVENDER_MAX_FEE: "" })).toBe(500_000_000_000n);
  });

  test.each(["", "-1", "1e9", "0x10", "1.0000000001"])("is refused as %j", (text) => {
    expect(() => maxFee({ maxFee: text })).toThrow(`--max-fee: not an amount in gwei: ${text}`);
  });
});
