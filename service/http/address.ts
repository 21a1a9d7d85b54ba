// SPDX-License-Identifier: AGPL-3.0-only
import { isAddress } from "viem";
import { lower } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import { ApiError } from "./errors.ts";

/** Any case is taken, but a checksum that is wrong is a typing error somewhere. */
export function addressOf(text: string, field = "address"): Address {
  const digits = text.slice(2);
  const mixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  if (mixed && !isAddress(text)) {
    throw new ApiError("invalid-request", `${field}: its checksum is wrong`, field);
  }
  return lower(text);
}
