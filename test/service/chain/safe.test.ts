// SPDX-License-Identifier: AGPL-3.0-only
import { encodeFunctionData, parseAbi } from "viem";
import { describe, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { checksumOf, safeBatch } from "../../../service/chain/safe.ts";
import { importSafeBatch } from "../helpers/safe.ts";

/** Exported by Safe's own Transaction Builder for a multisig of Balancer's, in March 2024. */
const EXPORTED = {
  version: "1.0",
  chainId: "1",
  createdAt: 1709110577454,
  meta: {
    name: "Transactions Batch",
    description: "",
    txBuilderVersion: "1.16.3",
    createdFromSafeAddress: "0x10A19e7eE7d7F8a52822f6817de8ea18204F2e4f",
    createdFromOwnerAddress: "",
    checksum: "0xca94d855b2db96ef3d9e7c14d53801d78ed4712b84273141d1b20ae38fd2f59e",
  },
  transactions: [
    {
      to: "0x3Fa73f1E5d8A792C80F426fc8F84FBF7Ce9bBCAC",
      value: "0",
      data: null,
      contractMethod: {
        inputs: [{ name: "_relock", type: "bool", internalType: "bool" }],
        name: "processExpiredLocks",
        payable: false,
      },
      contractInputsValues: { _relock: "true" },
    },
    {
      to: "0xFd72170339AC6d7bdda09D1eACA346B21a30D422",
      value: "0",
      data: null,
      contractMethod: {
        inputs: [{ name: "_lock", type: "bool", internalType: "bool" }],
        name: "claim",
        payable: false,
      },
      contractInputsValues: { _lock: "true" },
    },
  ],
};

describe("the checksum", () => {
  test("is what Safe's own Transaction Builder wrote, whatever the order of keys and the name", () => {
    const { checksum } = EXPORTED.meta;
    expect(checksumOf(EXPORTED)).toBe(checksum);
    const turned = Object.fromEntries(Object.entries(EXPORTED).reverse()) as typeof EXPORTED;
    expect(checksumOf({ ...turned, meta: { ...EXPORTED.meta, name: "another" } } as never)).toBe(checksum);
  });

  test("changes with every argument", () => {
    const [first, second] = EXPORTED.transactions as [object, object];
    const altered = { ...second, contractInputsValues: { _lock: "false" } };
    for (const transactions of [[first, altered], [second, first], [first]]) {
      expect(checksumOf({ ...EXPORTED, transactions } as never)).not.toBe(EXPORTED.meta.checksum);
    }
  });
});

describe("a batch for a Safe", () => {
  const distributor = `0x${"dd".repeat(20)}` as const;
  const safe = `0x${"5a".repeat(20)}` as const;
  const root = `0x${"01".repeat(32)}` as const;
  const args = [7n, root, 2n ** 95n, `0x${"02".repeat(32)}`, 123n, `0x${"03".repeat(32)}`] as const;
  const call = { address: distributor, abi: iRewardDistributorAbi, functionName: "postRoot", args } as const;
  const batch = safeBatch({
    ...{ chainId: 1n, safe, name: "a post", description: "", createdAt: 1_700_000_000_000 },
    calls: [call],
  });

  test("shows every argument by its name, as text", () => {
    expect(batch.transactions[0]?.contractInputsValues).toEqual({
      epoch: "7",
      root,
      cumulativeTotal: String(2n ** 95n),
      datasetHash: args[3],
      snapshotBlock: "123",
      snapshotHash: args[5],
    });
    expect(batch).toMatchObject({
      chainId: "1",
      meta: { createdFromSafeAddress: expect.stringMatching(/^0x5[aA]/) },
    });
    expect(batch.meta.checksum).toBe(checksumOf(batch));
  });

  test("is imported as the call that it was made from", () => {
    const [imported] = importSafeBatch(JSON.stringify(batch));
    expect(imported).toEqual({
      to: expect.stringMatching(new RegExp(distributor, "i")),
      value: 0n,
      data: encodeFunctionData(call),
    });
  });

  test("names the method among several of one name by its arguments", () => {
    const abi = parseAbi(["function set(uint256 value)", "function set(address who, uint256 value) payable"]);
    const overloaded = { address: distributor, abi, functionName: "set", args: [safe, 1n] } as const;
    const [transaction] = safeBatch({
      ...{ chainId: 1n, safe, name: "", description: "", createdAt: 0 },
      calls: [overloaded],
    }).transactions;
    expect(transaction).toMatchObject({
      contractMethod: { name: "set", payable: true },
      contractInputsValues: { who: safe, value: "1" },
    });
  });
});
