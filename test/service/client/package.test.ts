// SPDX-License-Identifier: AGPL-3.0-only
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TYPES, typesOfApi } from "../../../script/client.ts";
import { firstArtifact, provers, setScene } from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";
import { newFolder } from "../helpers/folder.ts";

setScene();

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
const MODULES = join(PROJECT, "node_modules");
const SLOW = 120_000;

/** An empty folder but for the packed package, and what that depends on. */
const folder = newFolder();
const home = join(folder, "node_modules/provender");

beforeAll(() => {
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", pack, { cwd: PROJECT, encoding: "utf8" }));
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", home, "--strip-components", "1"]);
  const { dependencies, bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const link = (target: string, path: string) => {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  };
  for (const name of Object.keys(dependencies)) {
    link(join(MODULES, name), join(folder, "node_modules", name));
  }
  link(join(home, bin.provender), join(folder, "node_modules/.bin/provender"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
}, SLOW);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(command: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)(command, args, { cwd: folder });
  running.child.stdin?.end();
  const { stdout } = await running.catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return stdout;
}

const CONSUMER = `
import { createClient, type Proof } from "provender/client";

const [url = "", address = ""] = process.argv.slice(2);
const client = createClient(url);

async function proofOf(address: string): Promise<Proof> {
  const { data, error } = await client.GET("/v1/provers/{address}/proof", { params: { path: { address } } });
  if (data !== undefined) return data;
  throw new Error(error.error.code);
}

const { data: page } = await client.GET("/v1/epochs", { params: { query: { limit: 1 } } });
const epoch = String(page?.epochs[0]?.epoch);
const { data: artifact } = await client.GET("/v1/epochs/{epoch}/artifact", {
  params: { path: { epoch } },
  parseAs: "text",
});
const proof = await proofOf(address);
const refused = await proofOf("0x12").catch((error: Error) => error.message);
console.log(JSON.stringify({ page, proof, refused, artifact }));

export async function mistakes(): Promise<void> {
  // @ts-expect-error: no such path.
  await client.GET("/v1/prover", {});
  // @ts-expect-error: a parameter's name.
  await client.GET("/v1/provers/{address}/proof", { params: { path: { adress: address } } });
  // @ts-expect-error: a parameter's value.
  await client.GET("/v1/provers/{address}/proof", { params: { path: { address }, query: { root: "old" } } });
  // @ts-expect-error: an amount is a text.
  (await proofOf(address)).claimed satisfies number;
}
`;

const COMPILER = {
  ...{ target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", strict: true, outDir: "built" },
  ...{ types: ["node"], typeRoots: [join(MODULES, "@types")] },
};

it(
  "the packed package gives plain Node a client, and TypeScript its types",
  async () => {
    writeFileSync(join(folder, "consumer.ts"), CONSUMER);
    const project = { compilerOptions: COMPILER, files: ["consumer.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    await run(process.execPath, join(MODULES, "typescript/bin/tsc"));
    const app = await sceneApi();
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const [prover] = provers;
    const told = JSON.parse(await run(process.execPath, "built/consumer.js", url, prover));
    expect(told).toEqual({
      page: (await app.inject("/v1/epochs?limit=1")).json(),
      proof: (await app.inject(`/v1/provers/${prover}/proof`)).json(),
      refused: "invalid-request",
      artifact: Buffer.from(firstArtifact).toString(),
    });
  },
  SLOW,
);

it(
  "the packed package runs as a command, whatever the folder's own TypeScript settings are",
  async () => {
    writeFileSync(join(folder, "tsconfig.json"), '{ "extends": "./nowhere.json", ');
    expect(await run("npx", "--no-install", "provender", "--help")).toContain("Usage: provender");
  },
  SLOW,
);

it("the client's types are those of the routes: npm run client makes them anew", async () => {
  expect(readFileSync(TYPES, "utf8")).toBe(await typesOfApi());
});
