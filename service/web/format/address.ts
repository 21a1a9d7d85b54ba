// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, getAddress } from "viem";

/** With its checksum. What has capitals came with it: to make fifty anew takes as long as to show the rows that they are of. */
export function checksummed(address: string): Address {
  return /[A-F]/.test(address) ? (address as Address) : getAddress(address);
}
