// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, rmSync } from "node:fs";
import { type Address, type Hex, numberToHex } from "viem";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { compile } from "../../../script/devzk/compile.ts";
import { assemble, FIBONACCI, statementOf } from "../../../script/devzk/machine.ts";
import { CIRCUIT, prove, proveStatement, verifyingKey } from "../../../script/devzk/prove.ts";
import { groth16VerifierAbi } from "../../abi.ts";
import { type Anvil, startAnvil } from "../helpers/anvil.ts";
import { newFolder } from "../helpers/folder.ts";
import { stopProving } from "../helpers/proving.ts";

// Proving keeps every core busy, and takes long where other work is going on.
vi.setConfig({ testTimeout: 300_000 });

const OUT = new URL("../../../out/Groth16Verifier.sol/Groth16Verifier.json", import.meta.url);

let anvil: Anvil;
let verifier: Address;

beforeAll(async () => {
  anvil = await startAnvil();
  const [account] = await anvil.client.getAddresses();
  const { bytecode } = JSON.parse(readFileSync(OUT, "utf8"));
  const hash = await anvil.client.deployContract({
    account: account as Address,
    abi: groth16VerifierAbi,
    bytecode: bytecode.object,
    args: [verifyingKey().words.map(BigInt) as never],
  });
  const { contractAddress } = await anvil.client.waitForTransactionReceipt({ hash });
  verifier = contractAddress as Address;
});

afterAll(async () => {
  anvil?.stop();
  await stopProving();
});

const verified = (programKey: Hex, publicValuesDigest: Hex, zkProof: Hex) =>
  anvil.client.readContract({
    address: verifier,
    abi: groth16VerifierAbi,
    functionName: "verify",
    args: [programKey, publicValuesDigest, zkProof],
  });
const next = (value: Hex) => numberToHex(BigInt(value) + 1n, { size: 32 });

describe("the development zkVM", () => {
  test("proves runs afresh, and the contract verifies each for its own statement alone", async () => {
    const squares = assemble("r2 = r1 * r1 + 3\nr1 = r2 + r1 + 1\nr3 = r2 * r1 + 255");
    const proofs = [
      await prove(FIBONACCI, 5n),
      await prove(FIBONACCI, 6n),
      await prove(squares, 123_456_789n),
    ];
    for (const { programKey, publicValuesDigest, zkProof } of proofs) {
      expect(await verified(programKey, publicValuesDigest, zkProof)).toBe(true);
      expect(await verified(programKey, next(publicValuesDigest), zkProof)).toBe(false);
      expect(await verified(next(programKey), publicValuesDigest, zkProof)).toBe(false);
    }
    const [one, other] = proofs as [(typeof proofs)[number], (typeof proofs)[number]];
    expect(await verified(one.programKey, one.publicValuesDigest, other.zkProof)).toBe(false);
  });

  test("does not prove what is not so", async () => {
    // The library also prints which constraint is not met.
    const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
    onTestFinished(() => print.mockRestore());
    const { programKey, publicValuesDigest } = statementOf(FIBONACCI, 5n);
    for (const [statement, input] of [
      [{ programKey, publicValuesDigest: next(publicValuesDigest) }, 5n],
      [{ programKey: next(programKey), publicValuesDigest }, 5n],
      [{ programKey, publicValuesDigest }, 6n],
    ] as const) {
      await expect(proveStatement(statement, FIBONACCI, input)).rejects.toThrow("Assert Failed");
    }
  });

  test("its key is that of the contract", async () => {
    const hash = await anvil.client.readContract({
      address: verifier,
      abi: groth16VerifierAbi,
      functionName: "verifierKeyHash",
    });
    expect(hash).toBe(verifyingKey().verifierKeyHash);
  });

  test("what is committed is what the circuit compiles to", async () => {
    const folder = newFolder();
    try {
      const { wasm } = await compile(folder);
      expect(readFileSync(wasm).equals(readFileSync(CIRCUIT))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
