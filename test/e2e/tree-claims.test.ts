// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { type Address, parseEventLogs } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { domainOf } from "../../service/core/leaf.ts";
import { buildRewardTree, type Claim, claimOf } from "../../service/core/reward-tree.ts";
import type { LeafEntry } from "../../service/core/types.ts";
import { proverRegistryAbi, rewardDistributorAbi } from "../abi.ts";
import {
  activate,
  BUDGET,
  deploySystem,
  endEpoch,
  ether,
  registerProver,
  type TestSystem,
} from "../service/helpers/system.ts";
import { refusal, send } from "./helpers/network.ts";

const REGISTERED = 13;
const MAX_COMMISSION_BPS = 5_000n;

let system: TestSystem;
let provers: Address[];

beforeAll(async () => {
  system = await deploySystem();
  await system.client.request({ method: "anvil_autoImpersonateAccount", params: [true] } as never);
  provers = fc.sample(address, { numRuns: REGISTERED, seed: 13 });
  for (const prover of provers) {
    await system.client.setBalance({ address: prover, value: ether(10) });
    await registerProver(system, prover, ether(100), 0n);
  }
  await endEpoch(system);
});

afterAll(() => system?.anvil.stop());

const address = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes): Address => `0x${Buffer.from(bytes).toString("hex")}`);

/** Amounts of a wei and of a share of everything, and the commission that its rate gives. */
const earned = fc
  .record({
    cumulative: fc.oneof(fc.bigInt(1n, 20n), fc.bigInt(1n, BUDGET / 400n)),
    bps: fc.bigInt(0n, MAX_COMMISSION_BPS),
  })
  .map(({ cumulative, bps }) => ({ cumulative, cumulativeCommission: (cumulative * bps) / 10_000n }));

/** Some of the registered provers, in any order, among others that stand in the same tree. */
const leafSet = fc
  .record({
    known: fc.shuffledSubarray(
      Array.from({ length: REGISTERED }, (_, index) => index),
      { minLength: 1 },
    ),
    others: fc.oneof(
      { weight: 3, arbitrary: fc.constant([] as Address[]) },
      { weight: 1, arbitrary: fc.uniqueArray(address, { minLength: 1, maxLength: 300 }) },
    ),
    amounts: fc.array(earned, { minLength: 400, maxLength: 400 }),
  })
  .map(({ known, others, amounts }): LeafEntry[] =>
    [...known.map((index) => provers[index] as Address), ...others].map((prover, i) => ({
      prover,
      ...(amounts[i] as (typeof amounts)[number]),
    })),
  );

/** Posts the set's root, claims every leaf of a registered prover, and undoes it all. */
async function claimEverything(entries: readonly LeafEntry[]): Promise<void> {
  const { client, distributor, publisher, requester } = system;
  const checkpoint = await client.snapshot();
  const tree = buildRewardTree(domainOf(31_337n, distributor), entries);
  const total = entries.reduce((sum, { cumulative }) => sum + cumulative, 0n);
  const head = await client.getBlockNumber();
  const { number, hash } = await client.getBlock({ blockNumber: head - 1n });
  await send(system, publisher, {
    address: distributor,
    functionName: "postRoot",
    args: [0n, tree.root, total, `0x${"da".repeat(32)}`, number, hash],
  });
  await activate(system);
  const claims = entries
    .filter(({ prover }) => provers.includes(prover))
    .map(({ prover }) => claimOf(tree, prover) as Claim);
  const [one, ...rest] = claims as [Claim, ...Claim[]];
  const call = (claim: LeafEntry & Pick<Claim, "merkleProof">) => ({
    address: distributor,
    functionName: "claim",
    args: [claim.prover, claim.cumulative, claim.cumulativeCommission, claim.merkleProof],
  });
  for (const forged of [
    { ...one, cumulative: one.cumulative + 1n },
    { ...one, cumulativeCommission: one.cumulativeCommission + 1n },
    { ...one, merkleProof: [...one.merkleProof, tree.root] },
  ]) {
    expect(await refusal(system, requester, call(forged))).toBe("InvalidMerkleProof");
  }
  const receipts = [await send(system, requester, call(one))];
  if (rest.length > 0) {
    receipts.push(
      await send(system, requester, { address: distributor, functionName: "claimBatch", args: [rest] }),
    );
  }
  const events = parseEventLogs({
    abi: rewardDistributorAbi,
    logs: receipts.flatMap(({ logs }) => logs),
    eventName: ["Claimed", "ClaimSkipped"],
  });
  expect(events.map(({ eventName, args }) => [eventName, args.prover.toLowerCase()])).toEqual(
    claims.map(({ prover }) => ["Claimed", prover]),
  );
  for (const { prover, cumulative, cumulativeCommission } of claims) {
    const record = await client.readContract({
      address: system.registry,
      abi: proverRegistryAbi,
      functionName: "proverRecord",
      args: [prover],
    });
    expect(record).toMatchObject({ claimed: cumulative, claimedCommission: cumulativeCommission });
  }
  await client.revert({ id: checkpoint });
}

const entriesOf = (count: number): LeafEntry[] =>
  provers.slice(0, count).map((prover, i) => ({
    prover,
    cumulative: ether(count) + BigInt(i),
    cumulativeCommission: BigInt(i),
  }));

test(`every leaf of a tree of 1 to ${REGISTERED} leaves is claimable`, async () => {
  for (let count = 1; count <= REGISTERED; count++) await claimEverything(entriesOf(count));
});

test("every leaf of any set of leaves is claimable, and no other", async () => {
  await fc.assert(fc.asyncProperty(leafSet, claimEverything), { numRuns: 20 });
}, 60_000);
