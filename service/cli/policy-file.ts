// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InputError } from "../core/errors.ts";
import { keccakHex } from "../core/keccak.ts";
import { encodePolicy, parsePolicy, policyFromJson } from "../core/policy.ts";
import type { Hex, Policy } from "../core/types.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

export interface PolicyFile {
  /** As given on the command line. */
  readonly name: string;
  readonly policy: Policy;
  /** What a distributor is given and hashes. */
  readonly canonical: string;
  readonly hash: Hex;
  /** Whether the file holds exactly that. */
  readonly isCanonical: boolean;
}

/**
 * A policy as people write it, with spaces and line ends; every field is held to its rule.
 * @throws UsageError, naming the field that is not what it should be
 */
export async function readPolicyFile(
  { cwd }: Context,
  flag: string,
  name: string,
  oneOfTwo = false,
): Promise<PolicyFile> {
  const given = await read(resolve(cwd, name), flag);
  let json: unknown;
  try {
    json = JSON.parse(given);
  } catch (cause) {
    throw new UsageError(
      `${flag}: ${name} is not JSON: ${(cause as Error).message}`,
      "see service/SPEC.md, section 6, and `provender policy schema`",
    );
  }
  const { policy, bytes } = oneOfTwo ? of(name, () => checked(given, json)) : checked(given, json);
  const canonical = new TextDecoder().decode(bytes);
  return { name, policy, canonical, hash: keccakHex(bytes), isCanonical: canonical === given };
}

function checked(given: string, json: unknown) {
  const policy = policyFromJson(json);
  requirePlain(given, json);
  const bytes = encodePolicy(policy);
  parsePolicy(bytes);
  return { policy, bytes };
}

/** Of two files an error is about one. */
function of<T>(name: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { code, field, message, hint } = error;
    throw new InputError(code, `${name}: ${field}`, message.slice(field.length + ": ".length), hint);
  }
}

async function read(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`${flag}: cannot read ${path}: ${code}`, "give the path of a policy in JSON");
  }
}

/** Of a key that stands twice JSON keeps one: what was meant is not for us to guess. */
function requirePlain(given: string, json: unknown): void {
  const dense = given.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
  if (dense === JSON.stringify(json)) return;
  throw new InputError(
    "invalid",
    "policy",
    "a key stands twice, or a number or text is spelled in an unusual way",
    "write every key once, and no exponents, fractions or needless escapes",
  );
}
