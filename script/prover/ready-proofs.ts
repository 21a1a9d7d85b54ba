// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { concat } from "viem";
import { InputError } from "../../service/core/errors.ts";
import { asArray, asHash, asObject } from "../../service/core/guard.ts";
import { statementId } from "../../service/core/ids.ts";
import type { Hex } from "../../service/core/types.ts";
import type { Backend } from "./backends.ts";

/** Zk proofs that somebody made before, one a JSON file: for proving systems that this node does not run. */
export function readyProofs(folder: string): Backend {
  const proofs = new Map<Hex, Hex>();
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    const { statement, zkProof } = readProof(join(folder, name));
    proofs.set(statement, zkProof);
  }
  return {
    async prepare({ verifierKeyHash, programKey, publicValuesDigest }) {
      const zkProof = proofs.get(statementId(verifierKeyHash, programKey, publicValuesDigest));
      return zkProof === undefined ? undefined : async () => zkProof;
    },
  };
}

function readProof(path: string): { statement: Hex; zkProof: Hex } {
  try {
    const file = asObject(JSON.parse(readFileSync(path, "utf8")), "zkProof");
    const [key, program, digest] = ["verifierKeyHash", "programKey", "publicValuesDigest"].map((field) =>
      asHash(file[field], field),
    ) as [Hex, Hex, Hex];
    const words = asArray(file.proof, "proof").map((word, i) => asHash(word, `proof[${i}]`));
    return { statement: statementId(key, program, digest), zkProof: concat(words) };
  } catch (cause) {
    throw new InputError(
      "invalid",
      path,
      (cause as Error).message,
      "give files with verifierKeyHash, programKey, publicValuesDigest and proof, a list of words",
    );
  }
}
