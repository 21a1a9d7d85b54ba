// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, createPublicClient, custom, erc20Abi, erc4626Abi, type PublicClient } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { iProverRegistryAbi } from "../../../service/chain/abi.ts";
import { simulateAll } from "../../../service/chain/simulate-all.ts";
import { deploySystem, ether, registerProver, type TestSystem } from "../helpers/system.ts";

let network: TestSystem;
let client: PublicClient;
let ada: Address;
let vault: Address;

beforeAll(async () => {
  network = await deploySystem();
  client = network.client as never;
  [ada] = network.accounts as [Address];
  await registerProver(network, ada, ether(1_000), 1_000n);
  const registry = { address: network.registry, abi: iProverRegistryAbi } as const;
  vault = await client.readContract({ ...registry, functionName: "vaultOf", args: [ada] });
}, 60_000);

afterAll(() => network?.anvil.stop());

const approve = (spender: Address, amount: bigint) =>
  ({ address: network.token, abi: erc20Abi, functionName: "approve", args: [spender, amount] }) as const;
const deposit = (amount: bigint) =>
  ({ address: vault, abi: erc4626Abi, functionName: "deposit", args: [amount, network.requester] }) as const;
const register = (commissionBps: bigint) =>
  ({
    ...{ address: network.registry, abi: iProverRegistryAbi, functionName: "register" },
    args: [ether(1_000), commissionBps, network.requester],
  }) as const;

test("each call is made on top of those before it, and nothing is changed", async () => {
  expect(await simulateAll(client, network.requester, [approve(vault, ether(5)), deposit(ether(5))])).toBe(2);
  const allowance = { functionName: "allowance", args: [network.requester, vault] } as const;
  expect(await client.readContract({ address: network.token, abi: erc20Abi, ...allowance })).toBe(0n);
  await expect(simulateAll(client, network.requester, [deposit(ether(5))])).rejects.toThrow("reverted");
});

test("what the contract refuses of the second call is told by its name", async () => {
  const calls = [approve(network.registry, ether(1_000)), register(20_000n)];
  await expect(simulateAll(client, network.requester, calls)).rejects.toThrow("CommissionTooHigh()");
  await expect(
    simulateAll(client, network.requester, [approve(vault, ether(4)), deposit(ether(5))]),
  ).rejects.toThrow("reverted");
});

test("an endpoint that takes no state override is told from one that agrees", async () => {
  const request = ({ method, params }: { method: string; params?: unknown }) =>
    client.request({ method, params: method === "eth_call" ? (params as []).slice(0, 2) : params } as never);
  const plain = createPublicClient({ chain: client.chain, transport: custom({ request }) });
  expect(await simulateAll(plain, network.requester, [approve(vault, 1n), deposit(2n)])).toBe(1);
  const refusing = createPublicClient({
    transport: custom({
      async request({ method, params }) {
        if (method === "eth_call" && (params as []).length > 2) {
          throw Object.assign(new Error("too many arguments, want at most 2"), { code: -32602 });
        }
        return client.request({ method, params } as never);
      },
    }),
  });
  expect(await simulateAll(refusing, network.requester, [approve(vault, 1n), deposit(2n)])).toBe(1);
});
