// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Abi, Hex } from "viem";

/** A compiled contract. */
export interface Artifact {
  readonly contractName: string;
  /** As the compiler was given it, such as contracts/ProofMarket.sol. */
  readonly sourceName: string;
  readonly abi: Abi;
  /** Its creation code, without arguments. */
  readonly bytecode: Hex;
  /** Bytes that are kept on chain. */
  readonly deployedSize: number;
  /** What the compiler was given, but for the contents of its sources: keccak256 of each, by name. */
  readonly input: {
    readonly language: string;
    readonly sources: Readonly<Record<string, Hex>>;
    readonly settings: Readonly<Record<string, unknown>>;
  };
}

export type ReadArtifact = (name: string) => Artifact;

/** What is deployed, and what that creates. */
export const DEPLOYABLE = [
  "DevToken",
  "TimelockController",
  "Groth16Verifier",
  "ProverRegistry",
  "VaultFactory",
  "ProverVault",
  "ProofMarket",
  "RewardDistributor",
  "ProvenderLens",
  "DepositRouter",
  "ProverNetAdapter",
] as const;

/** An artifact of what forge wrote of a contract. */
export function artifactOf(contractName: string, forgeOutput: string): Artifact {
  const { abi, bytecode, deployedBytecode, rawMetadata } = JSON.parse(forgeOutput);
  const { language, sources, settings } = JSON.parse(rawMetadata);
  const { compilationTarget, ...rest } = settings;
  const [sourceName = ""] = Object.keys(compilationTarget);
  const hashes = Object.entries<{ keccak256: Hex }>(sources).map(([name, { keccak256 }]) => [
    name,
    keccak256,
  ]);
  return {
    ...{ contractName, sourceName, abi, bytecode: bytecode.object },
    deployedSize: (deployedBytecode.object.length - 2) / 2,
    input: { language, sources: Object.fromEntries(hashes), settings: rest },
  };
}

/** Beside this program in the package. In a clone there are none: forge's output stands for them. */
const PACKAGED = new URL("../contracts/", import.meta.url);
const COMPILED = new URL("../../out/", import.meta.url);

/** Whether this is the package, which brings the compiled contracts along; a clone compiles them. */
export function isPackaged(): boolean {
  return existsSync(PACKAGED);
}

/** @throws where the contracts are not compiled */
export function readArtifact(name: string): Artifact {
  const read = (path: string, base: URL) => readFileSync(fileURLToPath(new URL(path, base)), "utf8");
  if (isPackaged()) return JSON.parse(read(`${name}.json`, PACKAGED));
  return artifactOf(name, read(`${name}.sol/${name}.json`, COMPILED));
}
