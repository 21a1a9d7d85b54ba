// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, onTestFinished, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import {
  lastPosted,
  type RecordedChain,
  recordedChains,
  serveRecorded,
  twoRequesters,
} from "../helpers/recorded-chain.ts";

async function run(chain: RecordedChain, epoch: number) {
  const { rpcUrl, close } = await serveRecorded(chain);
  onTestFinished(close);
  const data = temporaryFolder();
  const { code, stdout, stderr } = await cli([
    ...["epoch", "run", "--epoch", String(epoch), "--json"],
    ...["--rpc", rpcUrl, "--distributor", chain.distributor, "--data-dir", data],
  ]);
  return { code, stderr, result: stdout === "" ? undefined : JSON.parse(stdout) };
}

const CHAINS = [...recordedChains, twoRequesters];

describe.each(CHAINS.map((chain) => [chain.name, chain] as const))("%s", (_, chain) => {
  test.each(chain.epochs.map((epoch) => [epoch.epoch, epoch] as const))(
    "from its logs the job makes the artifact of epoch %i",
    async (epoch, { artifact, root, datasetHash }) => {
      const { code, stderr, result } = await run(chain, epoch);
      if (lastPosted(chain, epoch) !== root) {
        expect(code).toBe(1);
        expect(stderr).toContain(`ANOTHER ROOT IS POSTED for epoch ${epoch}`);
        expect(stderr).toContain(`the chain's inputs give ${root}`);
        return;
      }
      expect({ code, root: result?.root, datasetHash: result?.datasetHash }).toEqual({
        code: 0,
        root,
        datasetHash,
      });
      const { rows } = JSON.parse(artifact) as { rows: unknown[] };
      expect(result.provers).toHaveLength(rows.length);
    },
  );
});
