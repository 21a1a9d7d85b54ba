// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Hex } from "viem";
import { zkProofOf } from "../../service/prover/proof-layouts.ts";
import { type Statement, statementOf } from "./machine.ts";

const path = (name: string) => fileURLToPath(new URL(`artifacts/${name}`, import.meta.url));

export const CIRCUIT = path("circuit.wasm");
export const PROVING_KEY = path("circuit.zkey");
export const VERIFYING_KEY = path("verifying-key.json");

/** The verifying key, as the deploy config and the verifier want it. */
export function verifyingKey(): { readonly words: readonly Hex[]; readonly verifierKeyHash: Hex } {
  return JSON.parse(readFileSync(VERIFYING_KEY, "utf8"));
}

/** A run of the machine, proven in zero knowledge: about half a second. */
export async function prove(program: bigint, input: bigint): Promise<Statement & { readonly zkProof: Hex }> {
  const statement = statementOf(program, input);
  return { ...statement, zkProof: await proveStatement(statement, program, input) };
}

/** Fails if the run does not give the statement: no witness satisfies the circuit. */
export async function proveStatement(
  { programKey, publicValuesDigest }: Statement,
  program: bigint,
  input: bigint,
): Promise<Hex> {
  const signals = {
    programKey: String(BigInt(programKey)),
    publicValuesDigest: String(BigInt(publicValuesDigest)),
    program: String(program),
    x: String(input),
  };
  // Loaded by those who prove: it takes longer than everything else.
  const { groth16 } = await import("snarkjs");
  const { proof } = await groth16.fullProve(signals, CIRCUIT, PROVING_KEY);
  return zkProofOf(proof);
}
