// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, encodeFunctionData, type Hex, numberToHex, parseAbi } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect } from "../../../../service/chain/client.ts";
import { type Signer, signerFor } from "../../../../service/chain/signer.ts";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { outboxOf } from "../../../../service/epoch/outbox.ts";
import { epochRewardsAbi } from "../../../../service/networks/provernet/abi.ts";
import { configFromJson } from "../../../../service/networks/provernet/config.ts";
import { openContracts } from "../../../../service/networks/provernet/open.ts";
import { chunksOf } from "../../../../service/networks/provernet/output.ts";
import { distribute, leftToSet, setCall, setRewards } from "../../../../service/networks/provernet/post.ts";
import { fileStore } from "../../../../service/store/file-store.ts";
import { lyingEndpoint } from "../../audit/proxy.ts";
import { cli } from "../../helpers/cli.ts";
import { newFolder } from "../../helpers/folder.ts";
import { confirm, ether } from "../../helpers/system.ts";
import {
  call,
  EPOCH,
  endOf,
  finalize,
  type LiveNetwork,
  liveConfig,
  networkAbi,
  serve,
  startNetwork,
  WORK_POLICY,
} from "./live.ts";

const SAFE = `0x${"5a".repeat(20)}` as Address;
let network: LiveNetwork;
let folder: string;
let snapshot: Hex;

/** Epoch 1 is over and final, and nothing is set: P0 to P4 worked for fees of 1 to 5. */
beforeAll(async () => {
  await initKeccak();
  network = await startNetwork(5);
  for (const [i, prover] of network.provers.entries()) await serve(network, prover, i, i + 1);
  await endOf(network, 1);
  folder = newFolder();
  snapshot = await network.client.snapshot();
}, 60_000);

beforeEach(async () => {
  await network.client.revert({ id: snapshot });
  snapshot = await network.client.snapshot();
  rmSync(join(folder, "data"), { recursive: true, force: true });
  writeFileSync(join(folder, "network.json"), JSON.stringify(liveConfig(network)));
  writeFileSync(join(folder, "policy.json"), JSON.stringify(WORK_POLICY));
});

afterAll(() => {
  network?.anvil.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const run = (...words: string[]) => command(["epoch", "run", ...words]);

async function command(
  words: string[],
  env: Record<string, string> = {},
  rpcUrl: string = network.anvil.rpcUrl,
) {
  const where = ["--network", "provernet", "--network-config", "network.json", "--rpc", rpcUrl];
  const rest = ["--policy", "policy.json", "--json", "--data-dir", "data"];
  const { code, stdout, stderr } = await cli([...words, ...where, ...rest], { cwd: folder, env });
  return { code, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}

const by = (account: Address) => ["--from", account];

/** Takes what EpochRewards holds beyond that. */
async function leaveFunds(amount: bigint): Promise<void> {
  const { client, epochRewards, token, owner } = network;
  const abi = parseAbi(["function transfer(address, uint256)"]);
  const funds = await client.readContract({
    ...{ address: token, abi: networkAbi, functionName: "balanceOf", args: [epochRewards] },
  });
  await client.impersonateAccount({ address: epochRewards });
  await client.setBalance({ address: epochRewards, value: 10n ** 18n });
  const data = encodeFunctionData({ abi, args: [owner, funds - amount] });
  await confirm(client, client.sendTransaction({ account: epochRewards, to: token, data }));
}

async function held(epoch = 1) {
  const rewards = await Promise.all(
    network.provers.map((prover) =>
      network.client.readContract({
        ...{ address: network.epochRewards, abi: networkAbi },
        ...{ functionName: "epochProverRewards", args: [epoch, prover] },
      }),
    ),
  );
  return { amounts: rewards.map(([amount]) => amount), paid: rewards.map(([, distributed]) => distributed) };
}

/** By fees, the last wei to the largest remainders. */
const AMOUNTS = [1n, 2n, 3n, 4n, 5n].map((fee, i) => (ether(100_000) * fee) / 15n + (i % 3 === 0 ? 1n : 0n));

/** The same amounts two by two, as a job with less gas would send them. */
async function chunked(size = 2) {
  const chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  const contracts = await openContracts(chain, configFromJson(liveConfig(network)));
  const epoch = { epoch: 1, start: network.start, end: network.start + EPOCH };
  const rewards = network.provers.map((prover, i) => ({
    prover: prover.toLowerCase() as Address,
    amount: AMOUNTS[i] as bigint,
  }));
  const output = { ...epoch, chunks: chunksOf(epoch, rewards, 120_000n + BigInt(size) * 32_000n) };
  const signer = signerFor(chain, { from: network.updater });
  const options = { outbox: outboxOf(fileStore(join(folder, "data")), signer), log: () => undefined };
  return { client: chain.client, contracts, output, signer, options, wait: { every: 50, patience: 60_000 } };
}

/** Blocks go by while something is done. */
async function whileMining<T>(act: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  act.then(end, end);
  while (!done) {
    await network.client.mine({ blocks: 1, interval: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return act;
}

const setCount = async (fromBlock = 0n) =>
  (
    await network.client.getLogs({
      ...{ address: network.epochRewards, fromBlock },
      event: {
        ...{ type: "event", name: "RewardsSet" },
        inputs: [
          { name: "epoch", type: "uint32", indexed: true },
          { name: "prover", type: "address", indexed: true },
          { name: "amount", type: "uint256" },
        ],
      } as const,
    })
  ).length;

describe("rewards that are sent by key", () => {
  test("are set, then paid into commission and vaults, and running it again changes nothing", async () => {
    const { client, controller, token, provers, updater } = network;
    await call(network, provers[0] as Address, controller, "setCommissionRate", network.epochRewards, 2_000n);
    const done = await run("--post", "--distribute", ...by(updater));
    expect(done.code, done.stderr).toBe(0);
    expect(done.json).toMatchObject({ epoch: 1, status: "set", left: [] });
    expect(await held()).toEqual({ amounts: AMOUNTS, paid: AMOUNTS.map(() => true) });
    const [first, second] = provers as [Address, Address];
    const read = (
      address: Address,
      functionName: "commissionOf" | "getProverVault" | "balanceOf",
      of: Address,
    ) => client.readContract({ address, abi: networkAbi, functionName, args: [of] });
    expect(await read(controller, "commissionOf", first)).toBe((AMOUNTS[0] as bigint) / 5n);
    const vault = (await read(controller, "getProverVault", second)) as Address;
    // Its stake, what the protocol left of its fee of 2, and its reward.
    expect(await read(token, "balanceOf", vault)).toBe(ether(1_001.8) + (AMOUNTS[1] as bigint));
    const before = await client.getBlockNumber();
    const again = await run("--epoch", "1", "--post", "--distribute", ...by(updater));
    expect(again.json).toMatchObject({ status: "set-before", transactions: [], distributed: [], left: [] });
    expect(await client.getBlockNumber()).toBe(before);
    // The next one is not over yet.
    expect((await run("--post", ...by(updater))).code).toBe(4);
  });

  test("are set by nobody where the times that the epoch's end follows from are not the blocks'", async () => {
    const liar = await lyingEndpoint(network.anvil.rpcUrl);
    try {
      const end = network.start + EPOCH;
      liar.twist = ({ method }, result) => {
        if (method !== "eth_getBlockByNumber") return result;
        const block = result as { readonly timestamp: Hex };
        return BigInt(block.timestamp) === end ? { ...block, timestamp: numberToHex(end - 1n) } : block;
      };
      const words = ["epoch", "run", "--post", ...by(network.updater)];
      const { code, stderr } = await command(words, {}, liar.rpcUrl);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/block \d+, as it is given, does not hash to/),
      ]);
      expect((await held()).amounts).toEqual(AMOUNTS.map(() => 0n));
    } finally {
      liar.close();
    }
  });

  test("are bytes only where role, funds or the simple proof are missing, and nothing is sent", async () => {
    const { client, epochRewards, token, updater, owner, others } = network;
    const before = await client.getBlockNumber();
    const stranger = await run("--post", ...by(others[0] as Address));
    expect(stranger.json).toMatchObject({ status: "bytes-only", reason: expect.stringContaining("ROLE") });
    expect(stranger.json.chunks[0].circuitOutput).toMatch(/^0x00000001/);
    expect(await client.getBlockNumber()).toBe(before);
    await leaveFunds(ether(99_999));
    const poor = await run("--post", ...by(updater));
    expect(poor.json).toMatchObject({ status: "bytes-only", reason: expect.stringContaining("fund it") });
    await call(network, owner, token, "mint", epochRewards, ether(2));
    const proof = await client.readContract({
      ...{ address: epochRewards, abi: epochRewardsAbi, functionName: "brevisProof" },
    });
    // A contract that wants another proof.
    await client.setCode({ address: proof, bytecode: "0x5f5ffd" });
    const circuit = await run("--post", ...by(updater));
    expect(circuit.json).toMatchObject({
      ...{ status: "bytes-only", reason: expect.stringContaining("its own circuit") },
    });
    expect(await setCount()).toBe(0);
  });

  test("funds are counted with what was set before and is not paid", async () => {
    const { epochRewards, token, updater, owner, provers } = network;
    expect((await run("--post", ...by(updater))).json).toMatchObject({ status: "set" });
    await serve(network, provers[0] as Address, 9, 1);
    await endOf(network, 2);
    await leaveFunds(ether(150_000));
    const { json } = await run("--post", ...by(updater));
    expect(json).toMatchObject({
      epoch: 2,
      status: "bytes-only",
      reason: expect.stringContaining("fund it"),
    });
    // What is paid already has left.
    await call(network, updater, epochRewards, "distributeRewards", 1, network.provers.slice(0, 4));
    await finalize(network);
    expect((await run("--post", ...by(updater))).json).toMatchObject({ epoch: 2, status: "bytes-only" });
    await call(network, owner, token, "mint", epochRewards, ether(50_000));
    expect((await run("--post", ...by(updater))).json).toMatchObject({ epoch: 2, status: "set" });
  });

  test("a job that dies before or after a call goes on where it was, in the order of addresses, and sets nothing twice", async () => {
    for (const [death, when] of [
      [1, "before"],
      [2, "after"],
    ] as const) {
      await network.client.revert({ id: snapshot });
      snapshot = await network.client.snapshot();
      rmSync(join(folder, "data"), { recursive: true, force: true });
      const sending = await chunked();
      expect(sending.output.chunks).toHaveLength(3);
      await expect(
        whileMining(setRewards({ ...sending, signer: mortal(sending.signer, death, when) }, sending.output)),
      ).rejects.toThrow(/died/);
      const next = await chunked();
      const left = await leftToSet(next, next.output);
      expect(left).toHaveLength(when === "before" ? 3 : 1);
      expect(await whileMining(setRewards(next, next.output))).toHaveLength(left.length);
      expect((await held()).amounts).toEqual(AMOUNTS);
      expect(await setCount()).toBe(5);
    }
  });

  test("each call waits until the one before it is final", async () => {
    const sending = await chunked();
    await expect(setRewards({ ...sending, wait: { every: 1, patience: 0 } }, sending.output)).rejects.toThrow(
      /not final yet/,
    );
    expect(await leftToSet(sending, sending.output)).toHaveLength(2);
    await finalize(network);
    await expect(setRewards({ ...sending, wait: { every: 1, patience: 0 } }, sending.output)).rejects.toThrow(
      /not final yet/,
    );
    expect(await leftToSet(sending, sending.output)).toHaveLength(1);
  });

  test("a call that a reorganisation takes back is sent again, before the ones after it", async () => {
    const { client } = network;
    const sending = await chunked();
    const before = await client.snapshot();
    await expect(setRewards({ ...sending, wait: { every: 1, patience: 0 } }, sending.output)).rejects.toThrow(
      /not final yet/,
    );
    expect(await setCount()).toBe(2);
    await client.revert({ id: before });
    expect(await setCount()).toBe(0);
    await whileMining(setRewards(sending, sending.output));
    expect((await held()).amounts).toEqual(AMOUNTS);
    expect(await setCount()).toBe(5);
  });

  test("what somebody else has set of the same amounts, in other pieces, is not set again", async () => {
    const { owner } = network;
    const sending = await chunked();
    await call(network, owner, network.epochRewards, "grant", owner);
    const { output: other } = await chunked(3);
    const { args } = await setCall(sending, other.chunks[0] as never);
    await call(network, owner, network.epochRewards, "setRewards", ...(args as unknown[]));
    expect((await leftToSet(sending, sending.output)).map(({ rewards }) => rewards.length)).toEqual([1, 1]);
    await whileMining(setRewards(sending, sending.output));
    expect((await held()).amounts).toEqual(AMOUNTS);
    expect(await setCount()).toBe(5);
  });

  test("other amounts, and an address that was left out, stop everything before it is sent", async () => {
    const { owner, epochRewards } = network;
    await call(network, owner, epochRewards, "grant", owner);
    const sending = await chunked();
    const outOfOrder = sending.output.chunks[1] as never;
    const { args } = await setCall(sending, outOfOrder);
    await call(network, owner, epochRewards, "setRewards", ...(args as unknown[]));
    await expect(setRewards(sending, sending.output)).rejects.toThrow(/shut out for/);
    const shut = await run("--epoch", "1", "--post", ...by(network.updater));
    expect([shut.code, shut.stderr]).toEqual([1, expect.stringContaining("a higher address")]);
    const { output } = await chunked(5);
    const [chunk] = output.chunks;
    const others = chunksOf(output, chunk?.rewards.slice(4).map((one) => ({ ...one, amount: 5n })) ?? []);
    await network.client.revert({ id: snapshot });
    snapshot = await network.client.snapshot();
    await call(network, owner, epochRewards, "grant", owner);
    const wrong = await setCall(sending, others[0] as never);
    await call(network, owner, epochRewards, "setRewards", ...(wrong.args as unknown[]));
    expect((await run("--epoch", "1")).json).toMatchObject({ status: "cannot-be-set" });
    await expect(setRewards(sending, sending.output)).rejects.toThrow(/not those computed here/);
  });

  test("epochs go in order: what is begun or was left out comes first, unless it is to be lost", async () => {
    const { provers, updater } = network;
    await serve(network, provers[1] as Address, 20, 2);
    await endOf(network, 2);
    const early = await run("--epoch", "2", "--post", ...by(updater));
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("epoch 1 has to come first")]);
    // Half of epoch 1 is set and final; the next run goes on with it by itself.
    const sending = await chunked();
    await expect(setRewards({ ...sending, wait: { every: 1, patience: 0 } }, sending.output)).rejects.toThrow(
      /not final yet/,
    );
    await finalize(network);
    const begun = await run("--epoch", "2", "--post", ...by(updater));
    expect(begun.stderr).toContain("epoch 1 has to come first");
    expect((await run("--post", ...by(updater))).json).toMatchObject({ epoch: 1, status: "set" });
    expect((await held()).amounts).toEqual(AMOUNTS);
    await finalize(network);
    expect((await run("--post", ...by(updater))).json).toMatchObject({ epoch: 2, status: "set" });
    // Nobody works in epoch 3: epoch 4 is next.
    await endOf(network, 3);
    await serve(network, provers[1] as Address, 21, 2);
    await endOf(network, 4);
    expect((await run("--post", ...by(updater))).json).toMatchObject({ epoch: 4, status: "set" });
    await serve(network, provers[1] as Address, 22, 2);
    await endOf(network, 5);
    await serve(network, provers[1] as Address, 23, 2);
    await endOf(network, 6);
    const skipped = await run("--epoch", "6", "--post", "--skip-unset", ...by(updater));
    expect(skipped.json).toMatchObject({ epoch: 6, status: "set" });
    expect((await run("--epoch", "5")).json).toMatchObject({ status: "cannot-be-set" });
  });

  test("another policy does not hide what was begun under the one before", async () => {
    const { provers, updater } = network;
    await serve(network, provers[1] as Address, 20, 2);
    await endOf(network, 2);
    const sending = await chunked();
    const { rememberPosting } = await import("../../../../service/networks/provernet/posting.ts");
    await rememberPosting(fileStore(join(folder, "data")), sending.contracts, sending.output);
    await expect(setRewards({ ...sending, wait: { every: 1, patience: 0 } }, sending.output)).rejects.toThrow(
      /not final yet/,
    );
    await finalize(network);
    const other = {
      ...WORK_POLICY,
      guards: { ...WORK_POLICY.guards, minStake: "1000000000000000000000000" },
    };
    writeFileSync(join(folder, "policy.json"), JSON.stringify(other));
    const { code, stderr } = await run("--epoch", "2", "--post", ...by(updater));
    expect([code, stderr]).toEqual([1, expect.stringContaining("epoch 1 has to come first")]);
  });
});

/** A signer whose process dies at the given transaction, before or after it is sent. */
function mortal(signer: Signer, at: number, when: "before" | "after"): Signer {
  let sent = 0;
  return {
    ...signer,
    async broadcast(raw) {
      const dies = ++sent >= at;
      if (dies && when === "before") throw new Error("died");
      await signer.broadcast(raw);
      if (dies) throw new Error("died");
    },
  };
}

describe("payment", () => {
  test("leaves out who is not active, by name, and pays the others; later that one too", async () => {
    const { updater, owner, controller, provers } = network;
    const inactive = provers[2] as Address;
    expect((await run("--epoch", "1", "--distribute", ...by(updater))).code).toBe(4);
    await call(network, owner, controller, "setState", inactive, 2);
    const { json } = await run("--post", "--distribute", ...by(updater));
    expect(json.left).toEqual([{ prover: inactive.toLowerCase(), reason: "it is not active" }]);
    expect((await held()).paid).toEqual([true, true, false, true, true]);
    await call(network, owner, controller, "setState", inactive, 1);
    const later = await run("--epoch", "1", "--distribute", ...by(updater));
    expect(later.json).toMatchObject({ status: "set-before", left: [], distributed: [expect.any(String)] });
    expect((await held()).paid).toEqual(AMOUNTS.map(() => true));
  });

  test("goes on by halves when somebody leaves after the batch was tried", async () => {
    const { owner, controller, provers, client } = network;
    const sending = await chunked(5);
    await setRewards(sending, sending.output);
    const leaver = provers[4] as Address;
    let sent = 0;
    const signer: Signer = {
      ...sending.signer,
      async broadcast(raw) {
        // In the block before that of the batch.
        if (++sent === 1) await call(network, owner, controller, "setState", leaver, 3);
        await sending.signer.broadcast(raw);
      },
    };
    const { left, transactions } = await distribute({ ...sending, signer }, sending.output);
    expect(left.map(({ prover }) => prover)).toEqual([leaver.toLowerCase()]);
    expect(transactions.length).toBeGreaterThan(1);
    expect((await held()).paid).toEqual([true, true, true, true, false]);
    expect(await client.getBlockNumber()).toBeGreaterThan(0n);
  });
});

test("nothing is set, and nothing paid, before the named auditors have signed what was computed", async () => {
  const key = generatePrivateKey();
  writeFileSync(join(folder, "auditors.json"), JSON.stringify([privateKeyToAccount(key).address]));
  const needs = ["--require-attestations", "1", "--auditors", "auditors.json", ...by(network.updater)];
  const early = await run("--post", ...needs);
  expect([early.code, early.stderr]).toEqual([4, expect.stringContaining("0 of the named auditors")]);
  expect(await setCount()).toBe(0);
  const other = generatePrivateKey();
  const sign = (file: string, PROVENDER_PRIVATE_KEY: Hex) =>
    command(["attest", "--epoch", "1", "--sign", file], { PROVENDER_PRIVATE_KEY });
  expect((await sign("other.json", other)).code).toBe(0);
  expect((await run("--post", ...needs, "--attestations", "other.json")).code).toBe(4);
  expect((await sign("signed.json", key)).code).toBe(0);
  const given = ["--attestations", "other.json", "signed.json"];
  expect((await run("--post", ...needs, ...given)).json).toMatchObject({ status: "set" });
  const unpaid = await run("--epoch", "1", "--distribute", ...needs);
  expect(unpaid.code).toBe(4);
  const { json } = await run("--epoch", "1", "--distribute", ...needs, ...given);
  expect(json).toMatchObject({ status: "set-before", left: [] });
});

test("a Safe is given one call a file, set first, then paid", async () => {
  const { client, epochRewards, owner, provers, controller } = network;
  await call(network, owner, epochRewards, "grant", SAFE);
  const safe = ["--safe", "safe.json", "--safe-address", SAFE];
  const written = () => JSON.parse(readFileSync(join(folder, "safe.json"), "utf8")).transactions;
  const execute = async () => {
    await client.impersonateAccount({ address: SAFE });
    await client.setBalance({ address: SAFE, value: 10n ** 18n });
    for (const { to, contractMethod, contractInputsValues: values } of written()) {
      const args = contractMethod.inputs.map(({ name, type }: { name: string; type: string }) =>
        type.endsWith("[]") ? JSON.parse(values[name]) : values[name],
      );
      await call(network, SAFE, to, contractMethod.name, ...args);
    }
  };
  const set = await run(...safe);
  expect(set.json).toMatchObject({ status: "proposed", callsLeft: 0 });
  await execute();
  expect((await held()).amounts).toEqual(AMOUNTS);
  // The artifact is kept under its hash.
  const artifact = readFileSync(join(folder, "data", "artifacts", `${set.json.datasetHash}.json`), "utf8");
  expect(artifact).toContain("provender.artifact/2");
  await call(network, owner, controller, "setState", provers[0], 2);
  const paid = await run("--epoch", "1", ...safe, "--distribute");
  expect(paid.json).toMatchObject({ status: "proposed", left: [{ reason: "it is not active" }] });
  await execute();
  expect((await held()).paid).toEqual([false, true, true, true, true]);
  expect((await run("--epoch", "1", ...safe)).json).toMatchObject({ status: "set-before" });
});
