// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseGwei } from "viem";
import type { Chain } from "../chain/client.ts";
import { keyInKeystore } from "../chain/keystore.ts";
import { remoteAccount } from "../chain/remote-signer.ts";
import { type Key, type RemoteKey, type Signer, signerFor } from "../chain/signer.ts";
import type { Address } from "../core/types.ts";
import { asAddress, inFile, isHttpUrl } from "./config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

/** The flags of every command that signs: named as `cast` names them. */
export interface SignerFlags {
  readonly account?: string;
  readonly keystore?: string;
  readonly keystoreDir?: string;
  readonly passwordFile?: string;
  readonly signerUrl?: string;
  readonly from?: string;
  readonly maxFee?: string;
}

const KEY_VARIABLE = "PROVENDER_PRIVATE_KEY";

interface Surroundings {
  readonly onRemade?: (what: string) => void;
  /** Ends its waiting for what it has sent, in a process that does other things too. */
  readonly signal?: AbortSignal;
}

/**
 * The signer that flags or variables name; a key is decrypted, which may ask for its password.
 * @throws UsageError, ChainError if there is none, or it is the key of another account
 */
export async function openSigner(
  context: Context,
  chain: Chain,
  flags: SignerFlags,
  { onRemade = context.note, signal }: Surroundings = {},
): Promise<Signer> {
  return { ...signerWith(context, chain, await findKey(context, flags), flags, signal), onRemade };
}

/**
 * The same by a key that was found before. `maxFee` is in gwei, 500 if nobody says.
 * @throws ChainError if there is no key and the chain is not the local one
 */
export function signerWith(
  context: Context,
  chain: Chain,
  key: Key | RemoteKey | undefined,
  { from, maxFee }: SignerFlags,
  signal?: AbortSignal,
): Signer {
  return signerFor(chain, {
    ...{ key, signal },
    from: fromIn(from),
    maxFee: maxFeeOf(context, maxFee),
  });
}

/** An address as given, or that of the key that flags name. @throws UsageError for what is no address, or no key */
export async function accountOf(
  context: Context,
  chain: Chain,
  given: { readonly text: string | undefined; readonly source: string },
  flags: SignerFlags,
): Promise<Address> {
  const { text, source } = given;
  if (text !== undefined) return asAddress({ text, source });
  if (flags.from !== undefined) return asAddress({ text: flags.from, source: "--from" });
  return signerWith(context, chain, await findKey(context, flags), flags).address;
}

function maxFeeOf(context: Context, flag: string | undefined): bigint | undefined {
  if (flag !== undefined) return asGwei(flag, "--max-fee");
  const inherited = context.env.PROVENDER_MAX_FEE;
  if (inherited) return asGwei(inherited, "PROVENDER_MAX_FEE");
  const written = inFile(context, "maxFee");
  return asGwei(written?.text, written?.source ?? "");
}

const fromIn = (from: string | undefined) =>
  from === undefined ? undefined : asAddress({ text: from, source: "--from" });

function asGwei(text: string | undefined, source: string): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(text)) return parseGwei(text);
  throw new UsageError(`${source}: not an amount in gwei: ${text}`, "such as 30 or 0.05");
}

/**
 * Whose key flags or variables name: decrypted, or kept by a signer; undefined if they name none.
 * @throws UsageError for flags that exclude each other; ChainError if the key cannot be had
 */
export async function findKey(context: Context, flags: SignerFlags): Promise<Key | RemoteKey | undefined> {
  const place = placeOf(context, flags);
  if (place?.kind !== "url") return readKey(context, flags);
  const { source } = place;
  return { remote: await remoteAccount({ url: urlIn(place), source }, fromIn(flags.from)), source };
}

/**
 * The key that flags or variables name, decrypted; undefined if they name none.
 * @throws UsageError for flags that exclude each other; ChainError if the keystore does not open
 */
export async function readKey(context: Context, flags: SignerFlags): Promise<Key | undefined> {
  const place = placeOf(context, flags);
  if (place === undefined) return undefined;
  if (place.kind === "key") return { privateKey: place.text, source: KEY_VARIABLE };
  const path = pathOf(context, flags, place);
  const text = readText(path, place.source, "make it with `cast wallet import NAME --interactive`");
  const password = await passwordFor(context, flags, path);
  const source = `${place.source}: ${path}`;
  return { privateKey: await keyInKeystore(text, password, source), source };
}

interface Place {
  readonly text: string;
  /** The flag or variable. */
  readonly source: string;
  readonly kind: "name" | "file" | "key" | "url";
}

/** Where the key is: what flags name goes before what variables do, and that before the file's. @throws UsageError for two */
export function placeOf(context: Context, { account, keystore, signerUrl }: SignerFlags): Place | undefined {
  const { env } = context;
  const place = (text: string | undefined, source: string, kind: Place["kind"]) =>
    text === undefined || text === "" ? [] : [{ text, source, kind }];
  const flagged = [
    ...place(account, "--account", "name"),
    ...place(keystore, "--keystore", "file"),
    ...place(signerUrl, "--signer-url", "url"),
  ];
  const found =
    flagged.length > 0
      ? flagged
      : [
          ...place(env.PROVENDER_ACCOUNT, "PROVENDER_ACCOUNT", "name"),
          ...place(env.PROVENDER_KEYSTORE, "PROVENDER_KEYSTORE", "file"),
          ...place(env.PROVENDER_SIGNER_URL, "PROVENDER_SIGNER_URL", "url"),
          ...place(env[KEY_VARIABLE], KEY_VARIABLE, "key"),
        ];
  const [first, second] = found.length > 0 ? found : inConfigFile(context);
  if (first !== undefined && second !== undefined) {
    throw new UsageError(`${first.source} and ${second.source} both name a key`, "give one of them");
  }
  return first;
}

function inConfigFile(context: Context): Place[] {
  const kinds = { account: "name", signerUrl: "url" } as const;
  return Object.entries(kinds).flatMap(([setting, kind]) => {
    const found = inFile(context, setting as keyof typeof kinds);
    return found === undefined ? [] : [{ text: found.text, source: found.source, kind }];
  });
}

function urlIn({ text, source }: Place): string {
  if (isHttpUrl(text)) return text;
  // Not repeated: it may hold a password.
  throw new UsageError(`${source}: not an http or https URL`, "such as http://127.0.0.1:8550");
}

function pathOf({ env, cwd }: Context, { keystoreDir }: SignerFlags, { text, source, kind }: Place) {
  if (kind !== "name") return resolve(cwd, text);
  if (!/^[^/\\]+$/.test(text) || text.startsWith(".")) {
    throw new UsageError(`${source}: not an account's name: ${text}`, "give a file with --keystore instead");
  }
  const folder = keystoreDir ?? env.PROVENDER_KEYSTORE_DIR;
  return folder ? resolve(cwd, folder, text) : join(env.HOME || homedir(), ".foundry", "keystores", text);
}

async function passwordFor(context: Context, { passwordFile }: SignerFlags, path: string): Promise<string> {
  const { env, cwd, askSecret } = context;
  const source = passwordFile === undefined ? "PROVENDER_PASSWORD_FILE" : "--password-file";
  const file = passwordFile ?? env.PROVENDER_PASSWORD_FILE;
  const written = file ? undefined : inFile(context, "passwordFile");
  // Editors end a file with a line break; cast takes off the same.
  if (file) return readText(resolve(cwd, file), source, "write the password to it").trimEnd();
  if (written !== undefined) {
    const place = resolve(written.folder, written.text);
    return readText(place, written.source, "write the password to it").trimEnd();
  }
  if (askSecret !== undefined) return askSecret(`Password of ${path}: `);
  throw new UsageError(
    `the password of ${path} is missing, and there is no terminal to ask on`,
    "give --password-file, or set PROVENDER_PASSWORD_FILE",
  );
}

function readText(path: string, source: string, hint: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`${source}: cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`, hint);
  }
}
