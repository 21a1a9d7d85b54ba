// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, erc20Abi, erc4626Abi, getAddress } from "viem";
import { expect, it } from "vitest";
import { iProverRegistryAbi, iProverVaultAbi } from "../../../service/chain/abi.ts";
import type { App } from "../../../service/http/instance.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { readCollateral, readDirectory } from "../../../service/store/directory.ts";
import { chain, confirmed, provers, setScene, system, test } from "../audit/scene.ts";
import { following, sceneApi } from "../helpers/api.ts";
import { assign, bid, ether, miss, pass } from "../helpers/system.ts";

setScene();

async function ask(app: App, url: string) {
  const { statusCode, json, body } = await app.inject(url);
  expect([url, statusCode, statusCode === 200 ? "" : body]).toEqual([url, 200, ""]);
  return json();
}

/** What the vault itself says at the block that an answer is of. */
function worth(vault: Address, shares: bigint, block: string): Promise<bigint> {
  const call = { address: vault, abi: erc4626Abi, functionName: "convertToAssets" } as const;
  return chain.client.readContract({ ...call, args: [shares], blockNumber: BigInt(block) });
}

it("the API prices shares as their vaults do, and tells holders, votes, requests and funds from logs", async () => {
  const app = await sceneApi();
  await app.inject("/v1/epochs");

  const list = await ask(app, "/v1/provers?sort=stake&order=descending&epochs=1");
  expect(list.total).toBe(provers.length);
  const stakes = list.provers.map(({ stake }: { stake: string }) => BigInt(stake));
  expect(stakes).toEqual([...stakes].sort((a: bigint, b: bigint) => (a < b ? 1 : -1)));
  for (const { prover, vault, sharePrice, selfStake } of list.provers) {
    const collateral = { address: vault, abi: iProverVaultAbi, functionName: "collateral" } as const;
    expect(BigInt(selfStake)).toBe((await chain.client.readContract(collateral))[1]);
    expect(BigInt(sharePrice)).toBe(await worth(vault, 10n ** 18n, list.synced.number));
    const { positions, total, synced } = await ask(app, `/v1/stakers/${prover}/positions`);
    const [own] = positions;
    expect(BigInt(own.worth)).toBe(await worth(vault, BigInt(own.shares), synced.number));
    expect(BigInt(own.gained)).toBe(BigInt(own.worth) + BigInt(own.takenOut) - BigInt(own.putIn));
    const shares = { address: vault, abi: erc4626Abi, blockNumber: BigInt(synced.number) } as const;
    const entry = { ...shares, functionName: "previewMint", args: [BigInt(own.shares)] } as const;
    const vesting = (await chain.client.readContract(entry)) - BigInt(own.worth) - BigInt(own.vesting);
    expect(vesting).toBeLessThanOrEqual(2n);
    expect(vesting).toBeGreaterThanOrEqual(0n);
    // One deposit, and what it is worth: each by a share or two wei.
    expect([total.gained, total.rounding, own.rounding]).toEqual([own.gained, own.rounding, "4"]);
    const { moves } = await ask(app, `/v1/stakers/${prover}/moves`);
    expect(moves.at(-1)).toMatchObject({ kind: "deposit", prover, time: expect.stringMatching(/^[0-9]+$/) });

    const history = await ask(app, `/v1/provers/${prover}/epochs`);
    const [running] = history.epochs;
    expect(running).toMatchObject({ running: true, sharePrice, at: history.synced.timestamp });
    const fees = history.epochs.map(
      ({ fees: paid, income }: { fees: string; income: Record<string, string> }) => [
        BigInt(paid) - (BigInt(income.fees ?? 0) + BigInt(income.feeCommission ?? 0)),
        // The protocol's tenth of all fees.
        BigInt(paid) / 10n,
      ],
    );
    for (const [toProtocol, tenth] of fees) expect(toProtocol).toBe(tenth);
    const detail = await ask(app, `/v1/provers/${prover}`);
    expect(detail.returns.all).toMatchObject({ priceFrom: String(10n ** 18n), priceTo: sharePrice });
    expect(detail.returns.days7).toBeNull();
    expect(detail.vaultState.commissionOwed).toMatch(/^[0-9]+$/);
    const { commissions } = await ask(app, `/v1/provers/${prover}/commissions`);
    expect(commissions.some(({ inForce }: { inForce: boolean }) => inForce)).toBe(true);
    await ask(app, `/v1/provers/${prover}/slashes`);
  }

  const { epochs } = await ask(app, "/v1/epochs");
  const attested = epochs.flatMap(({ votes }: { votes: object[] }) => votes);
  for (const vote of attested) {
    expect(vote).toMatchObject({
      time: expect.stringMatching(/^[0-9]+$/),
      transaction: expect.stringMatching(/^0x/),
    });
  }

  const { requests } = await ask(app, "/v1/requests?limit=100");
  expect(requests.length).toBeGreaterThan(0);
  const fulfilled = requests.filter(({ state }: { state: string }) => state === "fulfilled");
  for (const request of fulfilled) {
    expect(BigInt(request.price)).toBeLessThanOrEqual(BigInt(request.maxFee));
    expect(request.bids.map(({ prover }: { prover: string }) => prover)).toContain(request.prover);
    expect(await ask(app, `/v1/requests/${request.id}`)).toMatchObject(request);
  }

  const foundation = await ask(app, "/v1/foundation");
  expect(foundation.auditors.map(({ auditor }: { auditor: string }) => auditor)).toContain(
    getAddress(test.auditor),
  );
  expect(foundation.segments[0]).toMatchObject({ number: 0, state: "running", policy: { version: 1 } });
  expect(await ask(app, "/v1/network")).toMatchObject({
    rpc: null,
    contracts: { distributor: getAddress(system.distributor), lens: null },
    pause: { level: "none", exitsUntil: null },
  });
  const rpc = "https://rpc.example.org";
  const offering = await sceneApi({ views: { rpc } });
  await offering.inject("/v1/epochs");
  expect(await ask(offering, "/v1/network")).toMatchObject({ rpc });
});

it("provers are sorted by own stake, by what is free, and by what is at risk; a reorganisation takes back what it took", async () => {
  const checkpoint = await test.client.snapshot();
  const [first, second, third] = provers;
  await assign(test, third, ether(50), 7n);
  await bid(test, second, ether(1), 8n);
  const { database, catchUp } = await following(chain);
  const app = await sceneApi({ database, catchUp });
  await catchUp();
  const deployment = await openDeployment(database, system);

  /** By the logs, and by the contracts. */
  async function bound() {
    const { entries = [] } = (await readDirectory(database, deployment)) ?? {};
    const told = await readCollateral(database, deployment);
    const read = { address: system.registry, abi: iProverRegistryAbi } as const;
    return Promise.all(
      entries.map(async ({ id, prover, vault: address }) => {
        const vault = { address, abi: erc20Abi } as const;
        const own = await chain.client.readContract({ ...vault, functionName: "balanceOf", args: [prover] });
        const record = { ...read, functionName: "proverRecord", args: [prover] } as const;
        const { locked } = await chain.client.readContract(record);
        const [unbonding] = await chain.client.readContract({
          ...{ address, abi: iProverVaultAbi, functionName: "unbondingState" },
        });
        return { told: told.get(id), actual: { own, locked, unbonding } };
      }),
    );
  }
  const sorted = async (sort: string) =>
    (await ask(app, `/v1/provers?sort=${sort}&order=descending`)).provers.map(
      ({ prover }: { prover: string }) => prover.toLowerCase(),
    );

  const before = await bound();
  expect(before.map(({ told }) => told)).toEqual(before.map(({ actual }) => actual));
  expect(new Set(before.map(({ actual }) => actual.locked)).size).toBe(3);
  expect(await sorted("at-risk")).toEqual([third, second, first]);
  expect(await sorted("self-stake")).toEqual([second, first, third]);
  expect(await sorted("free")).toEqual([second, first, third]);

  await test.client.revert({ id: checkpoint });
  await test.client.mine({ blocks: 40 });
  await catchUp();
  const after = await bound();
  expect(after.map(({ told }) => told)).toEqual(after.map(({ actual }) => actual));
  expect(after.map(({ actual }) => actual.locked)).toEqual([0n, 0n, 0n]);
  expect(await sorted("at-risk")).toEqual([...provers].sort());
});

it("exits that were not taken out bear slashes, too: what is at risk is a part of them and of the stake", async () => {
  const [, second, third] = provers;
  const address = await chain.client.readContract({
    ...{ address: system.registry, abi: iProverRegistryAbi, functionName: "vaultOf", args: [second] },
  } as const);
  const vault = { account: second, address, abi: iProverVaultAbi } as const;
  const leave = async (shares: bigint) =>
    confirmed(
      await test.client.writeContract({
        ...vault,
        functionName: "requestRedeem",
        args: [shares, second, second],
      }),
    );
  await leave(ether(400));
  await pass(test, 604_801n);
  await confirmed(await test.client.writeContract({ ...vault, functionName: "claimDue", args: [second] }));
  await leave(ether(4_000));
  const unbonding = async () =>
    (await chain.client.readContract({ ...vault, functionName: "unbondingState" }))[0];
  const priced = await unbonding();
  await miss(test, second, ether(5));
  expect(await unbonding()).toBeLessThan(priced);
  await leave(ether(450));
  await bid(test, second, ether(1), 8n);
  await bid(test, third, ether(1), 9n);

  const { database, catchUp } = await following(chain);
  const app = await sceneApi({ database, catchUp });
  await catchUp();
  const left = await unbonding();
  const deployment = await openDeployment(database, system);
  const { entries = [] } = (await readDirectory(database, deployment)) ?? {};
  const id = entries.find(({ prover }) => prover === second)?.id ?? 0;
  expect((await readCollateral(database, deployment)).get(id)).toMatchObject({ unbonding: left });
  // Of less stake than the third has, but for those who leave.
  const listed = (await ask(app, "/v1/provers?sort=at-risk&order=descending")).provers.map(
    ({ prover, collateral }: { prover: string; collateral: { locked: string; unbonding: string } }) => [
      prover.toLowerCase(),
      collateral.locked,
      collateral.unbonding,
    ],
  );
  const bond = listed[0][1];
  expect(bond).not.toBe("0");
  expect(listed.slice(0, 2)).toEqual([
    [third, bond, "0"],
    [second, bond, String(left)],
  ]);
});

it("the list of provers pages through any order without missing or repeating a prover, and refuses what is no page's end", async () => {
  const app = await sceneApi();
  await app.inject("/v1/epochs");
  const sorts = ["address", "stake", "price", "return7", "on-time", "commission", "state", "misses"];
  sorts.push("self-stake", "free", "at-risk");
  for (const sort of sorts) {
    for (const order of ["ascending", "descending"]) {
      const seen: string[] = [];
      let after = "";
      do {
        const page = await ask(app, `/v1/provers?limit=1&sort=${sort}&order=${order}${after}`);
        seen.push(...page.provers.map(({ prover }: { prover: string }) => prover));
        after = page.next === null ? "" : `&after=${encodeURIComponent(page.next)}`;
      } while (after !== "");
      expect(seen.length).toBe(provers.length);
      expect(new Set(seen).size).toBe(provers.length);
    }
  }
  const [first] = provers;
  const found = await ask(app, `/v1/provers?search=${first.slice(4, 12).toUpperCase()}`);
  expect(found.provers.map(({ prover }: { prover: string }) => prover)).toContain(getAddress(first));
  for (const query of ["sort=stake&after=7", `sort=stake&after=${first}`, "search=xyz", "sort=luck"]) {
    const { statusCode, json } = await app.inject(`/v1/provers?${query}`);
    expect([query, statusCode, json().error.code]).toEqual([query, 400, "invalid-request"]);
  }
});
