// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Hex, hexToBigInt, hexToNumber } from "viem";
import { privateKeyToAccount } from "viem/accounts";

type Kind = "clef" | "web3signer";

export interface SignerDouble {
  readonly url: string;
  readonly asked: { readonly method: string; readonly params: readonly unknown[] }[];
  /** What it does instead of signing: refuses, or signs something else. */
  behave: (transaction: Transaction) => Transaction | string | { readonly raw: string };
  readonly stop: () => void;
}

type Transaction = Readonly<Record<string, string>>;

/** The methods that each documents, and no other. */
const METHODS = {
  clef: ["account_list", "account_signTransaction", "account_signTypedData"],
  web3signer: ["eth_accounts", "eth_signTransaction", "eth_signTypedData"],
} as const;

/** Field of a transaction, by their documents' names: lower-case hexadecimal, quantities without leading zeros. */
const QUANTITY = /^0x(0|[1-9a-f][0-9a-f]*)$/;
const FORMS: Readonly<Record<string, RegExp>> = {
  from: /^0x[0-9a-fA-F]{40}$/,
  to: /^0x[0-9a-fA-F]{40}$/,
  data: /^0x([0-9a-f]{2})*$/,
  gas: QUANTITY,
  maxFeePerGas: QUANTITY,
  maxPriorityFeePerGas: QUANTITY,
  value: QUANTITY,
  nonce: QUANTITY,
  chainId: QUANTITY,
};
const REQUIRED = ["from", "gas", "maxFeePerGas", "maxPriorityFeePerGas", "value", "nonce"];

/**
 * A strict double of a signer's documented JSON-RPC calls: it takes exactly those methods and fields, in their forms,
 * for its keys and its own chain, and answers as its original does.
 */
export async function signerDouble(
  kind: Kind,
  keys: readonly Hex[],
  chainId = 31_337,
): Promise<SignerDouble> {
  const accounts = keys.map((key) => privateKeyToAccount(key));
  const [list, signTransaction, signTyped] = METHODS[kind];
  const accountOf = (address: unknown) => {
    const found = accounts.find((item) => item.address.toLowerCase() === String(address).toLowerCase());
    if (found === undefined) throw { code: -32_000, message: "unknown account" };
    return found;
  };
  const asked: { method: string; params: readonly unknown[] }[] = [];
  const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    asked.push({ method, params });
    if (method === list && params.length === 0) return accounts.map(({ address }) => address.toLowerCase());
    if (method === signTransaction && params.length === 1) return sign(params[0] as Transaction);
    if (method === signTyped && params.length === 2) {
      const data = params[1] as Parameters<(typeof accounts)[number]["signTypedData"]>[0];
      const isWhole = ["types", "primaryType", "domain", "message"].every((name) => name in data);
      if (!isWhole || !("EIP712Domain" in data.types)) throw { code: -32_602, message: "invalid typed data" };
      return accountOf(params[0]).signTypedData(data);
    }
    throw { code: -32_601, message: `the method ${method} does not exist/is not available` };
  };
  const sign = async (given: Transaction) => {
    for (const [name, value] of Object.entries(given)) {
      if (!FORMS[name]?.test(value))
        throw { code: -32_602, message: `invalid argument 0: ${name}: ${value}` };
    }
    for (const name of REQUIRED) {
      if (!(name in given)) throw { code: -32_602, message: `missing required field '${name}'` };
    }
    const outcome = double.behave(given);
    if (typeof outcome === "string") throw { code: -32_000, message: outcome };
    if ("raw" in outcome) return outcome;
    const { from, to, data, gas, maxFeePerGas, maxPriorityFeePerGas, value, nonce } = outcome as Record<
      string,
      Hex
    >;
    const raw = await accountOf(from).signTransaction({
      ...{ type: "eip1559", chainId: outcome.chainId === undefined ? chainId : Number(outcome.chainId) },
      ...{ to: to ?? null, data: data ?? "0x" },
      ...{ gas: hexToBigInt(gas ?? "0x0"), value: hexToBigInt(value ?? "0x0") },
      ...{ maxFeePerGas: hexToBigInt(maxFeePerGas ?? "0x0"), nonce: hexToNumber(nonce ?? "0x0") },
      maxPriorityFeePerGas: hexToBigInt(maxPriorityFeePerGas ?? "0x0"),
    });
    // clef says what it signed beside the bytes.
    return kind === "clef" ? { raw, tx: { type: "0x2", nonce } } : raw;
  };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const { id, method, params, jsonrpc } = JSON.parse(text);
    const isRpc = jsonrpc === "2.0" && request.headers["content-type"] === "application/json";
    const reply = isRpc
      ? await answer(method, params).then(
          (result) => ({ result }),
          (error) => ({ error }),
        )
      : { error: { code: -32_600, message: "invalid request" } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...reply }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const double: SignerDouble = {
    url: `http://127.0.0.1:${port}`,
    asked,
    behave: (transaction) => transaction,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return double;
}
