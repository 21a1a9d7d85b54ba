// The contracts and their tests as one syntax tree with every name resolved, from solc itself.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import solc from "solc";
import { root } from "./steps.mjs";

/** A node of solc's tree. @typedef {Record<string, any> & { id: number, nodeType: string }} Node */
/** @typedef {{ node: Node, path: string, contract: Node | undefined }} Declared */

function remappings() {
  const list = /^remappings = \[([^\]]*)\]/m.exec(readFileSync(`${root}foundry.toml`, "utf8"))?.[1] ?? "";
  return [...list.matchAll(/"([^"]+)"/g)].map(([, remapping]) => remapping);
}

/** @param {string} folder */
function solidityFiles(folder) {
  if (!existsSync(root + folder)) return [];
  return readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".sol"));
}

/**
 * @param {Node | Node[] | unknown} tree
 * @param {(node: Node) => void} visit
 */
export function walk(tree, visit) {
  if (Array.isArray(tree)) for (const each of tree) walk(each, visit);
  else if (tree !== null && typeof tree === "object") {
    const node = /** @type {Node} */ (tree);
    if (typeof node.nodeType === "string") visit(node);
    for (const value of Object.values(node)) if (typeof value === "object") walk(value, visit);
  }
}

/** @param {string[]} folders */
export function readTree(folders) {
  const sources = Object.fromEntries(
    folders.flatMap(solidityFiles).map((path) => [path, { content: readFileSync(root + path, "utf8") }]),
  );
  const input = {
    language: "Solidity",
    sources,
    settings: { remappings: remappings(), evmVersion: "prague", outputSelection: { "*": { "": ["ast"] } } },
  };
  const read = (/** @type {string} */ path) =>
    existsSync(root + path) ? { contents: readFileSync(root + path, "utf8") } : { error: `no file ${path}` };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  const failure = output.errors?.find(
    (/** @type {{ severity: string }} */ error) => error.severity === "error",
  );
  if (failure) throw new Error(failure.formattedMessage);

  /** @type {Map<number, Declared>} */
  const declared = new Map();
  /** @type {Node[]} */
  const contracts = [];
  for (const [path, { ast }] of Object.entries(output.sources)) {
    for (const top of ast.nodes) {
      const contract = top.nodeType === "ContractDefinition" ? top : undefined;
      if (contract) contracts.push(contract);
      walk(top, (node) => {
        if (/Definition$|^VariableDeclaration$/.test(node.nodeType))
          declared.set(node.id, { node, path, contract });
      });
    }
  }
  return { declared, contracts };
}
