// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Address } from "../core/types.ts";
import { ApiError } from "./errors.ts";

/** What was found of a prover. @throws ApiError if that is nothing: nobody with its address is registered. */
export function registered<T>(prover: Address, found: T | undefined): T {
  if (found !== undefined) return found;
  throw new ApiError("unknown-prover", `${getAddress(prover)} is not registered as a prover`, "address");
}
