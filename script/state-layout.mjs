// Writes where the contracts keep what an audit proves: storage slots as the compiler laid them out, and what their
// code is outside the places that differ between deployments. Part of `npm run abi`; reads the last build's output.
import { readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import solc from "solc";
import { keccak256 } from "viem";
import { nodesIn } from "./mutation-operators.mjs";
import { root } from "./steps.mjs";

const CONTRACTS = ["RewardDistributor", "ProverRegistry", "ProofMarket", "VaultFactory", "ProverVault"];
/** The metadata's digest of the sources: it changes with every comment, and nothing executes it. */
const DIGEST = /a2646970667358221220([0-9a-f]{64})64736f6c6343/g;

/** @typedef {{ label: string, slot: string, offset: number, type: string }} Entry */
/** @typedef {{ encoding: string, numberOfBytes: string, base?: string, value?: string, members?: Entry[] }} Type */

/** The compiler's layouts and syntax trees, without any code. */
function analyse() {
  // Ours are imported by where they are; only solmate's by a name.
  const read = (/** @type {string} */ path) =>
    readFileSync(root + path.replace(/^solmate\//, "node_modules/solmate/"), "utf8");
  // All of them, as forge compiles them: the compiler numbers immutables in the order of the files.
  const files = readdirSync(`${root}contracts`, { recursive: true, encoding: "utf8" })
    .map((file) => `contracts/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".sol"));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((path) => [path, { content: read(path) }])),
    settings: { outputSelection: { "*": { "": ["ast"], "*": ["storageLayout"] } } },
  };
  const found = (/** @type {string} */ path) => ({ contents: read(path) });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: found }));
  const failure = output.errors?.find((/** @type {{ severity: string }} */ one) => one.severity === "error");
  if (failure) throw new Error(failure.formattedMessage);
  return output;
}

/**
 * @param {Entry[]} storage
 * @param {Record<string, Type>} types
 */
function variablesOf(storage, types) {
  const place = (/** @type {Entry} */ { slot, offset, type }) => {
    const { numberOfBytes } = /** @type {Type} */ (types[type]);
    return { slot: Number(slot), offset, bytes: Number(numberOfBytes) };
  };
  return Object.fromEntries(
    storage.map((entry) => {
      let type = /** @type {Type} */ (types[entry.type]);
      // What a mapping or an array holds in the end.
      for (let next = type.value ?? type.base; next; next = type.value ?? type.base) {
        type = /** @type {Type} */ (types[next]);
      }
      const members = type.members?.map((member) => [member.label, place(member)]);
      const elements = { size: Math.ceil(Number(type.numberOfBytes) / 32) };
      return [
        entry.label,
        members
          ? { slot: Number(entry.slot), ...elements, members: Object.fromEntries(members) }
          : { ...place(entry), bytes: Number(type.numberOfBytes), ...elements },
      ];
    }),
  );
}

/** What the last build made of it. @param {string} name */
const compiled = (name) => JSON.parse(readFileSync(`${root}out/${name}.sol/${name}.json`, "utf8"));

/**
 * @param {string} name
 * @param {string[]} names of its immutables, in the order of the compiler's numbers for them
 */
function codeOf(name, names) {
  const { deployedBytecode } = compiled(name);
  /** @type {[string, { start: number }[]][]} */
  const references = Object.entries(deployedBytecode.immutableReferences);
  references.sort(([a], [b]) => Number(a) - Number(b));
  if (references.length !== names.length) throw new Error(`${name}: not every immutable is in its code`);
  const immutables = Object.fromEntries(
    references.map(([, places], i) => [names[i], places.map(({ start }) => start).sort((a, b) => a - b)]),
  );
  const code = Buffer.from(deployedBytecode.object.slice(2), "hex");
  const digests = [...code.toString("hex").matchAll(DIGEST)].map(({ index }) => index / 2 + 10);
  for (const start of [...digests, ...Object.values(immutables).flat()]) code.fill(0, start, start + 32);
  return { bytes: code.length, masked: keccak256(code), immutables, digests };
}

/** Of each contract its variables and its code, and where the factory's code holds the vault's creation code. */
export function stateLayout() {
  const { contracts, sources } = analyse();
  const nodes = Object.values(sources).flatMap(({ ast }) => [...nodesIn(ast)].map(({ node }) => node));
  const layout = Object.fromEntries(
    CONTRACTS.map((name) => {
      const { storage, types } = contracts[`contracts/${name}.sol`][name].storageLayout;
      const variables = variablesOf(storage, types);
      // A vault's address follows from its creation code: nobody needs to look at what runs.
      if (name === "ProverVault") return [name, { variables }];
      const contract = nodes.find((one) => one.nodeType === "ContractDefinition" && one.name === name);
      const immutables = nodes
        .filter(
          ({ mutability, scope }) =>
            mutability === "immutable" && contract?.linearizedBaseContracts.includes(scope),
        )
        .sort((a, b) => a.id - b.id);
      const code = codeOf(
        name,
        immutables.map((one) => one.name),
      );
      return [name, { code, variables }];
    }),
  );
  const creation = compiled("ProverVault").bytecode.object.slice(2);
  const start = compiled("VaultFactory").deployedBytecode.object.slice(2).indexOf(creation) / 2;
  if (!Number.isInteger(start) || start < 0)
    throw new Error("the factory does not hold the vault's creation code");
  return { ...layout, vaultCreation: { start, bytes: creation.length / 2 } };
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const text = `// SPDX-License-Identifier: AGPL-3.0-only
// Made by \`npm run abi\` from what the compiler says; not to be edited.

export const LAYOUT = ${JSON.stringify(stateLayout())} as const;
`;
  writeFileSync(`${root}service/audit/state-proof/layout.ts`, text);
}
