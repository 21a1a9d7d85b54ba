// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getContractAddress, type PublicClient } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { type Signer, signerFor } from "../../../service/chain/signer.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address } from "../../../service/core/types.ts";
import { readArtifact } from "../../../service/deploy/artifacts.ts";
import { BOUNDS, MULTIPLIER_BOUNDS, VERIFIER_COUNT, WINDOW_DIVISOR } from "../../../service/deploy/bounds.ts";
import { type DeployConfig, readDeployConfig } from "../../../service/deploy/config.ts";
import { planSteps } from "../../../service/deploy/plan.ts";
import type { Progress } from "../../../service/deploy/progress.ts";
import { deployAll } from "../../../service/deploy/run.ts";
import { simulate } from "../../../service/deploy/simulate.ts";
import { checkToken } from "../../../service/deploy/token.ts";
import { type Anvil, startAnvil } from "../helpers/anvil.ts";

const EXAMPLE = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../../script/deploy.example.json", import.meta.url)), "utf8"),
);
const ORDER = ["token", "verifier:pico-v1.2.2", "registry", "market", "distributor", "lens", "router"];

let anvil: Anvil;
let chain: Chain;
let client: PublicClient;
let config: DeployConfig;
let signer: Signer;
let snapshot: `0x${string}`;

beforeAll(async () => {
  await initKeccak();
  anvil = await startAnvil();
  chain = await connect({ rpcUrl: anvil.rpcUrl });
  client = chain.client;
  const [from] = (await anvil.client.getAddresses()) as [Address];
  signer = signerFor(chain, { from });
  config = await configOf({});
});

afterAll(() => anvil?.stop());

beforeEach(async () => {
  snapshot = await anvil.client.snapshot();
});

afterEach(() => anvil.client.revert({ id: snapshot }));

async function configOf(changes: object): Promise<DeployConfig> {
  const { timestamp } = await client.getBlock();
  return readDeployConfig(JSON.stringify({ ...EXAMPLE, ...changes }), { chainId: 31_337n, timestamp });
}

/** What an operator has: a file that outlives the process, and a command to run again. */
function operator() {
  const said: string[] = [];
  let progress: Progress = {
    ...{ chainId: 31_337n, deployer: signer.address, configHash: "0x", startBlock: 0n, sent: {} },
  };
  const run = ({
    onWrite = async () => {},
    as = signer,
  }: {
    onWrite?: (written: Progress) => Promise<void>;
    as?: Signer;
  } = {}) =>
    deployAll({
      ...{
        client,
        signer: as,
        config,
        read: readArtifact,
        progress,
        log: (line: string) => void said.push(line),
      },
      progressFile: {
        read: async () => progress,
        async write(written) {
          progress = written;
          await onWrite(written);
        },
      },
    });
  return { run, said, progress: () => progress };
}

const placesIn = ({ sent }: Progress) =>
  Object.fromEntries(Object.entries(sent).map(([key, { address }]) => [key, address]));
const nonce = () => client.getTransactionCount({ address: signer.address });
const ask = (contract: string, address: string | undefined, functionName: string) =>
  client.readContract({ address: address as Address, abi: readArtifact(contract).abi, functionName });

async function expectWired(progress: Progress): Promise<void> {
  const at = placesIn(progress);
  expect(Object.keys(at).toSorted()).toEqual(ORDER.toSorted());
  expect(String(await ask("ProverRegistry", at.registry, "distributor")).toLowerCase()).toBe(at.distributor);
  expect(String(await ask("RewardDistributor", at.distributor, "market")).toLowerCase()).toBe(at.market);
  expect(String(await ask("ProvenderLens", at.lens, "distributor")).toLowerCase()).toBe(at.distributor);
  expect(String(await ask("DepositRouter", at.router, "registry")).toLowerCase()).toBe(at.registry);
}

async function foreign(): Promise<void> {
  const hash = await anvil.client.sendTransaction({
    account: signer.address,
    to: signer.address,
    chain: null,
  });
  await anvil.client.waitForTransactionReceipt({ hash });
}

describe("a deployment", () => {
  it("puts every contract where it was announced, for the gas that was announced", async () => {
    const from = { deployer: signer.address, nonce: await nonce(), deployed: new Map(), read: readArtifact };
    const steps = planSteps(config, from);
    expect(steps.map(({ key }) => key)).toEqual(ORDER);
    const gas = await simulate(client, signer.address, steps, readArtifact);
    expect(await nonce()).toBe(from.nonce);
    const { run } = operator();
    const progress = await run();
    await expectWired(progress);
    for (const [i, { key, address, deployedSize }] of steps.entries()) {
      const sent = progress.sent[key];
      expect(sent?.address).toBe(address);
      expect(((await client.getCode({ address })) ?? "0x").length).toBe(2 + 2 * deployedSize);
      const { gasUsed } = await client.getTransactionReceipt({
        hash: sent?.sending.attempts[0]?.hash as `0x${string}`,
      });
      const off = Number(gasUsed - (gas?.[i] ?? 0n)) / Number(gasUsed);
      expect(Math.abs(off), key).toBeLessThan(0.01);
    }
  });

  it("has the bounds of the contracts", async () => {
    const at = placesIn(await operator().run());
    const both = (contract: string, address: string | undefined, least: string | undefined, most: string) =>
      Promise.all([least === undefined ? 0n : ask(contract, address, least), ask(contract, address, most)]);
    const registry = (least: string | undefined, most: string) =>
      both("ProverRegistry", at.registry, least, most);
    const market = (least: string | undefined, most: string) => both("ProofMarket", at.market, least, most);
    const numbers = (bounds: readonly unknown[]) => bounds.map(String);
    const of = (name: keyof typeof BOUNDS) => numbers(BOUNDS[name]);
    const uses = async (asked: Promise<unknown[]>) => numbers(await asked);
    expect(await uses(registry("MIN_UNBONDING_DELAY", "MAX_UNBONDING_DELAY"))).toEqual(
      of("registry.unbondingDelay"),
    );
    expect(await uses(registry("MIN_VESTING_PERIOD", "MAX_VESTING_PERIOD"))).toEqual(
      of("registry.vestingPeriod"),
    );
    expect(await uses(registry("MIN_MIN_SELF_STAKE", "MAX_MIN_SELF_STAKE"))).toEqual(
      of("registry.minSelfStake"),
    );
    expect(await uses(registry(undefined, "MAX_COMMISSION_BPS"))).toEqual(of("registry.maxCommissionBps"));
    expect(await uses(registry(undefined, "MAX_COMMISSION_NOTICE"))).toEqual(of("registry.commissionNotice"));
    expect(await uses(market("MIN_EPOCH_LENGTH", "MAX_EPOCH_LENGTH"))).toEqual(of("market.epochLength"));
    expect(await uses(market("MIN_EXPIRY_GRACE", "MAX_EXPIRY_GRACE"))).toEqual(of("market.expiryGrace"));
    expect(await uses(market(undefined, "MAX_PROTOCOL_FEE_BPS"))).toEqual(of("market.protocolFeeBps"));
    expect(await uses(market("MIN_LOCK_BPS", "MAX_LOCK_BPS"))).toEqual(of("market.lockBps"));
    expect((await uses(market(undefined, "MAX_STAKE_MULTIPLE")))[1]).toBe(of("market.maxStakeMultiple")[1]);
    expect((await uses(market(undefined, "MAX_MIN_FEE")))[1]).toBe(of("market.minFee")[1]);
    expect(await uses(market("MIN_BOND", "MAX_BOND"))).toEqual(of("market.bond"));
    expect((await uses(market(undefined, "MAX_OPEN_ASSIGNMENTS")))[1]).toBe(
      of("market.maxOpenAssignments")[1],
    );
    expect(await uses(market(undefined, "MAX_MULTIPLIER_BPS"))).toEqual(numbers(MULTIPLIER_BOUNDS));
    expect((await uses(market(undefined, "MAX_VERIFIERS")))[1]).toBe(String(VERIFIER_COUNT[1]));
    const distributor = (name: string) => ask("RewardDistributor", at.distributor, name);
    expect(String(await distributor("MIN_CHALLENGE_WINDOW"))).toBe(of("distributor.challengeWindow")[0]);
    expect(await distributor("MAX_WINDOW_DIVISOR")).toBe(WINDOW_DIVISOR);
    expect(String(await distributor("MAX_BUDGET"))).toBe(of("distributor.budget")[1]);
  });

  it("stopped at any moment, goes on where it was, and sends nothing twice", async () => {
    const { run, progress } = operator();
    const before = await nonce();
    let stops = 0;
    const crash = async () => {
      stops++;
      throw new Error("crash");
    };
    for (const key of ORDER) {
      // Written down and not sent; then sent and not heard of.
      await expect(run({ onWrite: crash })).rejects.toThrow("crash");
      expect(progress().sent[key]?.mined).toBe(false);
      await expect(run({ onWrite: crash })).rejects.toThrow("crash");
      expect(progress().sent[key]?.mined).toBe(true);
    }
    await expectWired(await run());
    expect(stops).toBe(2 * ORDER.length);
    expect(await nonce()).toBe(before + ORDER.length);
  });

  it.each(["token", "verifier:pico-v1.2.2", "distributor"])(
    "goes on after another transaction of the account that hurts nothing: after %s",
    async (key) => {
      const onWrite = async ({ sent }: Progress) => {
        if (sent[key]?.mined && Object.keys(sent).at(-1) === key) await foreign();
      };
      await expectWired(await operator().run({ onWrite }));
    },
  );

  it.each(["registry", "market"])(
    "stops before more is lost when another transaction comes after %s, and mends it when run again",
    async (key) => {
      const { run, progress } = operator();
      const onWrite = async ({ sent }: Progress) => {
        if (sent[key]?.mined && Object.keys(sent).at(-1) === key) await foreign();
      };
      await expect(run({ onWrite })).rejects.toMatchObject({
        code: "replaced",
        message: expect.stringMatching(/registry 0x.*Nothing more was sent/),
        hint: expect.stringContaining("run the same command again"),
      });
      const kept = placesIn(progress());
      expect(Object.keys(kept)).toEqual(["token", "verifier:pico-v1.2.2"]);
      const used = await nonce();
      const done = await run();
      await expectWired(done);
      expect(placesIn(done)).toMatchObject(kept);
      expect(await nonce()).toBe(used + ORDER.length - Object.keys(kept).length);
    },
  );

  it("stops when another transaction takes the very nonce that the market was signed for", async () => {
    const { run } = operator();
    let sent = 0;
    // As the account's owner would from another machine, between signing and sending.
    const racing: Signer = {
      ...signer,
      async broadcast(raw) {
        if (ORDER[sent++] === "market") await foreign();
        await signer.broadcast(raw);
      },
    };
    await expect(run({ as: racing })).rejects.toMatchObject({ code: "replaced" });
    await expectWired(await run());
  });

  it("finds the market elsewhere than the registry would expect, before anything is sent", async () => {
    const from = {
      deployer: signer.address,
      nonce: (await nonce()) + 1,
      deployed: new Map(),
      read: readArtifact,
    };
    await expect(
      simulate(client, signer.address, planSteps(config, from), readArtifact),
    ).rejects.toMatchObject({
      code: "replaced",
    });
  });

  it("says what a constructor refuses, before anything is sent", async () => {
    const tampered = { ...config, registry: { ...config.registry, vestingPeriod: 1n } };
    const from = { deployer: signer.address, nonce: await nonce(), deployed: new Map(), read: readArtifact };
    const act = simulate(client, signer.address, planSteps(tampered, from), readArtifact);
    await expect(act).rejects.toMatchObject({
      message: expect.stringContaining("the constructor of ProverRegistry refuses: InvalidParameter"),
    });
  });

  it("gives the system to a timelock that administers itself", async () => {
    const people = { proposers: [`0x${"0".repeat(39)}1`], executors: [`0x${"0".repeat(39)}2`] };
    const roles = { ...EXAMPLE.roles, owner: "timelock" };
    const before = config;
    config = await configOf({ roles, timelock: { minDelay: 86_400, ...people } });
    try {
      const at = placesIn(await operator().run());
      expect(String(await ask("ProverRegistry", at.registry, "owner")).toLowerCase()).toBe(at.timelock);
      const { abi } = readArtifact("TimelockController");
      const has = (role: string, who: string | undefined) =>
        ask("TimelockController", at.timelock, role).then((id) =>
          client.readContract({
            address: at.timelock as Address,
            abi,
            functionName: "hasRole",
            args: [id, who],
          }),
        );
      expect(await ask("TimelockController", at.timelock, "getMinDelay")).toBe(86_400n);
      expect(await has("PROPOSER_ROLE", people.proposers[0])).toBe(true);
      expect(await has("EXECUTOR_ROLE", people.executors[0])).toBe(true);
      expect(await has("DEFAULT_ADMIN_ROLE", at.timelock)).toBe(true);
      expect(await has("DEFAULT_ADMIN_ROLE", signer.address)).toBe(false);
    } finally {
      config = before;
    }
  });
});

describe("a token that exists", () => {
  /** Code that answers one word to whatever it is asked, or nothing. */
  const answering = (word: number) => `0x60${word.toString(16).padStart(2, "0")}5f5260205ff3` as const;
  const token = getContractAddress({ from: `0x${"7".repeat(40)}`, nonce: 1n }).toLowerCase() as Address;
  const told = (problem: string) => ({ message: `deploy config: token: ${problem}` });

  it("needs code, 18 decimals and a supply below 2^96", async () => {
    await expect(checkToken(client, token)).rejects.toMatchObject(told("has no code on this chain"));
    await anvil.client.setCode({ address: token, bytecode: "0x5f5ffd" });
    await expect(checkToken(client, token)).rejects.toMatchObject(told("does not say its decimals"));
    await anvil.client.setCode({ address: token, bytecode: answering(6) });
    await expect(checkToken(client, token)).rejects.toMatchObject(told("does not have 18 decimals"));
    // 18 to decimals(), 2^96 to totalSupply().
    const big = "0x5f3560e01c63313ce567146022576c010000000000000000000000005f5260205ff35b60125f5260205ff3";
    await anvil.client.setCode({ address: token, bytecode: big });
    await expect(checkToken(client, token)).rejects.toMatchObject(told("has a supply of 2^96 wei or more"));
    await anvil.client.setCode({ address: token, bytecode: answering(18) });
    await checkToken(client, token);
  });
});
