// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { keccak256, stringToBytes } from "viem";
import type { Artifact } from "./artifacts.ts";

const PROJECT = new URL("../../", import.meta.url);
const require = createRequire(import.meta.url);

/** A source by the name that the compiler was given it by: ours, or a dependency's. */
export function readSource(name: string): string {
  const [, owner = "", rest = ""] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(name) ?? [];
  if (owner === "") return readFileSync(fileURLToPath(new URL(name, PROJECT)), "utf8");
  return readFileSync(join(dirname(require.resolve(`${owner}/package.json`)), rest), "utf8");
}

/**
 * The compiler's input that gives an artifact's very bytes, as Sourcify and explorers take it.
 * @throws if a source is not the one that was compiled
 */
export function standardJson({ contractName, input }: Artifact, read: (name: string) => string): string {
  const { language, sources, settings } = input;
  const contents = Object.entries(sources).map(([name, hash]) => {
    const content = read(name);
    if (keccak256(stringToBytes(content)) !== hash) {
      throw new Error(`${name} is not what ${contractName} was compiled from`);
    }
    return [name, { content }];
  });
  const outputSelection = { "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "metadata"] } };
  const whole = {
    language,
    sources: Object.fromEntries(contents),
    settings: { ...settings, outputSelection },
  };
  return `${JSON.stringify(whole)}\n`;
}
