// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import { isAddress, zeroAddress } from "viem";
import { lower } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import type { ObjectLocation } from "../store/objects.ts";
import { postgresUrl } from "../store/postgres-url.ts";
import { CONFIG_FILE, findConfigFile, SETTINGS, type Setting } from "./config-file.ts";
import type { Context } from "./context.ts";
import { readDeployment } from "./deployment.ts";
import { UsageError } from "./errors.ts";
import { DEFAULT_DEPLOYMENT } from "./usage/options.ts";

/** Who signs, `signing.ts` finds out. */
type OfSigning = "account" | "passwordFile" | "signerUrl" | "maxFee";
export type Flags = Partial<Record<Exclude<Setting, OfSigning>, string>>;

const DEFAULT_DATA_DIR = ".provender/data";
const DEFAULT_PORT = 8_547;

/** Where the chain is. */
export interface EndpointConfig {
  /** One URL, or several with commas between them. */
  readonly rpcUrl: string;
  /** How many of several endpoints must agree. */
  readonly agreement: number | undefined;
  /** Known from a flag, a variable, the file or the deployment record: the endpoints must serve it. */
  readonly chainId: bigint | undefined;
}

export interface Config extends StorageConfig {
  readonly distributor: Address;
  /** As the deployment record names it, if that was read. */
  readonly router?: Address | undefined;
  /** The lens, likewise. */
  readonly lens?: Address | undefined;
}

/** Where the chain is, and where what was read of it is kept. */
export interface StorageConfig extends EndpointConfig {
  readonly dataDir: string;
  /** Where artifacts are kept for several machines; with none, the data directory alone has them. */
  readonly store: ObjectLocation | undefined;
  readonly port: number;
  /** A PostgreSQL database; with none, the embedded one under the data directory is used. */
  readonly databaseUrl: string | undefined;
}

export interface Found {
  readonly text: string;
  /** For messages: the flag, the variable, or the file's field. */
  readonly source: string;
}

/**
 * Where the chain is: all that a command needs which has no distributor yet.
 * @throws UsageError, naming the setting
 */
export function loadEndpoint(context: Context, flags: Flags): EndpointConfig {
  return endpointOf(finder(context, flags));
}

/** Whether a flag, a variable or the configuration names an RPC endpoint. */
export function isEndpointSet(context: Context, flags: Flags): boolean {
  return finder(context, flags)("rpcUrl") !== undefined;
}

/**
 * All settings: of flags, variables and file the first that says something; the distributor from a deployment record if
 * none of them names it.
 * @throws UsageError if one is missing or malformed
 */
export function loadConfig(context: Context, flags: Flags): Config {
  const find = finder(context, flags);
  const rest = storageOf(context, find);
  const given = find("distributor");
  if (given !== undefined) return { ...rest, distributor: asAddress(given) };
  const named = find("deployment");
  const path = named === undefined ? resolve(find.folder, DEFAULT_DEPLOYMENT) : pathOf(named);
  const deployment = readDeployment(path);
  if (deployment === undefined) {
    if (named === undefined) throw missing("distributor", "the distributor's address");
    throw new UsageError(`${named.source}: there is no file ${path}`, "give the deployment record's path");
  }
  return {
    ...rest,
    distributor: deployment.distributor,
    router: deployment.router,
    lens: deployment.lens,
    chainId: rest.chainId ?? deployment.chainId,
  };
}

/**
 * Which network's contracts are read, and the file that says where another one's are.
 * @throws UsageError where one is missing, or does not go with the other
 */
export function networkNamed(context: Context, flags: Flags): { name: string; file: string | undefined } {
  const find = finder(context, flags);
  const network = find("network");
  const file = find("networkConfig");
  const name = network?.text ?? "provender";
  if (name !== "provender" && name !== "provernet") {
    throw new UsageError(`${network?.source}: unknown network: ${name}`, "choose provender or provernet");
  }
  if (name === "provernet" && file === undefined)
    throw missing("networkConfig", "the network's configuration");
  if (name === "provender" && file !== undefined) {
    throw new UsageError(`${file.source} is for --network provernet`, "name the network too");
  }
  return { name, file: file && pathOf(file) };
}

/**
 * All that a command needs of the configuration which reads another network.
 * @throws UsageError, naming the setting
 */
export function loadStorage(context: Context, flags: Flags): StorageConfig {
  return storageOf(context, finder(context, flags));
}

function storageOf(context: Context, find: Find): StorageConfig {
  const endpoint = endpointOf(find);
  const port = find("port");
  return {
    ...endpoint,
    ...storesOf(context, find),
    port: port === undefined ? DEFAULT_PORT : Number(asWhole(port, 65_535n)),
    databaseUrl: databaseUrlIn(context),
  };
}

/** Where artifacts are: all that a command needs which reads no chain. @throws UsageError, naming the setting */
export function loadStores(context: Context, flags: Flags): Pick<StorageConfig, "dataDir" | "store"> {
  return storesOf(context, finder(context, flags));
}

function storesOf(context: Context, find: Find): Pick<StorageConfig, "dataDir" | "store"> {
  const folder = find("dataDir");
  return {
    dataDir: folder === undefined ? resolve(find.folder, DEFAULT_DATA_DIR) : pathOf(folder),
    store: objectStoreIn(context, find("store")),
  };
}

/** An object store by its name, as in `s3://bucket/prefix`, with the variables that all its clients know. */
export function objectStoreIn(context: Context, found: Found): ObjectLocation;
export function objectStoreIn(context: Context, found: Found | undefined): ObjectLocation | undefined;
export function objectStoreIn({ env }: Context, found: Found | undefined): ObjectLocation | undefined {
  if (found === undefined) return undefined;
  const [, bucket = "", rest = ""] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/.*)?$/.exec(found.text) ?? [];
  if (bucket === "") {
    throw new UsageError(
      `${found.source}: not an object store: ${found.text}`,
      "such as s3://BUCKET/PREFIX; a folder is named with --data-dir",
    );
  }
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL;
  // Keys go behind it, and a password in it would be in messages.
  if (endpoint && (!/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(endpoint) || !URL.canParse(endpoint))) {
    throw new UsageError(
      "AWS_ENDPOINT_URL: not an http or https URL without name, password and query",
      "such as https://HOST:9000, with or without a path",
    );
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new UsageError(
      `${found.source}: nobody may use the object store`,
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
  const prefix = rest.replace(/^\/+|\/+$/g, "");
  requirePrefix(found.source, prefix);
  // A certificate for all buckets holds for names without dots.
  const byHost = `https://${bucket}.s3.${region}.amazonaws.com`;
  const byPath = `${endpoint?.replace(/\/+$/, "") || `https://s3.${region}.amazonaws.com`}/${bucket}`;
  return {
    bucketUrl: endpoint || bucket.includes(".") ? byPath : byHost,
    ...{ prefix, name: `s3://${bucket}${prefix && `/${prefix}`}`, region, accessKeyId, secretAccessKey },
    sessionToken: env.AWS_SESSION_TOKEN || undefined,
  };
}

/** Bytes of a key, and of what comes after the prefix. */
const MAX_KEY = 1_024;
const MAX_NAME = 128;

/** A URL would drop such parts, and a signature hold for another object. */
function requirePrefix(source: string, prefix: string): void {
  const fault = prefix.split("/").some((part) => part === "." || part === "..")
    ? "a part of its prefix is . or .."
    : prefix.includes("//")
      ? "its prefix has an empty part"
      : Buffer.byteLength(prefix) > MAX_KEY - MAX_NAME
        ? `its prefix is longer than ${MAX_KEY - MAX_NAME} bytes`
        : undefined;
  if (fault !== undefined) throw new UsageError(`${source}: ${fault}`, "give another prefix");
}

/** From the environment only: it holds a password, and flags and files are read by others. */
function databaseUrlIn({ env: { DATABASE_URL: url } }: Context): string | undefined {
  if (url === undefined || url === "") return undefined;
  if (postgresUrl(url) !== undefined) return url;
  // The text is not repeated, because of the password.
  throw new UsageError(
    "DATABASE_URL: not the URL of a PostgreSQL database",
    "such as postgres://USER:PASSWORD@HOST:5432/NAME; unset it for the embedded database",
  );
}

interface Placed extends Found {
  /** What a relative path is taken from. */
  readonly folder: string;
}

interface Find {
  (setting: Setting): Placed | undefined;
  /** What the paths are taken from that nothing names. */
  readonly folder: string;
}

const pathOf = ({ text, folder }: Placed): string => resolve(folder, text);

/** Where each setting comes from. Paths in the file are taken from its folder, others from where the command runs. */
function finder(context: Context, flags: Flags): Find {
  const { env, cwd } = context;
  const file = findConfigFile(context);
  const find = (setting: Setting) => {
    const { flag, variable } = SETTINGS[setting];
    const given = (flags as Partial<Record<Setting, string>>)[setting];
    if (given !== undefined) return { text: given, source: flag, folder: cwd };
    const inherited = env[variable];
    if (inherited !== undefined && inherited !== "") {
      return { text: inherited, source: variable, folder: cwd };
    }
    const written = file.settings[setting];
    return written === undefined
      ? undefined
      : { text: written, source: `${CONFIG_FILE}: ${setting}`, folder: file.folder };
  };
  return Object.assign(find, { folder: file.folder });
}

/** Every setting that has a value, and where it is from. */
export function allSettings(
  context: Context,
  flags: Flags,
): readonly (Placed & { readonly setting: Setting })[] {
  const find = finder(context, flags);
  return (Object.keys(SETTINGS) as Setting[]).flatMap((setting) => {
    const found = find(setting);
    return found === undefined ? [] : [{ ...found, setting }];
  });
}

/** What the file alone says. */
export function inFile(context: Context, setting: Setting): Placed | undefined {
  const { folder, settings } = findConfigFile(context);
  const text = settings[setting];
  return text === undefined ? undefined : { text, source: `${CONFIG_FILE}: ${setting}`, folder };
}

function endpointOf(find: Find): EndpointConfig {
  const rpc = find("rpcUrl");
  if (rpc === undefined) throw missing("rpcUrl", "an RPC endpoint");
  const chain = find("chainId");
  const agreement = find("agreement");
  const rpcUrl = asUrls(rpc);
  return {
    rpcUrl,
    agreement: agreement && asAgreement(agreement, rpcUrl.split(",").length),
    chainId: chain === undefined ? undefined : asWhole(chain),
  };
}

function asAgreement({ text, source }: Found, endpoints: number): number {
  const count = Number(text);
  if (/^[1-9]\d*$/.test(text) && count <= endpoints) return count;
  throw new UsageError(
    `${source}: not a number from 1 to ${endpoints}, as many endpoints as there are: ${text}`,
    "name as many endpoints with --rpc, or leave it out: more than half of them must agree then",
  );
}

/**
 * An address as typed by a person, in lower case from here on.
 * @throws UsageError for none, and in mixed case for a wrong checksum
 */
export function asAddress({ text, source }: Found): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new UsageError(`${source}: not an address: ${text}`, "give 0x and 40 hexadecimal digits");
  }
  const digits = text.slice(2);
  const mixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  if (mixed && !isAddress(text)) {
    throw new UsageError(
      `${source}: the checksum of ${text} is wrong`,
      "copy the address again, or write it in lower case",
    );
  }
  return lower(text);
}

export const NOBODY: Address = zeroAddress;

/** An address that is somebody's. @throws UsageError for the zero address too */
export function asSomebody({ text, source }: Found): Address {
  const address = asAddress({ text, source });
  if (address !== NOBODY) return address;
  throw new UsageError(`${source}: is the zero address`, "give the address of somebody");
}

/** @throws UsageError unless it is a whole number from 0 on that JavaScript holds exactly */
export function asEpoch(text: string): number {
  const epoch = asWhole({ text, source: "--epoch" }, BigInt(Number.MAX_SAFE_INTEGER));
  return Number(epoch);
}

export interface Epochs {
  readonly from: number;
  /** Undefined: the latest that can be judged. */
  readonly to: number | undefined;
}

/** One epoch, a range with both ends, or one without an end. @throws UsageError for anything else */
export function asEpochs(text: string): Epochs {
  const [first = "", last, ...more] = text.split("..");
  const from = asEpoch(first);
  if (last === undefined) return { from, to: from };
  const to = last === "" ? undefined : asEpoch(last);
  if (more.length > 0 || (to !== undefined && to < from)) {
    throw new UsageError(
      `--epoch: not a range of epochs: ${text}`,
      "such as 7, 3..7, or 3.. for all from 3 on",
    );
  }
  return { from, to };
}

/** A rest between two looks at the chain, in seconds. @throws UsageError unless it is from 1 to 86,400 */
export function asSeconds({ text, source }: Found): number {
  if (/^[1-9][0-9]*$/.test(text) && Number(text) <= 86_400) return Number(text);
  throw new UsageError(`${source}: not a number of seconds from 1 to 86400: ${text}`, "write it in digits");
}

/**
 * A whole number in digits, without leading zeros.
 * @throws UsageError for anything else, or if it is more than `max`
 */
export function asWhole({ text, source }: Found, max?: bigint): bigint {
  if (!/^(0|[1-9][0-9]*)$/.test(text) || (max !== undefined && BigInt(text) > max)) {
    throw new UsageError(
      `${source}: not a whole number${max === undefined ? "" : ` up to ${max}`}: ${text}`,
      "write it in digits",
    );
  }
  return BigInt(text);
}

/** Of http or https. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function asUrls({ text, source }: Found): string {
  const urls = text.split(",").map((url) => url.trim());
  if (!urls.every(isHttpUrl)) {
    // The text is not repeated: URLs of providers carry keys.
    throw new UsageError(
      `${source}: not an http or https URL`,
      "such as http://127.0.0.1:8545; several have commas between them",
    );
  }
  return urls.join(",");
}

function missing(setting: Setting, what: string): UsageError {
  const { flag, variable } = SETTINGS[setting];
  return new UsageError(
    `${what} is missing`,
    `give ${flag}, set ${variable}, or write ${setting} to ${CONFIG_FILE}`,
  );
}
