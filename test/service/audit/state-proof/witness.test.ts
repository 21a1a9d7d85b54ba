// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keccakOf } from "../../../../service/audit/hash.ts";
import {
  addressIn,
  immutablesIn,
  vaultAddress,
  vaultCreationHash,
} from "../../../../service/audit/state-proof/code.ts";
import type { Header } from "../../../../service/audit/state-proof/header.ts";
import { decodePreimages, newPreimages } from "../../../../service/audit/state-proof/preimages.ts";
import { cellOf, lengthOf, valueIn } from "../../../../service/audit/state-proof/slots.ts";
import { type Witness, witnessOf } from "../../../../service/audit/state-proof/witness.ts";
import { iProofMarketAbi, iProverRegistryAbi, iRewardDistributorAbi } from "../../../../service/chain/abi.ts";
import { connect } from "../../../../service/chain/client.ts";
import { asChainError, ChainError } from "../../../../service/chain/errors.ts";
import type { Address, Hex } from "../../../../service/core/types.ts";
import { deploySystem, ether, registerProver, type TestSystem, work } from "../../helpers/system.ts";
import { type LyingEndpoint, lyingEndpoint } from "../proxy.ts";

const lower = (address: string) => address.toLowerCase() as Address;

let test: TestSystem;
let endpoint: LyingEndpoint;
let client: PublicClient;
let trusted: { readonly hash: Hex; readonly number: bigint };
let prover: Address;

beforeAll(async () => {
  test = await deploySystem();
  endpoint = await lyingEndpoint(test.anvil.rpcUrl);
  prover = lower(test.accounts[0] as string);
  await registerProver(test, prover, ether(1_000), 1_000n);
  await work(test, prover, ether(20), 1n);
  ({ client } = await connect({ rpcUrl: endpoint.rpcUrl }));
  const { hash, number } = await test.client.getBlock();
  trusted = { hash, number };
}, 120_000);

afterAll(() => {
  endpoint?.close();
  test?.anvil.stop();
});

describe("what a block's state holds", () => {
  async function open(): Promise<[Witness, Header]> {
    const witness = witnessOf(newPreimages(), client);
    return [witness, await witness.header(trusted.hash)];
  }

  it("is what the contracts say", async () => {
    const [witness, header] = await open();
    const read = async (address: Address, ...cells: ReturnType<typeof cellOf>[]) => {
      const words = await witness.words(
        header,
        address,
        cells.map(({ slot }) => slot),
      );
      return words.map((word, i) => valueIn(word, cells[i] as (typeof cells)[number]));
    };
    const record = await client.readContract({
      address: test.registry,
      abi: iProverRegistryAbi,
      functionName: "proverRecord",
      args: [prover],
    });
    const key = { key: prover };
    const [sequence, hash] = await read(
      lower(test.registry),
      cellOf("ProverRegistry", "provers", key, "commissionSequence"),
      cellOf("ProverRegistry", "provers", key, "commissionHash"),
    );
    expect([sequence, hash]).toEqual([record.commissionSequence, BigInt(record.commissionHash)]);
    const accumulator = await client.readContract({
      address: test.market,
      abi: iProofMarketAbi,
      functionName: "fulfilmentAccumulator",
      args: [0n],
    });
    expect(
      await read(
        lower(test.market),
        cellOf("ProofMarket", "fulfilments", { key: 0n }, "hash"),
        cellOf("ProofMarket", "fulfilments", { key: 0n }, "count"),
        cellOf("ProofMarket", "fulfilments", { key: 1n }, "count"),
      ),
    ).toEqual([BigInt(accumulator.hash), accumulator.count, 0n]);
    const segment = await client.readContract({
      address: test.distributor,
      abi: iRewardDistributorAbi,
      functionName: "segment",
      args: [0n],
    });
    const first = { index: 0n, of: "dynamic" } as const;
    expect(
      await read(
        lower(test.distributor),
        lengthOf("RewardDistributor", "_segments"),
        cellOf("RewardDistributor", "_segments", first, "budget"),
        cellOf("RewardDistributor", "_segments", first, "policyHash"),
      ),
    ).toEqual([1n, segment.budget, BigInt(segment.policyHash)]);
  });

  it("has our contracts' code, and in it what never changes", async () => {
    const [witness, header] = await open();
    const codeAt = async (address: string) => witness.code(header, lower(address));
    const distributor = immutablesIn("RewardDistributor", await codeAt(test.distributor));
    expect(addressIn(distributor?.registry as Hex)).toBe(lower(test.registry));
    expect(addressIn(distributor?.market as Hex)).toBe(lower(test.market));
    const at = { address: test.distributor, abi: iRewardDistributorAbi } as const;
    for (const functionName of ["clockStart", "epochLength", "deploymentBlock"] as const) {
      expect(BigInt(distributor?.[functionName] as Hex)).toBe(
        await client.readContract({ ...at, functionName }),
      );
    }
    const registry = immutablesIn("ProverRegistry", await codeAt(test.registry));
    expect(addressIn(registry?.distributor as Hex)).toBe(lower(test.distributor));
    expect(addressIn(registry?.firstMarket as Hex)).toBe(lower(test.market));
    const market = immutablesIn("ProofMarket", await codeAt(test.market));
    expect(addressIn(market?.registry as Hex)).toBe(lower(test.registry));
    const factory = addressIn(registry?.factory as Hex);
    const factoryCode = await codeAt(factory);
    expect(immutablesIn("VaultFactory", factoryCode)).toBeDefined();
    expect(vaultCreationHash(factoryCode)).toBe(registry?.vaultCodeHash);
    const { vault } = await client.readContract({
      address: test.registry,
      abi: iProverRegistryAbi,
      functionName: "proverRecord",
      args: [prover],
    });
    expect(vaultAddress(factory, prover, registry?.vaultCodeHash as Hex)).toBe(lower(vault));
  });

  it("has no other code that passes for ours", async () => {
    const [witness, header] = await open();
    const code = await witness.code(header, lower(test.distributor));
    expect(immutablesIn("ProverRegistry", code)).toBeUndefined();
    expect(immutablesIn("RewardDistributor", code.subarray(1))).toBeUndefined();
    const { registry } = immutablesIn("RewardDistributor", code) as { registry: Hex };
    const place = Buffer.from(code).indexOf(Buffer.from(registry.slice(2), "hex"));
    for (const at of [0, 1, 100, 5_000, place, place + 31, code.length - 1]) {
      const altered = Uint8Array.from(code);
      altered[at] = (altered[at] as number) ^ 1;
      expect(immutablesIn("RewardDistributor", altered), `byte ${at}`).toBeUndefined();
    }
    expect(await witness.code(header, prover)).toEqual(new Uint8Array());
  });

  it("is the same without anybody to ask, once it was read", async () => {
    const preimages = newPreimages();
    const slots = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n];
    const reading = async (witness: Witness) => {
      const header = await witness.header(trusted.hash);
      const words = await witness.words(header, lower(test.distributor), slots);
      const code = await witness.code(header, lower(test.market));
      return { header, words, code: Buffer.from(code), above: await witness.ancestors(header, 3) };
    };
    const first = await reading(witnessOf(preimages, client));
    const offline = witnessOf(await decodePreimages(await preimages.encodeUsed()));
    expect(await reading(offline)).toEqual(first);
    await expect(offline.words(first.header, lower(test.market), [0n])).rejects.toThrow(
      "the bundle does not hold what proves",
    );
    await expect(offline.code(first.header, lower(test.registry))).rejects.toThrow(
      "the bundle does not hold",
    );
    await expect(offline.ancestors(first.header, 4)).rejects.toThrow("the bundle does not hold");
    // What is there, and is no header.
    const code = keccakOf(first.code);
    await expect(offline.header(code)).rejects.toMatchObject({
      code: "wrong-chain",
      message: `what has the hash ${code} is not a block's header`,
    });
  });

  it("leads to the blocks before it", async () => {
    const [witness, header] = await open();
    const above = await witness.ancestors(header, 5);
    for (const [i, { hash, number, timestamp }] of above.entries()) {
      expect(number).toBe(trusted.number - 1n - BigInt(i));
      expect(await test.client.getBlock({ blockNumber: number })).toMatchObject({ hash, timestamp });
    }
  });
});

describe("an endpoint that lies", () => {
  type Twist = LyingEndpoint["twist"];
  const other: Hex = `0x${"11".repeat(32)}`;
  const reading = async () => {
    const witness = witnessOf(newPreimages(), client);
    const header = await witness.header(trusted.hash);
    await witness.words(header, lower(test.distributor), [0n, 1n, 2n, 3n, 4n]);
    await witness.code(header, lower(test.distributor));
    await witness.ancestors(header, 2);
  };
  const on =
    (method: string, change: (result: never) => unknown): Twist =>
    (call, result) =>
      call.method === method ? change(result as never) : result;

  it.each<[string, Twist]>([
    ["another header", on("eth_getBlockByHash", (block: object) => ({ ...block, timestamp: "0x1" }))],
    ["another state root", on("eth_getBlockByHash", (block: object) => ({ ...block, stateRoot: other }))],
    ["no block", on("eth_getBlockByHash", () => null)],
    ["a parent that is none", on("eth_getBlockByNumber", (block: object) => ({ ...block, gasUsed: "0x7" }))],
    ["no parent", on("eth_getBlockByNumber", () => null)],
    ["code of its own", on("eth_getCode", (code: Hex) => `${code}00`)],
    ["no code", on("eth_getCode", () => null)],
    ["a proof of nothing", on("eth_getProof", () => ({}))],
    ["no proof", on("eth_getProof", () => null)],
    [
      "words in place of nodes",
      on("eth_getProof", (proof: object) => ({
        ...proof,
        accountProof: ["0x", "", 1, null, {}],
        storageProof: [{ value: "0x", proof: ["0x80", 7] }],
      })),
    ],
    [
      "an account without its last node",
      on("eth_getProof", (proof: { accountProof: Hex[] }) => ({
        ...proof,
        accountProof: proof.accountProof.slice(0, -1),
      })),
    ],
    [
      "an altered word",
      on("eth_getProof", (proof: { storageProof: { proof: Hex[] }[] }) => ({
        ...proof,
        storageProof: proof.storageProof.map((one) => ({
          ...one,
          proof: one.proof.map((node) => `${node.slice(0, -2)}00`),
        })),
      })),
    ],
  ])("proves nothing with %s", async (_, twist) => {
    endpoint.repent();
    await reading();
    endpoint.twist = twist;
    const error = await reading().then(
      () => undefined,
      (thrown: unknown) => asChainError(thrown),
    );
    expect(error).toBeInstanceOf(ChainError);
    expect((error as ChainError).message).toMatch(
      /^what was given does not prove |with (no bytes|no proof|a proof )/,
    );
    endpoint.repent();
  });

  it("says nothing by the values beside its proofs", async () => {
    endpoint.twist = on("eth_getProof", (proof: { storageProof: object[] }) => ({
      ...proof,
      codeHash: other,
      storageHash: other,
      balance: "0x0",
      storageProof: proof.storageProof.map((one) => ({ ...one, value: "0x1", key: "0x0" })),
    }));
    await reading();
    endpoint.repent();
  });
});
