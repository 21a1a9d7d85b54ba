// SPDX-License-Identifier: AGPL-3.0-only
import { afterAll, beforeAll, expect, it } from "vitest";
import { cli } from "../helpers/cli.ts";
import { crowdedChain } from "../helpers/crowd.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import type { TestSystem } from "../helpers/system.ts";

/** More than an answer of a lens holds whose code is sent along. */
const PROVERS = 40;
let crowd: TestSystem;

beforeAll(async () => {
  crowd = await crowdedChain({ provers: PROVERS, fulfilments: 1 });
}, 60_000);
afterAll(() => crowd?.anvil.stop());

it("a command lists more provers than one call gives, and finds positions among them", async () => {
  const where = ["--rpc", crowd.anvil.rpcUrl, "--distributor", crowd.distributor];
  const listed = await cli(["provers", "--json", "--data-dir", temporaryFolder(), ...where]);
  const { provers } = JSON.parse(listed.stdout);
  expect(new Set(provers.map(({ prover }: { prover: string }) => prover)).size).toBe(PROVERS);
  const last = provers.at(-1).prover;
  const { stdout } = await cli(["positions", last, "--json", ...where]);
  expect(JSON.parse(stdout).positions.map(({ prover }: { prover: string }) => prover)).toEqual([last]);
});
