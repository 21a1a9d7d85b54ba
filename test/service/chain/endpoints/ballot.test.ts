// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { type Hex, keccak256, type RpcBlock, type RpcProof } from "viem";
import { expect, test } from "vitest";
import { ballotOf } from "../../../../service/chain/endpoints/ballot.ts";
import { endpointAt } from "../../../../service/chain/endpoints/endpoint.ts";
import { isSealed } from "../../../../service/chain/header.ts";

const CALL = { method: "eth_getLogs", params: [{ fromBlock: "0x5", toBlock: "0x5" }] };
const [one, other] = [endpointAt("http://a"), endpointAt("http://b")];
const log = { address: "0xcd", topics: [], data: "0x", blockNumber: "0x5", logIndex: "0x0" };

/** What two endpoints agree on that give a log's time so. */
function agreed(...times: (string | undefined)[]): unknown {
  const ballot = ballotOf(CALL);
  for (const [i, blockTimestamp] of times.entries()) {
    ballot.add(i === 0 ? one : other, [{ ...log, ...(blockTimestamp && { blockTimestamp }) }]);
  }
  return ballot.winner(2)?.result;
}

test("a log's time, which endpoints may leave out, is theirs only if they give the same", () => {
  expect(agreed("0x65", "0x065")).toEqual([{ ...log, blockTimestamp: "0x65" }]);
  expect(agreed("0x0", "0x65")).toEqual([log]);
  expect(agreed("0x65", undefined)).toEqual([log]);
  expect(agreed(undefined, undefined)).toEqual([log]);
});

const { block, proofs } = JSON.parse(
  readFileSync(new URL("../../../fixtures/state-proofs/mainnet.json", import.meta.url), "utf8"),
) as { block: RpcBlock & { hash: Hex }; proofs: [RpcProof] };

/** What two endpoints come to that give the same call these answers. */
function agreedAnswer<Answer>(method: string, a: Answer, b: Answer): Answer | undefined {
  const ballot = ballotOf({ method, params: [] });
  ballot.add(one, a);
  ballot.add(other, b);
  return ballot.winner(2)?.result as Answer | undefined;
}

test.each(["eth_getBlockByNumber", "eth_getBlockByHash"])(
  "%s: of blocks that are given alike, but for what else their hash is of, the one is taken that hashes to it",
  (method) => {
    expect(isSealed(block, keccak256)).toBe(true);
    for (const field of ["miner", "stateRoot", "extraData", "nonce", "difficulty", "blobGasUsed"] as const) {
      const { [field]: _, ...without } = block;
      for (const spoilt of [without, { ...block, [field]: "0x12" }, { ...block, [field]: {} }]) {
        expect(agreedAnswer<object>(method, spoilt, block)).toBe(block);
        expect(agreedAnswer<object>(method, block, spoilt)).toBe(block);
      }
    }
  },
);

test("of blocks that nobody gives as they hash the first is taken, and null is what all say that know none", () => {
  const spoilt = { ...block, miner: "0x12" };
  expect(agreedAnswer<object>("eth_getBlockByNumber", spoilt, { ...block, nonce: "0x12" })).toBe(spoilt);
  expect(agreedAnswer("eth_getBlockByHash", null, null)).toBeNull();
});

test("nodes of a proof that one endpoint leaves out are taken from the other, with what else it shows", () => {
  const [recorded] = proofs;
  const proof = { ...recorded, nonce: "0x1", balance: "0x0" } as const;
  const bare = {
    ...proof,
    accountProof: proof.accountProof.slice(1),
    storageProof: proof.storageProof.map((word) => ({ ...word, proof: [] })),
  };
  const nodes = (given: RpcProof | undefined) => [
    new Set(given?.accountProof),
    ...(given?.storageProof ?? []).map((word) => new Set(word.proof)),
  ];
  expect(nodes(agreedAnswer("eth_getProof", bare, proof))).toEqual(nodes(proof));
  expect(nodes(agreedAnswer("eth_getProof", proof, bare))).toEqual(nodes(proof));
});

test("a receipt is of the contract that most say", () => {
  const hash = `0x${"ab".repeat(32)}`;
  const receipt = { transactionHash: hash, blockHash: hash, blockNumber: "0x5", status: "0x1", logs: [] };
  const made = { ...receipt, contractAddress: `0x${"cd".repeat(20)}` };
  expect(agreedAnswer<object>("eth_getTransactionReceipt", made, receipt)).toBeUndefined();
  expect(
    agreedAnswer<object>("eth_getTransactionReceipt", receipt, { ...receipt, contractAddress: null }),
  ).toBe(receipt);
});
