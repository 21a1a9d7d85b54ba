// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { concat } from "viem";
import { assemble, statementOf } from "../devzk/machine.ts";
import { verifyingKey } from "../devzk/prove.ts";

type Hex = `0x${string}`;

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
const DEVELOPMENT = [
  { name: "doubling", text: "r1 = r1 + r1 + 0" },
  { name: "squaring", text: "r1 = r1 * r1 + 1" },
  { name: "polynomial", text: "r2 = r1 * r1 + 7\nr1 = r2 + r1 + 3" },
  { name: "factorial", text: "r2 = r2 + r0 + 1\nr1 = r1 * r2 + 0" },
] as const;
const DEVELOPMENT_KEY = "development";

/** Within what the README recommends: not more than a tenth apart. */
const FAVOURED = { name: "application", multiplierBps: 11_000 };

export interface Program {
  readonly name: string;
  /** The proving system that its zk proofs are from. */
  readonly system: string;
  /** Its verifying key's name in the deploy config, and the words of that key. */
  readonly verifier: string;
  readonly words: readonly Hex[];
  /** The verifying key's version in the market. */
  readonly version: bigint;
  readonly programKey: Hex;
  readonly multiplierBps: number;
}

export interface RecordedProgram extends Program {
  readonly publicValuesDigest: Hex;
  readonly zkProof: Hex;
}

interface DevelopmentProgram extends Program {
  readonly code: bigint;
}

export interface Programs {
  readonly recorded: readonly RecordedProgram[];
  readonly development: readonly DevelopmentProgram[];
}

const multiplierOf = (name: string) => (name === FAVOURED.name ? FAVOURED.multiplierBps : 10_000);

export async function loadPrograms(): Promise<Programs> {
  const { words } = verifyingKey();
  return {
    recorded: await Promise.all(
      RECORDED.map(async ({ name, fixture, system }, index) => {
        const { verifyingKey, programKey, publicValuesDigest, proof } = JSON.parse(
          await readFile(`${RECORDED_FOLDER}/${fixture}.json`, "utf8"),
        ) as { verifyingKey: { words: Hex[] }; programKey: Hex; publicValuesDigest: Hex; proof: Hex[] };
        return {
          ...{ name, system, verifier: fixture, words: verifyingKey.words, version: BigInt(index + 1) },
          ...{ programKey, publicValuesDigest, zkProof: concat(proof), multiplierBps: multiplierOf(name) },
        };
      }),
    ),
    development: DEVELOPMENT.map(({ name, text }) => {
      const code = assemble(text);
      return {
        ...{ name, system: "development zkVM", verifier: DEVELOPMENT_KEY, words, code },
        version: BigInt(RECORDED.length + 1),
        programKey: statementOf(code, 0n).programKey,
        multiplierBps: multiplierOf(name),
      };
    }),
  };
}
