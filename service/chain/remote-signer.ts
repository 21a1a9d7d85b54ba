// SPDX-License-Identifier: AGPL-3.0-only
import {
  getAddress,
  getTypesForEIP712Domain,
  type Hex,
  type LocalAccount,
  numberToHex,
  parseTransaction,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  serializeTypedData,
  type TransactionSerializable,
  type TypedDataDefinition,
} from "viem";
import { toAccount } from "viem/accounts";
import type { Address } from "../core/types.ts";
import { authorized } from "./authorization.ts";
import { withoutSecrets } from "./endpoints/without-secrets.ts";
import { ChainError } from "./errors.ts";
import { lower } from "./system.ts";

/** A program that keeps keys and signs over JSON-RPC: clef, Web3Signer, and their kind. */
export interface RemoteSigner {
  readonly url: string;
  /** The flag or variable, for messages. */
  readonly source: string;
}

/** What it calls its methods: as nodes and Web3Signer do, or as clef does. */
const DIALECTS = {
  nodes: {
    accounts: "eth_accounts",
    transaction: ["eth_signTransaction"],
    typed: ["eth_signTypedData", "eth_signTypedData_v4"],
  },
  clef: {
    accounts: "account_list",
    transaction: ["account_signTransaction"],
    typed: ["account_signTypedData"],
  },
} as const;
type Dialect = (typeof DIALECTS)[keyof typeof DIALECTS];

/** A person may have to say yes. */
const PATIENCE = 300_000;
const METHOD_NOT_FOUND = -32_601;
/** In the words of those that give another code for it; anvil's are the last. */
const UNKNOWN = /method.*(not found|not available|not exist|not supported)|^not implemented$/i;

/**
 * The account of a signer: `from`, or the only one that it has. What it signs is checked to be what was asked for, by
 * that account: it is asked to sign, not believed.
 * @throws ChainError if it does not answer, or has no such account
 */
export async function remoteAccount(signer: RemoteSigner, from: Address | undefined): Promise<LocalAccount> {
  const { dialect, accounts } = await openSignerAt(signer);
  const address = accountAmong(signer, accounts, from === undefined ? undefined : lower(from));
  return toAccount({
    address,
    signTransaction: (transaction) => signTransaction(signer, dialect, address, transaction),
    signTypedData: (data) => signTyped(signer, dialect, address, data as TypedDataDefinition),
    signMessage: () => {
      throw new Error("nothing here signs messages");
    },
  });
}

async function openSignerAt(signer: RemoteSigner): Promise<{ dialect: Dialect; accounts: Address[] }> {
  for (const dialect of Object.values(DIALECTS)) {
    const answer = await ask(signer, [dialect.accounts], []);
    if (answer === undefined) continue;
    const isList = Array.isArray(answer) && answer.every((item) => /^0x[0-9a-fA-F]{40}$/.test(item));
    if (!isList) throw broken(signer, `${dialect.accounts} gave no list of addresses`);
    return { dialect, accounts: answer.map(lower) };
  }
  throw broken(signer, "it has neither eth_accounts nor account_list");
}

function accountAmong(
  signer: RemoteSigner,
  accounts: readonly Address[],
  from: Address | undefined,
): Address {
  const { source } = signer;
  const host = hostOf(signer);
  const [only, second] = accounts;
  if (from === undefined) {
    if (only !== undefined && second === undefined) return only;
    throw new ChainError(
      "no-signer",
      `${source}: the signer at ${host} has ${accounts.length} accounts`,
      accounts.length === 0 ? "give it a key" : "name one with --from",
    );
  }
  if (accounts.includes(from)) return from;
  throw new ChainError(
    "no-signer",
    `${source}: the signer at ${host} has no account ${getAddress(from)}`,
    "give it that key, or name another account with --from",
  );
}

async function signTransaction(
  signer: RemoteSigner,
  { transaction: methods }: Dialect,
  from: Address,
  transaction: TransactionSerializable,
): Promise<Hex> {
  const { to, data, value = 0n, nonce = 0, gas, maxFeePerGas, maxPriorityFeePerGas, chainId } = transaction;
  const quantity = (number: bigint | number | undefined) =>
    number === undefined ? undefined : numberToHex(number);
  const wanted = {
    from,
    to: to ?? undefined,
    gas: quantity(gas),
    maxFeePerGas: quantity(maxFeePerGas),
    maxPriorityFeePerGas: quantity(maxPriorityFeePerGas),
    value: quantity(value),
    nonce: quantity(nonce),
    data,
    chainId: quantity(chainId),
  };
  const answer = await ask(signer, methods, [wanted]);
  if (answer === undefined) throw broken(signer, `it has no ${methods[0]}`);
  // The transaction's bytes, or an object that has them beside its fields.
  const isObject = typeof answer === "object" && answer !== null && "raw" in answer;
  const raw = isObject ? answer.raw : answer;
  if (typeof raw !== "string" || !/^0x02[0-9a-fA-F]+$/.test(raw)) {
    throw broken(signer, `${methods[0]} gave no signed transaction of type 2`);
  }
  await requireSame(signer, raw.toLowerCase() as `0x02${string}`, { ...transaction, value, nonce }, from);
  return raw.toLowerCase() as Hex;
}

/** A signer that is set up for another chain, or changes fees, has signed something else. */
async function requireSame(
  signer: RemoteSigner,
  raw: `0x02${string}`,
  wanted: TransactionSerializable,
  from: Address,
): Promise<void> {
  let signed: TransactionSerializable;
  let by: string;
  try {
    signed = parseTransaction(raw);
    by = await recoverTransactionAddress({ serializedTransaction: raw });
  } catch {
    throw broken(signer, "what it signed is no transaction");
  }
  const fields = ["chainId", "nonce", "to", "value", "data", "gas", "maxFeePerGas", "maxPriorityFeePerGas"];
  for (const field of fields as (keyof TransactionSerializable)[]) {
    const [is, should] = [signed[field], wanted[field]].map(plain);
    if (is !== should) throw broken(signer, `it signed another transaction: its ${field} is ${is}`);
  }
  if ((signed.accessList ?? []).length > 0) throw broken(signer, "it added an access list");
  if (lower(by) !== from) throw broken(signer, `it signed as ${by}`);
}

/** What is left out is nothing, or zero. */
function plain(value: unknown): string {
  if (value === undefined || value === null || value === "0x") return "0";
  return String(value).toLowerCase();
}

async function signTyped(
  signer: RemoteSigner,
  { typed: methods }: Dialect,
  address: Address,
  data: TypedDataDefinition,
): Promise<Hex> {
  // Signers want the domain's type spelled out.
  const types = { EIP712Domain: getTypesForEIP712Domain({ domain: data.domain }), ...data.types };
  const whole = JSON.parse(serializeTypedData({ ...data, types } as TypedDataDefinition));
  const answer = await ask(signer, methods, [address, whole]);
  if (answer === undefined) throw broken(signer, `it has no ${methods[0]}`);
  if (typeof answer !== "string" || !/^0x[0-9a-fA-F]{130}$/.test(answer)) {
    throw broken(signer, `${methods[0]} gave no signature`);
  }
  const signature = answer.toLowerCase() as Hex;
  const by = await recoverTypedDataAddress({ ...data, signature }).catch(() => "nobody");
  if (lower(by) !== address) throw broken(signer, `the signature is not of ${getAddress(address)}`);
  return signature;
}

/** The first method that it knows; undefined if it knows none. */
async function ask(
  signer: RemoteSigner,
  methods: readonly string[],
  params: readonly unknown[],
): Promise<unknown> {
  for (const method of methods) {
    const { result, error } = await post(signer, { jsonrpc: "2.0", id: 1, method, params });
    if (error === undefined) return result;
    if (error.code === METHOD_NOT_FOUND || UNKNOWN.test(error.message)) continue;
    throw new ChainError(
      "refused",
      `the signer at ${hostOf(signer)} refused ${method}: ${said(signer, error.message)}`,
      "nothing was sent; see what it says itself",
    );
  }
  return undefined;
}

/** Its first line, without what may be secret of the URL. */
const said = ({ url }: RemoteSigner, message: string): string =>
  withoutSecrets(message.split("\n", 1)[0] ?? "", url);

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

async function post(signer: RemoteSigner, body: object): Promise<Answer> {
  const { url, headers: who } = authorized(signer.url);
  const headers = { "content-type": "application/json", ...who };
  let text: string;
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
    text = await response.text();
    // A method's error may come with a status of its own.
    if (!response.ok && !text.trimStart().startsWith("{")) {
      throw new Error(`HTTP ${response.status}`);
    }
  } catch (cause) {
    // Its cause names the URL, which may hold a password.
    const { name, message, cause: reason } = cause as Error & { cause?: { code?: string } };
    const why = name === "TimeoutError" ? "no answer" : (reason?.code ?? message);
    throw new ChainError(
      "unreachable",
      `${signer.source}: the signer at ${hostOf(signer)} cannot be asked: ${why}`,
      "start it, or give another URL",
    );
  }
  try {
    const { result, error } = JSON.parse(text) as Answer;
    if (error === undefined || error === null) return { result };
    return { error: { code: Number(error.code), message: String(error.message) } };
  } catch {
    throw broken(signer, "its answer is no JSON-RPC");
  }
}

const hostOf = ({ url }: RemoteSigner): string => new URL(url).host;

function broken(signer: RemoteSigner, what: string): ChainError {
  return new ChainError(
    "no-signer",
    `${signer.source}: the signer at ${hostOf(signer)} cannot be used: ${what}`,
    "nothing was sent; see that it is set up for this chain and account",
  );
}
