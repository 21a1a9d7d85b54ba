// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Address,
  type BaseError,
  type Client,
  createClient,
  defineChain,
  erc20Abi,
  getAddress,
  http,
} from "viem";
import { getChainId, getCode, readContract } from "viem/actions";
import { iRewardDistributorAbi } from "../chain/abi.ts";
import { type Network, PATIENCE } from "./network.ts";
import { type Settings, SettingsError } from "./settings.ts";

const BATCH = 10;

/** A client without actions, which are imported one by one: with all of them the page would be a fifth larger. */
export function clientOf(rpc: string, chainId: number): Client {
  return createClient({
    chain: chainOf(chainId, rpc),
    transport: http(rpc, { batch: { batchSize: BATCH, wait: 5 }, retryCount: 2, timeout: 12_000 }),
    pollingInterval: 1_000,
  });
}

/** What viem needs to know of a chain, by its id; without an endpoint where only the wallet has one. */
export function chainOf(id: number, rpc: string | undefined) {
  const name = id === 1 ? "Ethereum" : id === 31_337 ? "the local chain" : `chain ${id}`;
  return defineChain({
    id,
    name,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: rpc === undefined ? [] : [rpc] } },
  });
}

/** The deployment as its distributor names it. @throws SettingsError, or whatever the endpoint said */
export async function findOnChain(settings: Settings, rpc: string, distributor: Address): Promise<Network> {
  const anonymous = createClient({ transport: http(rpc, { retryCount: 1, timeout: PATIENCE }) });
  const chainId = await getChainId(anonymous);
  const client = clientOf(rpc, chainId);
  const code = await getCode(client, { address: distributor });
  if (code === undefined) {
    throw new SettingsError(
      `distributor: there is no contract at ${getAddress(distributor)} on chain ${chainId}`,
    );
  }
  const contracts = await readContracts(client, distributor);
  const { lens, router } = settings;
  return { ...contracts, chainId, distributor, lens, router, api: undefined, rpc, settings };
}

/** Whether an endpoint did not answer a call at all, rather than refuse it, or answer with something else. */
export function isUnanswered(error: BaseError): boolean {
  const isSo = (cause: unknown) => {
    // Of none at all: no connection.
    const { name, status = 500 } = cause as Error & { readonly status?: number };
    return name === "TimeoutError" || status === 429 || (name === "HttpRequestError" && status >= 500);
  };
  return error.walk(isSo) !== null;
}

/** Everything that the distributor names. @throws SettingsError if it is none */
async function readContracts(client: Client, distributor: Address) {
  const read = (functionName: "registry" | "market" | "token") =>
    readContract(client, { address: distributor, abi: iRewardDistributorAbi, functionName });
  try {
    const [registry, market, token] = await Promise.all([read("registry"), read("market"), read("token")]);
    const symbol = await readContract(client, { address: token, abi: erc20Abi, functionName: "symbol" });
    return { registry, market, token, symbol };
  } catch (cause) {
    if (isUnanswered(cause as BaseError)) throw cause;
    const message = `distributor: the contract at ${getAddress(distributor)} is not a Provender distributor`;
    throw new SettingsError(message, { cause });
  }
}
