// SPDX-License-Identifier: AGPL-3.0-only
import { expect, onTestFinished, test } from "vitest";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { type RecordedChain, recordedChains, serveRecorded } from "../helpers/recorded-chain.ts";

const chain = recordedChains[0] as RecordedChain;
const REQUESTER = "0x00000000000000000000000000000000000e4a51";

test("the requesters of an epoch are told from its logs, with whom they were served by", async () => {
  const { rpcUrl, close } = await serveRecorded(chain);
  onTestFinished(close);
  const source = ["--rpc", rpcUrl, "--distributor", chain.distributor, "--data-dir", temporaryFolder()];
  const { code, stdout, stderr } = await cli(["requesters", "--epoch", "1", "--json", ...source]);
  expect(code, stderr).toBe(0);
  const { epoch, requesters, provers } = JSON.parse(stdout);
  const { rows } = JSON.parse(chain.epochs[1]?.artifact ?? "") as { rows: { fees: string }[] };
  const fees = rows.reduce((sum, row) => sum + BigInt(row.fees), 0n);
  expect(epoch).toBe(1);
  expect(requesters).toHaveLength(1);
  expect(requesters[0]).toMatchObject({ fulfilments: 4, fees: String(fees), feeShareBps: 10_000 });
  expect(requesters[0].requester.toLowerCase()).toBe(REQUESTER);
  // A statement of epoch 0 was asked for again.
  expect(requesters[0].repeated).toBeGreaterThan(0);
  expect(provers.length).toBeGreaterThan(1);

  const text = await cli(["requesters", "--epoch", "1", ...source]);
  expect(text.stdout).toContain("who asked in epoch 1");
});
