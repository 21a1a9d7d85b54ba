// SPDX-License-Identifier: AGPL-3.0-only
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { iProverRegistryAbi, iProverVaultAbi } from "../../../service/chain/abi.ts";
import { readMany } from "../../../service/chain/many.ts";
import type { Address } from "../../../service/core/types.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";
import { deploySystem, ether, registerProver, type TestSystem } from "../helpers/system.ts";

let test: TestSystem;
let provers: readonly Address[];

beforeAll(async () => {
  test = await deploySystem();
  provers = test.accounts.slice(0, 3);
  for (const prover of provers) await registerProver(test, prover, ether(200), 1_000n);
}, 60_000);

afterAll(() => test?.anvil.stop());

/** The chain, with what becomes of each call: refused where `refuse` says so. */
function through(refuse: (call: RpcCall) => Error | undefined) {
  const calls: RpcCall[] = [];
  const { client } = fakeChain(async (call) => {
    calls.push(call);
    const error = refuse(call);
    if (error !== undefined) throw error;
    return test.client.request(call as never);
  });
  return { client, calls };
}

const isGathered = ({ method, params }: RpcCall) =>
  method === "eth_call" && !("to" in ((params as [object])[0] ?? {}));

async function records(client: ReturnType<typeof through>["client"], of: readonly Address[]) {
  return readMany(client, {
    abi: iProverRegistryAbi,
    functionName: "proverRecord",
    blockNumber: await test.client.getBlockNumber(),
    calls: of.map((prover) => ({ address: test.registry, args: [prover] as const })),
  });
}

describe("many reads", () => {
  it("travel together, and come back in their order", async () => {
    const { client, calls } = through(() => undefined);
    const found = await records(client, [...provers].reverse());
    expect(found.map((record) => record?.payout)).toEqual([...provers].reverse());
    expect(calls).toHaveLength(1);
  });

  it("are as many calls as fit a contract's size", async () => {
    const { client, calls } = through(() => undefined);
    const found = await records(
      client,
      Array.from({ length: 200 }, () => provers[0] as Address),
    );
    expect(new Set(found.map((record) => record?.vault)).size).toBe(1);
    expect(found).toHaveLength(200);
    expect(calls).toHaveLength(4);
  });

  it("are undefined where a call reverts or answers something else, alone and in company", async () => {
    const { client } = through(() => undefined);
    const blockNumber = await test.client.getBlockNumber();
    const stakes = (addresses: readonly Address[]) =>
      readMany(client, {
        abi: iProverVaultAbi,
        functionName: "stakeState",
        blockNumber,
        calls: addresses.map((address) => ({ address })),
      });
    const [record] = await records(client, provers);
    const vault = record?.vault as Address;
    const nobody = provers[0] as Address;
    expect(await stakes([vault, test.token, nobody])).toEqual([expect.any(Array), undefined, undefined]);
    expect(await stakes([nobody])).toEqual([undefined]);
    expect(await stakes([test.token, nobody])).toEqual([undefined, undefined]);
  });

  it("are made one by one where the endpoint will not have them together", async () => {
    const refusal = Object.assign(new Error("max initcode size exceeded"), { code: -32_000 });
    const { client, calls } = through((call) => (isGathered(call) ? refusal : undefined));
    const found = await records(client, provers);
    expect(found.map((record) => record?.payout)).toEqual(provers);
    expect(calls).toHaveLength(1 + provers.length);
  });

  it("fail where the endpoint refuses them one by one too, rather than being taken for reverts", async () => {
    const refusal = Object.assign(new Error("missing trie node"), { code: -32_000 });
    const { client } = through(({ method }) => (method === "eth_call" ? refusal : undefined));
    await expect(records(client, provers)).rejects.toThrow("missing trie node");
    await expect(records(client, provers.slice(1, 2))).rejects.toThrow("missing trie node");
  });
});
