// SPDX-License-Identifier: AGPL-3.0-only
import type { BrowserContext } from "playwright-core";
import type { Address } from "viem";

interface Request {
  readonly method: string;
  readonly params?: readonly unknown[];
}

type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

/** What a wallet's user says no with. */
const REJECTED = { code: 4001, message: "User rejected the request." };

/**
 * A wallet as an extension announces it (EIP-6963), whose user is the test: it signs with accounts of the local chain,
 * which that keeps unlocked.
 */
export class Wallet {
  readonly #rpcUrl: string;
  account: Address;
  chainId = 31_337;
  /** Methods that its user declines. */
  readonly declines = new Set<string>();
  /** What it was asked. */
  readonly asked: string[] = [];
  /** Answers of its own. */
  readonly says = new Map<string, (params: readonly unknown[]) => unknown>();
  #isConnected = false;
  #context: BrowserContext | undefined;

  constructor(rpcUrl: string, account: Address) {
    this.#rpcUrl = rpcUrl;
    this.account = account;
  }

  async inject(context: BrowserContext): Promise<void> {
    this.#context = context;
    await context.exposeFunction("walletRequest", (request: Request) => this.#answer(request));
    await context.addInitScript(announce);
  }

  /** From now on it says which account it is. */
  connect(): void {
    this.#isConnected = true;
  }

  async useAccount(account: Address): Promise<void> {
    this.account = account;
    await this.#tell("wallet-account", [account]);
  }

  async switchTo(chainId: number): Promise<void> {
    this.chainId = chainId;
    await this.#tell("wallet-chain", `0x${chainId.toString(16)}`);
  }

  async #tell(name: string, detail: unknown): Promise<void> {
    for (const page of this.#context?.pages() ?? []) {
      await page.evaluate(
        ([event, told]) => dispatchEvent(new CustomEvent(event as string, { detail: told })),
        [name, detail],
      );
    }
  }

  async #answer({ method, params = [] }: Request): Promise<Answer> {
    this.asked.push(method);
    if (this.declines.has(method)) return { error: REJECTED };
    const own = this.says.get(method);
    if (own !== undefined) {
      try {
        return { result: await own(params) };
      } catch (cause) {
        const { code = -32_603, message } = cause as Error & { readonly code?: number };
        return { error: { code, message } };
      }
    }
    switch (method) {
      case "eth_requestAccounts":
        this.connect();
        return { result: [this.account] };
      case "eth_accounts":
        return { result: this.#isConnected ? [this.account] : [] };
      case "eth_chainId":
        return { result: `0x${this.chainId.toString(16)}` };
      case "wallet_switchEthereumChain": {
        const [{ chainId }] = params as [{ chainId: string }];
        await this.switchTo(Number(chainId));
        return { result: null };
      }
      case "wallet_requestPermissions":
        this.connect();
        return { result: [{ parentCapability: "eth_accounts" }] };
      case "wallet_revokePermissions":
        this.#isConnected = false;
        return { result: null };
      case "wallet_getCapabilities":
      case "wallet_sendCalls":
        return { error: { code: 4200, message: `the method ${method} is not supported` } };
    }
    const answer = await fetch(this.#rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return (await answer.json()) as Answer;
  }
}

/** Runs in the page. */
function announce(): void {
  type Listener = (value: unknown) => void;
  const listeners = new Map<string, Set<Listener>>();
  const page = window as never as { walletRequest: (request: Request) => Promise<Answer> };
  const provider = {
    async request(request: Request) {
      const answer = await page.walletRequest(request);
      if ("error" in answer) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
    on(event: string, listener: Listener) {
      const all = listeners.get(event) ?? new Set();
      listeners.set(event, all.add(listener));
    },
    removeListener(event: string, listener: Listener) {
      listeners.get(event)?.delete(listener);
    },
  };
  addEventListener("wallet-account", (event) => {
    for (const listener of listeners.get("accountsChanged") ?? []) listener(event.detail);
  });
  addEventListener("wallet-chain", (event) => {
    for (const listener of listeners.get("chainChanged") ?? []) listener(event.detail);
  });
  const icon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/%3E";
  const info = {
    uuid: "0d6a7a4c-6c1f-4b8a-9a6e-0b6d7f5f0001",
    name: "Test wallet",
    icon,
    rdns: "test.wallet",
  };
  const tell = () =>
    dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  addEventListener("eip6963:requestProvider", tell);
  tell();
}
