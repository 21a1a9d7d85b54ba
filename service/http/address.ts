// SPDX-License-Identifier: AGPL-3.0-only
import { lower } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import { checksummed } from "./checksum.ts";
import { ApiError } from "./errors.ts";

/** In lower case, from any case. @throws ApiError for a checksum that is wrong: it is a typing error somewhere */
export function addressOf(text: string, field = "address"): Address {
  const address = lower(text);
  if (address === text) return address;
  const digits = text.slice(2);
  if (digits !== digits.toUpperCase() && checksummed(address) !== text) {
    throw new ApiError("invalid-request", `${field}: its checksum is wrong`, field);
  }
  return address;
}
