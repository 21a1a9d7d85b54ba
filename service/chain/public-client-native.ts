// SPDX-License-Identifier: AGPL-3.0-only
// What `#chain/public-client` is under Node. Browsers get public-client-browser.ts.
import { createPublicClient, custom, type EIP1193RequestFn, type PublicClient } from "viem";

/** A client of whatever answers its requests. */
export function publicClientOf(request: EIP1193RequestFn): PublicClient {
  // Reads name their block; only the head's number is asked again and again, and must not be a remembered one.
  return createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
}
