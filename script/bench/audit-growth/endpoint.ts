// SPDX-License-Identifier: AGPL-3.0-only
import { type GeneratedSize, generatedChain } from "../../../test/service/helpers/generated-chain.ts";

/** Serves such a chain. */
export async function work(size: GeneratedSize) {
  const { rpcUrl: url, distributor, logs } = await generatedChain(size);
  return { url, distributor, logs };
}
