// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { asHash, asObject } from "../core/guard.ts";
import { statementId } from "../core/ids.ts";
import type { Hex } from "../core/types.ts";
import type { Backend, Job } from "./backends.ts";
import { zkProofOf } from "./proof-layouts.ts";

/**
 * Zk proofs that somebody made before, one a JSON file: for proving systems that this node does not run.
 * @throws InputError for a file that is none
 */
export function readyProofs(folder: string): Backend {
  const proofs = new Map<Hex, Hex>();
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    const { statement, zkProof } = readProof(join(folder, name));
    proofs.set(statement, zkProof);
  }
  const find = async ({ verifierKeyHash, programKey, publicValuesDigest }: Job) =>
    proofs.get(statementId(verifierKeyHash, programKey, publicValuesDigest));
  return { check: find, prove: find };
}

function readProof(path: string): { statement: Hex; zkProof: Hex } {
  try {
    const file = asObject(JSON.parse(readFileSync(path, "utf8")), "zkProof");
    const [key, program, digest] = ["verifierKeyHash", "programKey", "publicValuesDigest"].map((field) =>
      asHash(file[field], field),
    ) as [Hex, Hex, Hex];
    return { statement: statementId(key, program, digest), zkProof: zkProofOf(file.proof) };
  } catch (cause) {
    throw new InputError(
      "invalid",
      path,
      (cause as Error).message,
      "give files with verifierKeyHash, programKey, publicValuesDigest and proof, in any layout of contracts/PROVERS.md",
    );
  }
}
