// SPDX-License-Identifier: AGPL-3.0-only
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { allSettings, asEpoch, loadConfig } from "../../../service/cli/config.ts";
import { SETTINGS } from "../../../service/cli/config-file.ts";
import type { Context } from "../../../service/cli/context.ts";
import { findKey, placeOf, signerWith } from "../../../service/cli/signing.ts";
import { fakeChain } from "../helpers/chain.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { importKey } from "../helpers/keystore.ts";

const ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const OTHER = `0x${"ab".repeat(20)}` as const;
const RPC = "http://127.0.0.1:8545";

function context(env: Record<string, string> = {}, file?: unknown): Context {
  const cwd = temporaryFolder();
  if (file !== undefined) {
    writeFileSync(join(cwd, "provender.config.json"), typeof file === "string" ? file : JSON.stringify(file));
  }
  return { env, cwd, version: "test", out: () => undefined, note: () => undefined, exit: () => undefined };
}

describe("a setting", () => {
  test("comes from the flag before the environment, and from the environment before the file", () => {
    const file = { rpcUrl: "http://file:1", distributor: OTHER };
    const env = { PROVENDER_RPC_URL: "http://env:1" };
    expect(loadConfig(context(env, file), { rpcUrl: "http://flag:1" }).rpcUrl).toBe("http://flag:1");
    expect(loadConfig(context(env, file), {}).rpcUrl).toBe("http://env:1");
    expect(loadConfig(context({}, file), {})).toMatchObject({ rpcUrl: "http://file:1", distributor: OTHER });
  });

  test("of endpoints may name several, and how many must agree", () => {
    const flags = { rpcUrl: "http://a:1, https://b:2/key", agreement: "2", distributor: OTHER };
    expect(loadConfig(context(), flags)).toMatchObject({
      rpcUrl: "http://a:1,https://b:2/key",
      agreement: 2,
    });
    expect(() => loadConfig(context(), { ...flags, rpcUrl: "http://a:1,https:/" })).toThrow(
      expect.objectContaining({ message: "--rpc: not an http or https URL" }),
    );
    expect(() => loadConfig(context(), { ...flags, agreement: "half" })).toThrow(
      "--agreement: not a number from 1 to 2, as many endpoints as there are: half",
    );
  });

  test("that is missing is named with all three ways to give it", () => {
    expect(() => loadConfig(context(), {})).toThrow(
      expect.objectContaining({
        name: "UsageError",
        hint: "give --rpc, set PROVENDER_RPC_URL, or write rpcUrl to provender.config.json",
      }),
    );
    expect(() => loadConfig(context(), { rpcUrl: RPC })).toThrow("the distributor's address is missing");
  });

  test.each([
    [
      "an address that JSON takes for a number",
      { rpcUrl: RPC, distributor: 5 },
      "provender.config.json: distributor: not a string",
    ],
    [
      "a short address",
      { rpcUrl: RPC, distributor: "0x12" },
      "provender.config.json: distributor: not an address: 0x12",
    ],
    ["an unknown name", { rpc: RPC }, "provender.config.json: rpc: unknown setting"],
    [
      "a URL of another kind",
      { rpcUrl: "ftp://x" },
      "provender.config.json: rpcUrl: not an http or https URL",
    ],
    [
      "a port out of range",
      { rpcUrl: RPC, port: "70000" },
      "provender.config.json: port: not a whole number up to 65535: 70000",
    ],
    [
      "a chain id in hex",
      { rpcUrl: RPC, chainId: "0x1" },
      "provender.config.json: chainId: not a whole number: 0x1",
    ],
    ["a list", [], "provender.config.json: not an object"],
    ["no JSON", "{rpcUrl}", "provender.config.json: not JSON"],
  ])("is refused by field: %s", (_, file, message) => {
    expect(() => loadConfig(context({}, file), {})).toThrow(message);
  });

  test("that is an address in mixed case must have the right checksum", () => {
    const wrong = ADDRESS.replace("F", "f");
    expect(() => loadConfig(context(), { rpcUrl: RPC, distributor: wrong })).toThrow(
      `--distributor: the checksum of ${wrong} is wrong`,
    );
    expect(loadConfig(context(), { rpcUrl: RPC, distributor: ADDRESS }).distributor).toBe(
      ADDRESS.toLowerCase(),
    );
  });

  test("never shows a URL that it refuses: providers' carry keys", () => {
    expect(() => loadConfig(context(), { rpcUrl: "htp://x/secret" })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("the deployment record", () => {
  const record = { schema: "provender.deployment/1", chainId: "31337", distributor: ADDRESS };

  test("gives distributor and chain id where no flag does", () => {
    const given = context();
    mkdirSync(join(given.cwd, ".provender"));
    writeFileSync(join(given.cwd, ".provender/deployment.json"), JSON.stringify(record));
    expect(loadConfig(given, { rpcUrl: RPC })).toMatchObject({
      distributor: ADDRESS.toLowerCase(),
      chainId: 31_337n,
    });
    expect(loadConfig(given, { rpcUrl: RPC, distributor: OTHER })).toMatchObject({
      distributor: OTHER,
      chainId: undefined,
    });
  });

  test("that is named and not there is an error", () => {
    expect(() => loadConfig(context(), { rpcUrl: RPC, deployment: "nowhere.json" })).toThrow(
      "there is no file",
    );
  });

  test("that is malformed is named by field", () => {
    const given = context();
    writeFileSync(join(given.cwd, "d.json"), JSON.stringify({ ...record, distributor: "0x1" }));
    expect(() => loadConfig(given, { rpcUrl: RPC, deployment: "d.json" })).toThrow(
      "distributor: not an address",
    );
  });
});

describe("an epoch's number", () => {
  test("is a whole number in digits", () => {
    expect(asEpoch("0")).toBe(0);
    expect(asEpoch("12")).toBe(12);
  });

  test.each(["-1", "1.5", "0x1", "1e3", "", " 1", "01", "99999999999999999999", "NaN"])(
    "is not %j",
    (text) => {
      expect(() => asEpoch(text)).toThrow("--epoch: not a whole number");
    },
  );
});

describe("provender.config.json", () => {
  const below = (file: unknown, env: Record<string, string> = {}) => {
    const given = context(env, file);
    const cwd = join(given.cwd, "a/b");
    mkdirSync(cwd, { recursive: true });
    return { root: given.cwd, context: { ...given, cwd } };
  };

  test("is found in a folder above, and its paths and the default ones are taken from there", () => {
    const file = { $schema: "x", rpcUrl: RPC, distributor: OTHER, dataDir: "data" };
    const { root, context: given } = below(file);
    expect(loadConfig(given, {})).toMatchObject({ distributor: OTHER, dataDir: join(root, "data") });
    expect(loadConfig(given, { dataDir: "here" }).dataDir).toBe(join(root, "a/b/here"));
    const { root: other, context: bare } = below({ rpcUrl: RPC, distributor: OTHER });
    expect(loadConfig(bare, {}).dataDir).toBe(join(other, ".provender/data"));
    mkdirSync(join(other, ".provender"));
    const record = { schema: "provender.deployment/1", chainId: "5", distributor: ADDRESS };
    writeFileSync(join(other, ".provender/deployment.json"), JSON.stringify(record));
    writeFileSync(join(other, "provender.config.json"), JSON.stringify({ rpcUrl: RPC }));
    expect(loadConfig(bare, {})).toMatchObject({ distributor: ADDRESS.toLowerCase(), chainId: 5n });
  });

  test("gives way to a nearer one", () => {
    const { context: given } = below({ rpcUrl: RPC, distributor: OTHER });
    writeFileSync(join(given.cwd, "provender.config.json"), JSON.stringify({ rpcUrl: "http://near:1" }));
    expect(() => loadConfig(given, {})).toThrow("the distributor's address is missing");
  });

  test("above counts only if it is the user's own or root's", () => {
    const { root, context: given } = below({ rpcUrl: RPC, distributor: OTHER });
    // Root's files count for everybody: another's are root's alone to make.
    if (process.getuid?.() === 0) chownSync(join(root, "provender.config.json"), 4_242, 4_242);
    else vi.spyOn(process, "getuid").mockReturnValue(4_242);
    expect(() => loadConfig(given, {})).toThrow("an RPC endpoint is missing");
    expect(loadConfig({ ...given, cwd: root }, {}).distributor).toBe(OTHER);
    vi.restoreAllMocks();
  });

  test("names who signs, where no flag or variable does, with paths from its folder", async () => {
    const { root, context: given } = below({ account: "hot", passwordFile: "secret" });
    const keystores = join(root, "keys");
    const privateKey = `0x${"5ec4e7".repeat(10)}abcd`;
    importKey(keystores, "hot", privateKey, "horse");
    writeFileSync(join(root, "secret"), "horse\n");
    const found = await findKey(given, { keystoreDir: keystores });
    expect(found).toMatchObject({ privateKey, source: expect.stringContaining("account: ") });
    const env = { PROVENDER_PRIVATE_KEY: `0x${"11".repeat(32)}` };
    expect(await findKey({ ...given, env }, {})).toMatchObject({ source: "PROVENDER_PRIVATE_KEY" });
    const { context: two } = below({ account: "hot", signerUrl: "http://127.0.0.1:1" });
    await expect(findKey(two, {})).rejects.toThrow("both name a key");
  });

  test("comes after variables, and these after flags, whatever the setting", () => {
    const { signerUrl: _, account: __, ...others } = SETTINGS;
    const settings = Object.keys(others) as (keyof typeof others)[];
    const file = Object.fromEntries(settings.map((setting) => [setting, `${setting} of the file`]));
    const variables = Object.fromEntries(
      settings.map((setting) => [SETTINGS[setting].variable, `${setting} of its variable`]),
    );
    const flags = Object.fromEntries(settings.map((setting) => [setting, `${setting} of its flag`]));
    const from = (env: Record<string, string>, given: object) =>
      allSettings(context(env, file), given).map(({ text }) => text);
    expect(from(variables, flags)).toEqual(settings.map((setting) => `${setting} of its flag`));
    expect(from(variables, {})).toEqual(settings.map((setting) => `${setting} of its variable`));
    expect(from({}, {})).toEqual(settings.map((setting) => `${setting} of the file`));
  });

  describe.each<[setting: "account" | "signerUrl", text: string]>([
    ["account", "of-the-file"],
    ["signerUrl", "http://file:1"],
  ])("%s names who signs", (setting, text) => {
    const file = { [setting]: text };
    const env = { PROVENDER_PRIVATE_KEY: `0x${"11".repeat(32)}` };
    const flags = { account: "of-the-flag", keystore: "of-the-flag", signerUrl: "http://flag:1" };

    test("where nothing else does", () => {
      expect(placeOf(context({}, file), {})).toMatchObject({
        text,
        source: expect.stringContaining(setting),
      });
    });

    test.each([
      ["PROVENDER_ACCOUNT", "hot"],
      ["PROVENDER_KEYSTORE", "keys/hot"],
      ["PROVENDER_SIGNER_URL", "http://env:1"],
      ["PROVENDER_PRIVATE_KEY", env.PROVENDER_PRIVATE_KEY],
    ])("and not where %s does", async (variable, value) => {
      const given = context({ [variable]: value }, file);
      expect(placeOf(given, {})).toMatchObject({ text: value, source: variable });
      const shown = await cli(["config", "show", "--json"], { cwd: given.cwd, env: given.env as never });
      const sources = JSON.parse(shown.stdout).map(({ source }: { source: string }) => source);
      expect(sources).toEqual([variable]);
      expect(shown.stdout).not.toContain("1111");
    });

    test.each(Object.entries(flags))("and not where --%s does", (flag, value) => {
      expect(placeOf(context(env, file), { [flag]: value })).toMatchObject({ text: value });
    });
  });

  test("has the password's file and the highest fee, where no flag or variable has", async () => {
    const keystores = temporaryFolder();
    const privateKey = `0x${"5ec4e7".repeat(10)}abcd`;
    importKey(keystores, "hot", privateKey, "horse");
    for (const name of ["right", "wrong"]) {
      writeFileSync(join(keystores, name), name === "right" ? "horse" : "mule");
    }
    const [right, wrong] = [join(keystores, "right"), join(keystores, "wrong")];
    const opens = (flags: object, env: Record<string, string>, file: object) =>
      findKey(context(env, file), { keystore: join(keystores, "hot"), ...flags });
    const variable = { PROVENDER_PASSWORD_FILE: wrong };
    const cases = [
      [{ passwordFile: right }, variable, { passwordFile: wrong }],
      [{}, { PROVENDER_PASSWORD_FILE: right }, { passwordFile: wrong }],
      [{}, {}, { passwordFile: right }],
    ] as const;
    for (const [flags, env, file] of cases) {
      expect(await opens(flags, env, file)).toMatchObject({ privateKey });
    }
    const maxFee = (flags: object, env: Record<string, string>) =>
      signerWith(
        context(env, { maxFee: "3" }),
        fakeChain(async () => null),
        undefined,
        { from: OTHER, ...flags },
      ).limits.maxFee;
    const fees = { PROVENDER_MAX_FEE: "2" };
    expect([maxFee({ maxFee: "1" }, fees), maxFee({}, fees), maxFee({}, {})]).toEqual(
      [1n, 2n, 3n].map((gwei) => gwei * 10n ** 9n),
    );
  });

  test("is told by `config show`, without the keys in URLs", async () => {
    const file = { rpcUrl: "https://a.example/v2/secret,http://b.example", account: "hot" };
    const { context: given } = below(file);
    const { code, stdout } = await cli(["config", "show", "--json"], {
      cwd: given.cwd,
      env: { PROVENDER_PORT: "1" },
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        setting: "rpcUrl",
        value: "https://a.example/…,http://b.example",
        source: "provender.config.json: rpcUrl",
      },
      { setting: "port", value: "1", source: "PROVENDER_PORT" },
      { setting: "account", value: "hot", source: "provender.config.json: account" },
    ]);
  });

  test("has every setting in its schema and in CONFIG.md, with flag and variable", async () => {
    const schema = JSON.parse((await cli(["config", "schema"])).stdout);
    expect(Object.keys(schema.properties)).toEqual(["$schema", ...Object.keys(SETTINGS)]);
    const rows = readFileSync(new URL("../../../service/CONFIG.md", import.meta.url), "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, key, flag, variable] = /^\| `(\w+)` +\| `([\w-]+)` +\| `(\w+)` +\| \S/.exec(line) ?? [];
        return key === undefined ? [] : [[key, { flag, variable }]];
      });
    expect(Object.fromEntries(rows)).toEqual(SETTINGS);
  });
});
