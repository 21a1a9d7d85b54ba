// SPDX-License-Identifier: AGPL-3.0-only
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { asEpoch, loadConfig } from "../../../service/cli/config.ts";
import type { Context } from "../../../service/cli/context.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const OTHER = `0x${"ab".repeat(20)}`;
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
      "--agreement: not a whole number up to 100: half",
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
