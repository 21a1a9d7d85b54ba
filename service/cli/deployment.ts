// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { InputError } from "../core/errors.ts";
import { asAddress, asDecimal, asObject } from "../core/guard.ts";
import type { Address } from "../core/types.ts";
import { UsageError } from "./errors.ts";

const DEPLOYMENT_SCHEMA = "provender.deployment/1";

/** What a command needs of a deployment record; the rest is read from the distributor. */
export interface Deployment {
  readonly chainId: bigint;
  readonly distributor: Address;
  /** Takes deposits with a permit; records of old have none. */
  readonly router: Address | undefined;
  /** Views of many things at once. */
  readonly lens: Address | undefined;
}

/**
 * Undefined if there is no such file.
 * @throws UsageError if it cannot be read, or is no deployment record of this release
 */
export function readDeployment(path: string): Deployment | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new UsageError(`cannot read the deployment record ${path}: ${code}`, "check its permissions");
  }
  try {
    const record = asObject(JSON.parse(text), "record");
    if (record.schema !== DEPLOYMENT_SCHEMA) {
      throw new InputError("invalid", "schema", "another schema", `this release reads ${DEPLOYMENT_SCHEMA}`);
    }
    return {
      chainId: asDecimal(record.chainId, "chainId"),
      distributor: asAddress(record.distributor, "distributor"),
      router: record.router === undefined ? undefined : asAddress(record.router, "router"),
      lens: record.lens === undefined ? undefined : asAddress(record.lens, "lens"),
    };
  } catch (cause) {
    throw new UsageError(
      `deployment record ${path}: ${(cause as Error).message}`,
      "write it anew with `provender deploy`, or give --distributor",
    );
  }
}
