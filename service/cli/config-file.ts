// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

/** Where a setting may come from; the first that has it wins: flag, variable, file. CONFIG.md and the schema say what each is. */
export const SETTINGS = {
  rpcUrl: { flag: "--rpc", variable: "PROVENDER_RPC_URL" },
  agreement: { flag: "--agreement", variable: "PROVENDER_AGREEMENT" },
  distributor: { flag: "--distributor", variable: "PROVENDER_DISTRIBUTOR" },
  chainId: { flag: "--chain-id", variable: "PROVENDER_CHAIN_ID" },
  deployment: { flag: "--deployment", variable: "PROVENDER_DEPLOYMENT" },
  dataDir: { flag: "--data-dir", variable: "PROVENDER_DATA_DIR" },
  store: { flag: "--store", variable: "PROVENDER_STORE" },
  port: { flag: "--port", variable: "PROVENDER_PORT" },
  network: { flag: "--network", variable: "PROVENDER_NETWORK" },
  networkConfig: { flag: "--network-config", variable: "PROVENDER_NETWORK_CONFIG" },
  account: { flag: "--account", variable: "PROVENDER_ACCOUNT" },
  passwordFile: { flag: "--password-file", variable: "PROVENDER_PASSWORD_FILE" },
  signerUrl: { flag: "--signer-url", variable: "PROVENDER_SIGNER_URL" },
  maxFee: { flag: "--max-fee", variable: "PROVENDER_MAX_FEE" },
} as const;

export type Setting = keyof typeof SETTINGS;

export const CONFIG_FILE = "provender.config.json";

interface ConfigFile {
  /** Paths in the file are taken from here, and so are those that nothing names. */
  readonly folder: string;
  readonly settings: Partial<Record<Setting, string>>;
}

/**
 * The file of the working directory, or the nearest of those above it. One above counts only if it is the user's own
 * or root's: whoever may write to a shared folder must not choose endpoints for others.
 * @throws UsageError, naming the setting that is not what it should be
 */
export function findConfigFile({ cwd }: Context): ConfigFile {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const path = join(folder, CONFIG_FILE);
    if (folder === cwd || isTrusted(path)) {
      const settings = readConfigFile(path);
      if (settings !== undefined) return { folder, settings };
    }
    if (folder === dirname(folder)) return { folder: cwd, settings: {} };
  }
}

function isTrusted(path: string): boolean {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  return owner !== undefined && (owner === 0 || owner === process.getuid?.() || process.getuid === undefined);
}

function readConfigFile(path: string): ConfigFile["settings"] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code !== undefined) throw new UsageError(`cannot read ${path}: ${code}`, "check its permissions");
    throw new UsageError(`${CONFIG_FILE}: not JSON: ${message}`, "correct the file");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UsageError(`${CONFIG_FILE}: not an object`, "write settings by name");
  }
  const { $schema: _, ...settings } = json as Record<string, unknown>;
  for (const [key, value] of Object.entries(settings)) {
    if (!Object.hasOwn(SETTINGS, key)) {
      throw new UsageError(
        `${CONFIG_FILE}: ${key}: unknown setting`,
        `use ${Object.keys(SETTINGS).join(", ")}; keys are never kept in this file`,
      );
    }
    // Addresses above all: a number would have lost digits before anybody could see it.
    if (typeof value !== "string") {
      throw new UsageError(`${CONFIG_FILE}: ${key}: not a string`, "write every value between quotes");
    }
  }
  return settings as ConfigFile["settings"];
}
