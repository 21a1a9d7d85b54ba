// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Anvil, startAnvil } from "../service/helpers/anvil.ts";
import { newFolder } from "../service/helpers/folder.ts";
import {
  dependencyBytes,
  filesIn,
  type Installed,
  installInto,
  MODULES,
  PROJECT,
  run,
  staticBytes,
} from "./helpers/package.ts";

const MEGABYTE = 1e6;
const folder = newFolder();
let installed: Installed;

beforeAll(() => {
  installed = installInto(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const provender = (...args: string[]) => run(folder, join(folder, "node_modules/.bin/provender"), ...args);

/** Of the page as it is packed, nearly: the archive compresses what lies side by side together. */
function pageBytes(): number {
  return filesIn(join(installed.home, "dist/web"))
    .map((line) => gzipSync(readFileSync(line.split(" ")[0] as string), { level: 9 }).length)
    .reduce((sum, each) => sum + each, 0);
}

describe("the package", () => {
  test("is small, also with all that it depends on", () => {
    // 0.39 MB of page, and 0.68 MB of the rest: 0.38 MB of programs with viem in them, 0.19 MB of contracts and what they
    // compile to, documents, and 0.02 MB of pictures.
    expect(pageBytes()).toBeLessThan(0.4 * MEGABYTE);
    expect(installed.packedBytes - pageBytes()).toBeLessThan(0.7 * MEGABYTE);
    const own = filesIn(installed.home).reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
    expect(own + dependencyBytes()).toBeLessThan(100 * MEGABYTE);
  });

  test("holds what is run, imported, deployed and read, and nothing else", () => {
    expect(readdirSync(installed.home).toSorted()).toEqual(
      ["LICENSE", "README.md", "contracts", "dist", "package.json", "script", "service"]
        .concat(
          ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].filter((name) =>
            existsSync(join(PROJECT, name)),
          ),
        )
        .toSorted(),
    );
    const sources = filesIn(installed.home).filter((line) => /(?<!\.d)\.ts /.test(line));
    expect(sources).toEqual([]);
  });

  // Built with the NODE_ENV of tests, with which Vite puts paths into the page unless told otherwise.
  test("tells nothing of the machine that it was built on", () => {
    const paths = filesIn(installed.home).map((line) => line.split(" ")[0] as string);
    expect(paths.filter((path) => readFileSync(path, "utf8").includes(PROJECT))).toEqual([]);
  });

  test("brings along every page and picture that its pages link", () => {
    const pages = filesIn(installed.home)
      .map((line) => line.slice(installed.home.length + 1).split(" ")[0] as string)
      .filter((path) => path.endsWith(".md"));
    expect(pages).toContain("README.md");
    for (const page of pages) {
      const text = readFileSync(join(installed.home, page), "utf8");
      for (const [, link = ""] of text.matchAll(/(?:\]\(|<img src=")(?!https?:|#)([^)#"]+)/g)) {
        const target = posix.join(posix.dirname(page), link);
        expect(existsSync(join(installed.home, target)), `${page} links ${link}`).toBe(true);
      }
    }
  });

  test("needs no later Node than it says, and neither does anything that it depends on", async () => {
    const { engines } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
    const [, minor = ""] = /^>=20\.(\d+)$/.exec(engines.node) ?? [];
    const { packages } = JSON.parse(readFileSync(join(PROJECT, "package-lock.json"), "utf8"));
    const needed = Object.values<{ engines?: { node?: string } }>(packages)
      .flatMap((each) => [...(each.engines?.node ?? "").matchAll(/(?:>=|\^|~) ?20\.(\d+)/g)])
      .map(([, later]) => Number(later));
    expect(Math.max(...needed)).toBe(Number(minor));
    const flags = ["--engine-strict", "--ignore-scripts", "--dry-run", "--offline"];
    expect(await run(PROJECT, "npm", "ci", ...flags)).not.toContain("EBADENGINE");
  });

  test("writes nothing when it starts, and loads little for --help", async () => {
    const before = filesIn(folder);
    expect(await provender("--help")).toContain("Usage: provender");
    expect(await provender("epoch", "status", "--help")).toContain("Usage: provender epoch status");
    expect(await provender("complete", "--", "admin", "set-q")).toContain("set-quorum\t");
    expect(filesIn(folder)).toEqual(before);
    expect(staticBytes(join(installed.home, "dist/esm/cli.js"))).toBeLessThan(100_000);
  });
});

const CORE = `
import { buildRewardTree, claimOf, domainOf, type InputCode, InputError, initKeccak, type Policy, policyHash, SPEC_VERSION, verifyProof } from "provender";
import { proofMarketAbi } from "provender/abi";
import { createClient, type Proof } from "provender/client";

const policy: Policy = {
  version: 1,
  id: "capped",
  params: { capNumerator: 1n, capDenominator: 100n },
  guards: { feeMatchBps: 9_000, minStake: 0n, exclusions: [] },
};
const client = createClient("http://127.0.0.1:1");

export async function main(): Promise<string> {
  await initKeccak();
  const domain = domainOf(1n, "0x1111111111111111111111111111111111111111");
  const prover = "0x2222222222222222222222222222222222222222";
  const tree = buildRewardTree(domain, [{ prover, cumulative: 7n, cumulativeCommission: 1n }]);
  const claim = claimOf(tree, prover);
  if (claim === undefined || !verifyProof(tree.root, [], tree.root)) throw new Error("no claim");
  const names: string[] = proofMarketAbi.filter(({ type }) => type === "function").map((item) => ("name" in item ? item.name : ""));
  if (!names.includes("fulfil")) throw new Error("no fulfil");
  return [SPEC_VERSION, policyHash(policy), tree.root].join();
}

// A class is a value and a type.
const known: InputError | undefined = undefined;
export const codeOf = (error: unknown): InputCode | undefined => (error instanceof InputError ? error.code : known);

export async function mistakes(): Promise<void> {
  // @ts-expect-error: no such path.
  await client.GET("/v1/prover", {});
  const path = { address: "0x12" };
  // @ts-expect-error: a parameter's value.
  await client.GET("/v1/provers/{address}/proof", { params: { path, query: { root: "old" } } });
  const { data } = await client.GET("/v1/provers/{address}/proof", { params: { path } });
  const proof: Proof | undefined = data;
  // @ts-expect-error: an amount is a text.
  proof?.claimed satisfies number | undefined;
  // @ts-expect-error: an amount is a bigint.
  policy.guards.minStake satisfies number;
}
main().then((text) => console.log(text));
`;
const AUDIT = `
import { type AuditReport, audit } from "provender/audit";

export async function verdicts(rpcUrl: string, distributor: \`0x\${string}\`): Promise<AuditReport["verdict"][]> {
  const found: AuditReport["verdict"][] = [];
  for await (const { verdict } of audit({ rpcUrl, distributor, from: 0 })) found.push(verdict);
  return found;
}
`;

describe("imported in strict TypeScript and run,", () => {
  const OPTIONS = {
    target: "ES2022",
    strict: true,
    skipLibCheck: false,
    types: ["node"],
    typeRoots: [join(MODULES, "@types")],
  };
  const compile = async (name: string, sources: Record<string, string>, type: string, options: object) => {
    const home = join(folder, name);
    mkdirSync(home);
    for (const [file, text] of Object.entries(sources)) writeFileSync(join(home, file), text);
    writeFileSync(join(home, "package.json"), JSON.stringify({ type }));
    const project = {
      compilerOptions: { ...OPTIONS, ...options, outDir: "built" },
      files: Object.keys(sources),
    };
    writeFileSync(join(home, "tsconfig.json"), JSON.stringify(project));
    await run(home, process.execPath, join(MODULES, "typescript/bin/tsc"));
    return home;
  };
  const esm = { "main.ts": CORE, "audit.ts": AUDIT };

  test.each([
    ["module", "node16", { module: "Node16", moduleResolution: "Node16" }],
    ["module", "nodenext", { module: "NodeNext", moduleResolution: "NodeNext" }],
    ["module", "bundler", { module: "ESNext", moduleResolution: "Bundler" }],
    ["commonjs", "node16", { module: "Node16", moduleResolution: "Node16" }],
    ["commonjs", "nodenext", { module: "NodeNext", moduleResolution: "NodeNext" }],
  ])("as %s under %s", async (type, name, options) => {
    const home = await compile(
      `${type}-${name}`,
      type === "module" ? esm : { "main.ts": CORE },
      type,
      options,
    );
    const told = await run(home, process.execPath, "built/main.js");
    expect(told).toMatch(/^\d+,0x[0-9a-f]{64},0x[0-9a-f]{64}\n$/);
  });

  test("provender/audit is not served to require(), and the mistake is told at once", async () => {
    const options = { module: "Node16", moduleResolution: "Node16" };
    await expect(compile("required", { "audit.ts": AUDIT }, "commonjs", options)).rejects.toThrow(
      /audit\.ts\(2,/,
    );
  });

  test("provender/client and provender/abi go into a page for browsers", async () => {
    const contents = 'export * from "provender/client"; export * from "provender/abi";';
    const stdin = { contents, resolveDir: folder };
    const page = { bundle: true, write: false, format: "esm", platform: "browser" } as const;
    const { outputFiles } = await build({ ...page, stdin, nodePaths: [MODULES] });
    const { text } = outputFiles[0] as { text: string };
    const { createClient, proofMarketAbi } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
    expect(createClient("http://127.0.0.1:1").GET).toBeTypeOf("function");
    expect(proofMarketAbi.length).toBeGreaterThan(50);
  });

  test("sources and artifacts of contracts resolve by their names", async () => {
    const script = `
      const { createRequire } = await import("node:module");
      const require = createRequire(process.cwd() + "/x.js");
      const { abi, bytecode, contractName } = require("provender/contracts/ProofMarket.json");
      console.log(contractName, abi.length > 50, bytecode.length > 10_000, require.resolve("provender/contracts/ProofMarket.sol").endsWith("/contracts/ProofMarket.sol"));
    `;
    expect(await run(folder, process.execPath, "--input-type=module", "-e", script)).toBe(
      "ProofMarket true true true\n",
    );
  });

  test("contracts compile in a project of their users', whose compiler looks for imports in node_modules", () => {
    const names = readdirSync(join(installed.home, "contracts")).filter((name) => name.endsWith(".sol"));
    const sources: Record<string, { content: string }> = {};
    const add = (name: string) => {
      if (Object.hasOwn(sources, name)) return;
      const content = readFileSync(join(folder, "node_modules", name), "utf8");
      sources[name] = { content };
      for (const [, path = ""] of content.matchAll(/^(?:import|\})[^;"]*"([^"]+)";/gm)) {
        add(path.startsWith(".") ? posix.join(posix.dirname(name), path) : path);
      }
    };
    for (const name of names) add(`provender/contracts/${name}`);
    const settings = { evmVersion: "prague", outputSelection: { "*": { "*": ["abi"] } } };
    const input = JSON.stringify({ language: "Solidity", sources, settings });
    const options = { input, encoding: "utf8", maxBuffer: 2 ** 28, cwd: folder } as const;
    const solc = [join(PROJECT, "script/solc.mjs"), "--standard-json"];
    const { errors = [], contracts } = JSON.parse(execFileSync(process.execPath, solc, options));
    expect(errors.filter(({ severity }: { severity: string }) => severity === "error")).toEqual([]);
    expect(Object.keys(contracts)).toEqual(
      expect.arrayContaining(names.map((name) => `provender/contracts/${name}`)),
    );
  });
});

describe("from the package alone, on a local chain,", () => {
  let anvil: Anvil;

  beforeAll(async () => {
    anvil = await startAnvil();
  });

  afterAll(() => anvil?.stop());

  test("a foundation deploys, posts an epoch and serves it, and an auditor agrees", async () => {
    const { client, rpcUrl } = anvil;
    const [owner, guardian, publisher, auditor] = (await client.getAddresses()) as [
      string,
      string,
      string,
      string,
    ];
    const example = JSON.parse(readFileSync(join(installed.home, "script/deploy.example.json"), "utf8"));
    const roles = { ...example.roles, owner, guardian, publisher, auditors: [auditor] };
    writeFileSync(join(folder, "deploy.json"), JSON.stringify({ ...example, roles }));
    const inputs = ["--standard-json", "inputs"];
    await provender("deploy", "--config", "deploy.json", "--rpc", rpcUrl, "--from", owner, ...inputs);
    expect(readdirSync(join(folder, "inputs"))).toContain("ProverRegistry.json");
    const record = JSON.parse(readFileSync(join(folder, ".provender/deployment.json"), "utf8"));
    const { abi } = JSON.parse(readFileSync(join(installed.home, "dist/contracts/DevToken.json"), "utf8"));
    const args = [record.distributor, parseEther("1000000")];
    await client.writeContract({
      account: owner as `0x${string}`,
      address: record.token,
      abi,
      functionName: "mint",
      args,
    });
    await client.mine({ blocks: 1, interval: 604_800 });
    await client.mine({ blocks: 3, interval: 12 });

    await provender("epoch", "run", "--post", "--rpc", rpcUrl, "--from", publisher);
    await client.mine({ blocks: 3, interval: 12 });
    await provender("sync", "--rpc", rpcUrl);
    const { verdict } = JSON.parse(await provender("audit", "--epoch", "0", "--rpc", rpcUrl, "--json"));
    expect(verdict).toBe("match");
    const served = spawn(
      join(folder, "node_modules/.bin/provender"),
      ["serve", "--port", "0", "--json", "--rpc", rpcUrl],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    try {
      const url = await new Promise<string>((resolve, reject) => {
        served.stdout.once("data", (line) => resolve(JSON.parse(String(line)).url));
        served.once("exit", (code) => reject(new Error(`serve ended with ${code}`)));
      });
      await expect.poll(async () => (await fetch(`${url}/ready`)).status, { timeout: 30_000 }).toBe(200);
      expect(await (await fetch(`${url}/v1/epochs`)).json()).toMatchObject({ epochs: [{ epoch: 0 }] });
      expect((await fetch(`${url}/docs/`)).status).toBe(200);
      // It ends when it is told to, also where its files were replaced or removed meanwhile.
      renameSync(installed.home, `${installed.home}-away`);
      served.kill();
      const [code] = await once(served, "exit");
      expect([0, 1]).toContain(code);
    } finally {
      if (existsSync(`${installed.home}-away`)) renameSync(`${installed.home}-away`, installed.home);
      served.kill("SIGKILL");
    }
  });
});
