// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { type Hex, keccak256, stringToHex } from "viem";
import { SPEC_VERSION } from "../service/core/spec-version.ts";
import { type FoldedChain, foldChain } from "../test/service/helpers/fold-chain.ts";

// npm run vectors: writes anew, in the recorded chains of the reward specification, all that follows from what was worked by hand: hashes,
// accumulators, topics, data, and what the contracts hold of them. What was worked by hand (who did what, when, and what
// it comes to) is never touched.

for (const name of ["boundaries", "withheld-leaves", "large-amounts", "two-requesters"]) {
  const file = new URL(`../test/fixtures/vectors/chains/${name}.json`, import.meta.url);
  const chain = JSON.parse(readFileSync(file, "utf8")) as FoldedChain;
  // Artifacts name accumulators, and posts the artifacts' hashes.
  foldChain(chain);
  rewriteArtifacts(chain);
  foldChain(chain);
  writeFileSync(file, `${JSON.stringify(chain, null, 2)}\n`);
}

/** Only the accumulator in an artifact's text follows from logs' hashes, and the version from the specification. */
function rewriteArtifacts({ epochs, state, logs }: FoldedChain): void {
  for (const epoch of epochs) {
    const accumulator: Hex = state.fulfilmentAccumulators[epoch.epoch]?.hash ?? `0x${"00".repeat(32)}`;
    epoch.artifact = epoch.artifact.replace(
      /("fulfilments":\{"accumulator":")0x[0-9a-f]{64}/,
      `$1${accumulator}`,
    );
    epoch.artifact = epoch.artifact.replace(/"specVersion":\d+/, `"specVersion":${SPEC_VERSION}`);
    epoch.datasetHash = keccak256(stringToHex(epoch.artifact));
    for (const { event, args } of logs) {
      const isOfEpoch = event === "RootPosted" && Number(args.epoch) === epoch.epoch;
      if (isOfEpoch && args.root === epoch.root) args.datasetHash = epoch.datasetHash;
    }
  }
}
