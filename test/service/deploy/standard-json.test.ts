// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { readArtifact } from "../../../service/deploy/artifacts.ts";
import { readSource, standardJson } from "../../../service/deploy/standard-json.ts";
import { recompiled } from "../helpers/recompiled.ts";

it("the compiler's input of a contract gives the same bytes again", () => {
  const artifact = readArtifact("Groth16Verifier");
  expect(recompiled(standardJson(artifact, readSource), artifact)).toBe(artifact.bytecode);
});

it("a source that is not the one that was compiled is refused by its name", () => {
  const artifact = readArtifact("ProofMarket");
  const read = (name: string) => `${readSource(name)}${name.endsWith("ProofMarket.sol") ? " " : ""}`;
  expect(() => standardJson(artifact, read)).toThrow(
    /contracts\/.*ProofMarket\.sol is not what ProofMarket was compiled from/,
  );
});
