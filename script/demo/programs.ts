// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { concat } from "viem";
import type { Hex } from "../../service/core/types.ts";
import { assemble, statementOf } from "../devzk/machine.ts";
import { verifyingKey } from "../devzk/prove.ts";

/** Zk proofs that Pico and SP1 made for other networks, by the program's name and the fixture's. */
const RECORDED = [
  { name: "fibonacci", fixture: "pico-v1.0-fibonacci", system: "Pico v1.0" },
  { name: "attestation", fixture: "pico-v1.1-dcap", system: "Pico v1.1" },
  { name: "network", fixture: "pico-v1.2.2-provernet", system: "Pico v1.2.2" },
  { name: "application", fixture: "sp1-v4-vapp", system: "SP1 v4" },
] as const;
/** From the project's root; the provers' nodes hand them in. */
export const RECORDED_FOLDER = "test/fixtures/proofs";

/** Programs of the development zkVM, whose zk proofs are made on the spot. */
const DEVELOPMENT = {
  doubling: "r1 = r1 + r1 + 0",
  squaring: "r1 = r1 * r1 + 1",
  polynomial: "r2 = r1 * r1 + 7\nr1 = r2 + r1 + 3",
  factorial: "r2 = r2 + r0 + 1\nr1 = r1 * r2 + 0",
};

/** Within what the README recommends: not more than a tenth apart. */
const multiplierOf = (name: string) => (name === "application" ? 11_000 : 10_000);

export type Programs = ReturnType<typeof loadPrograms>;

/** With the proving system of their zk proofs, their verifying key's name in the deploy config, and its words. */
export function loadPrograms() {
  const recorded = RECORDED.map(({ name, fixture, system }) => {
    const { verifyingKey, programKey, publicValuesDigest, proof } = JSON.parse(
      readFileSync(`${RECORDED_FOLDER}/${fixture}.json`, "utf8"),
    ) as { verifyingKey: { words: Hex[] }; programKey: Hex; publicValuesDigest: Hex; proof: Hex[] };
    return {
      ...{ name, system, verifier: fixture, words: verifyingKey.words, multiplierBps: multiplierOf(name) },
      ...{ programKey, publicValuesDigest, zkProof: concat(proof) },
    };
  });
  const { words } = verifyingKey();
  const development = Object.entries(DEVELOPMENT).map(([name, text]) => {
    const code = assemble(text);
    const { programKey } = statementOf(code, 0n);
    const key = { verifier: "development", words, programKey, multiplierBps: multiplierOf(name) };
    return { name, system: "development zkVM", ...key, code };
  });
  return { recorded, development };
}

export function recordedNamed({ recorded }: Programs, name: string) {
  return recorded.find((program) => program.name === name) as (typeof recorded)[number];
}
