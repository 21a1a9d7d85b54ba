// Keeps imports between the folders of service/ pointing inward: core knows nobody, the CLI knows everybody,
// and the auditor shares no computation with the code it judges. Everything else is for biome: its noImportCycles sees
// circles of files, and its noUnusedTemplateLiteral leaves an import one way to be written. That browsers are asked for
// nothing of Node's is for the page's own type check.

/**
 * For each part: the others that it may import, and those that it may import types from only.
 * @type {Record<string, string[]>}
 */
const PARTS = {
  core: [],
  chain: ["core"],
  store: ["core"],
  networks: ["core", "chain", "store", "type epoch"],
  epoch: ["core", "chain", "store", "networks"],
  audit: ["chain", "type core"],
  deploy: ["core", "chain"],
  http: ["core", "store", "chain", "type epoch"],
  prover: ["core", "chain", "store"],
  cli: ["core", "chain", "store", "networks", "epoch", "audit", "deploy", "http", "prover"],
  exports: ["core", "chain", "audit"],
  client: [],
  web: ["client", "audit", "chain", "core"],
};

/** They load the program that they are given, or what was built of it, and import nothing of the service by name. */
const LOADERS = ["service/cli/start.mjs", "service/cli/provender.mjs"];

/** A path that leaves a folder and comes back, or stays where it is, would hide where it leads. */
const ROUNDABOUT = {
  regex: String.raw`^\./\.|/\./|[^./]/\.\./`,
  message: "an import takes the shortest path",
};

/** @param {unknown[]} patterns what may not be imported; what is excepted from one (`!`) is from all that follow, too */
const restricted = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

/**
 * @param {string} part
 * @param {number} depth how many folders below the part's own
 */
function overrideOf(part, depth) {
  const allowed = PARTS[part] ?? [];
  const up = "../".repeat(depth + 1);
  const types = allowed.filter((each) => each.startsWith("type ")).map((each) => each.slice("type ".length));
  const values = allowed.filter((each) => !each.startsWith("type "));
  const manifest = part === "cli" ? [`!${up}../package.json`] : [];
  const patterns = [
    ROUNDABOUT,
    ...types.map((each) => ({
      ...{ regex: `^${up.replaceAll(".", "\\.")}${each}/`, allowTypeImports: true },
      message: `${part} may import only types from ${each}`,
    })),
    // What stands for one file or another is a part's own: package.json says which.
    { group: ["#*", "#*/**", ...[part, ...values].map((each) => `!#${each}/**`)] },
    { group: [`${up}**`, ...[...values, ...types].map((each) => `!${up}${each}/**`), ...manifest] },
  ].map((pattern) => ({
    message: `${part} may import ${allowed.join(", ") || "no other part"}`,
    ...pattern,
  }));
  const pure = part === "core" ? { "import/no-nodejs-modules": "error" } : {};
  return { files: [`service/${part}/${"*/".repeat(depth)}*`], rules: { ...restricted(patterns), ...pure } };
}

export default {
  plugins: ["import"],
  categories: { correctness: "off" },
  rules: { "import/no-dynamic-require": ["error", { esmodule: true }] },
  overrides: [
    {
      files: ["service/**"],
      rules: restricted([
        { group: ["*"], message: "no part of the service has this folder: oxlint.config.mjs" },
      ]),
    },
    ...Object.keys(PARTS).flatMap((part) => [0, 1].map((depth) => overrideOf(part, depth))),
    { files: LOADERS, rules: { "import/no-dynamic-require": "off" } },
  ],
};
