// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { concat } from "viem";
import type { Hex } from "../../service/core/types.ts";
import { assemble, statementOf } from "../devzk/machine.ts";
import { verifyingKey } from "../devzk/prove.ts";
import { runUri } from "../devzk/run.ts";

/** What a zk proof costs each prover that makes such ones, in tokens. */
type Costs = Readonly<Record<string, string>>;

/** Zk proofs that Pico and SP1 made for other networks: the program's name, the fixture's, and the proving system. */
const RECORDED: readonly (readonly [name: string, fixture: string, system: string, Costs])[] = [
  ["fibonacci", "pico-v1.0-fibonacci", "Pico v1.0", { Ada: "300", Ben: "400", Cleo: "450", Eve: "100" }],
  ["attestation", "pico-v1.1-dcap", "Pico v1.1", { Ada: "350", Ben: "250" }],
  ["network", "pico-v1.2.2-provernet", "Pico v1.2.2", { Ben: "200", Cleo: "300", Dan: "100" }],
  ["application", "sp1-v4-vapp", "SP1 v4", { Cleo: "280" }],
];
/** From the project's root; the provers' nodes hand them in. */
export const RECORDED_FOLDER = "test/fixtures/proofs";

/** Programs of the development zkVM, whose zk proofs are made on the spot. */
const DEVELOPMENT: readonly (readonly [name: string, text: string, Costs])[] = [
  ["doubling", "r1 = r1 + r1 + 0", { Ada: "2", Ben: "3", Cleo: "4", Eve: "5" }],
  ["squaring", "r1 = r1 * r1 + 1", { Ada: "5", Ben: "2", Cleo: "3", Eve: "4" }],
  ["polynomial", "r2 = r1 * r1 + 7\nr1 = r2 + r1 + 3", { Ada: "4", Ben: "5", Cleo: "2", Eve: "3" }],
  ["factorial", "r2 = r2 + r0 + 1\nr1 = r1 * r2 + 0", { Ada: "3", Ben: "4", Cleo: "5", Eve: "2" }],
];

/** Within what the README recommends: not more than a tenth apart. */
const multiplierOf = (name: string) => (name === "application" ? 11_000 : 10_000);

/** Of each program of the development zkVM. */
export const RUNS = 4;

/** The digest of what is to be proven, and where the input is. */
type Run = readonly [digest: Hex, inputUri: string];

export type Programs = ReturnType<typeof loadPrograms>;

/** With the proving system of their zk proofs, their verifying key's name in the deploy config, and its words. */
export function loadPrograms() {
  const recorded = RECORDED.map(([name, fixture, system, costs]) => {
    const { verifyingKey, programKey, publicValuesDigest, proof } = JSON.parse(
      readFileSync(`${RECORDED_FOLDER}/${fixture}.json`, "utf8"),
    ) as { verifyingKey: { words: Hex[] }; programKey: Hex; publicValuesDigest: Hex; proof: Hex[] };
    // Whoever hands in a zk proof that is ready needs no input.
    const runs: Run[] = [[publicValuesDigest, `https://example.org/inputs/${fixture}`]];
    return {
      ...{ name, system, verifier: fixture, words: verifyingKey.words, multiplierBps: multiplierOf(name) },
      ...{ programKey, runs, zkProof: concat(proof), costs },
    };
  });
  const { words } = verifyingKey();
  const development = DEVELOPMENT.map(([name, text, costs]) => {
    const code = assemble(text);
    const { programKey } = statementOf(code, 0n);
    const runs = Array.from({ length: RUNS }, (_, i): Run => {
      const run = { program: code, input: BigInt(i + 1) };
      return [statementOf(code, run.input).publicValuesDigest, runUri(run)];
    });
    const key = { verifier: "development", words, programKey, multiplierBps: multiplierOf(name) };
    return { name, system: "development zkVM", ...key, code, runs, costs };
  });
  return { recorded, development };
}

export function programNamed({ recorded, development }: Programs, name: string) {
  const all = [...recorded, ...development];
  return all.find((program) => program.name === name) as (typeof all)[number];
}
