// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, keccak256, parseEther, parseGwei } from "viem";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { deliver } from "../../../service/chain/deliver.ts";
import { type Call, latestOf, type Outbox, type Sending } from "../../../service/chain/sending.ts";
import { type Limits, type Signer, signerFor } from "../../../service/chain/signer.ts";
import { lower } from "../../../service/chain/system.ts";
import type { Address } from "../../../service/core/types.ts";
import { type Anvil, startAnvil, type TestClient } from "../helpers/anvil.ts";
import { fakeChain } from "../helpers/chain.ts";

let anvil: Anvil;
let client: TestClient;
let chain: Chain;
let privateKey: Hex;
let account: PrivateKeyAccount;
let from: Address;

const CALL: Call = { to: `0x${"aa".repeat(20)}`, data: "0x11111111" };
const OTHER: Call = { ...CALL, data: "0x1111111100" };
const OF_ANOTHER_KIND: Call = { ...CALL, data: "0x22222222" };
const NEVER = 1_000_000;

beforeAll(async () => {
  anvil = await startAnvil();
  client = anvil.client;
  chain = await connect({ rpcUrl: anvil.rpcUrl });
});

beforeEach(async () => {
  privateKey = generatePrivateKey();
  account = privateKeyToAccount(privateKey);
  from = lower(account.address);
  await client.setBalance({ address: from, value: parseEther("10") });
  await client.setCode({ address: CALL.to, bytecode: "0x" });
  await client.setAutomine(false);
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
  await client.mine({ blocks: 1 });
  lines.length = 0;
  refused = false;
});

afterAll(() => anvil?.stop());

const lines: string[] = [];
const log = (line: string) => void lines.push(line);

/** A outbox in memory; `written` holds each state that was written. */
function outbox(first?: Sending): Outbox & { readonly written: Sending[] } {
  const written: Sending[] = first === undefined ? [] : [first];
  return { written, read: async () => written.at(-1), write: async (sending) => void written.push(sending) };
}

const signer = (limits: Limits = { stuckAfter: NEVER }) =>
  signerFor(chain, { key: { privateKey, source: "the test" }, ...limits });

let refused = false;
async function check(): Promise<void> {
  if (refused) throw new Error("it would revert");
}

function start(call: Call, by: Signer = signer(), memory = outbox()) {
  const receipt = deliver(chain.client, by, call, check, { outbox: memory, log });
  receipt.catch(() => undefined);
  return { receipt, written: memory.written };
}

async function inPool(hash: Hex): Promise<void> {
  await vi.waitFor(() => client.getTransaction({ hash }), { timeout: 45_000, interval: 20 });
}

/** The n-th state of a outbox, once its attempt is in the pool. */
async function sent(written: readonly Sending[], n = 1): Promise<Sending> {
  const sending = await vi.waitFor(
    () => {
      if (written.length < n) throw new Error(`written ${written.length} times`);
      return written[n - 1] as Sending;
    },
    { timeout: 45_000, interval: 20 },
  );
  await inPool(latestOf(sending).hash);
  return sending;
}

const said = (text: string) =>
  vi.waitFor(() => expect(lines.join("\n")).toContain(text), { timeout: 45_000 });
const nonce = () => client.getTransactionCount({ address: from });

describe("a transaction", () => {
  test("is written down, sent, and mined once", async () => {
    const { receipt, written } = start(CALL);
    const first = await sent(written);
    expect(first).toMatchObject({ ...CALL, from: from, chainId: 31_337n, nonce: 0 });
    expect(keccak256(latestOf(first).raw)).toBe(latestOf(first).hash);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(latestOf(first).hash);
    expect([written.length, await nonce()]).toEqual([1, 1]);
    expect(lines).toEqual([`sent transaction ${latestOf(first).hash}`]);
  });

  test("that is stuck is replaced at its nonce for at least an eighth more", async () => {
    const { receipt, written } = start(CALL, signer({ stuckAfter: 300 }));
    const second = await sent(written, 2);
    await client.mine({ blocks: 1 });
    const { transactionHash } = await receipt;
    expect(second.attempts.map(({ hash }) => hash)).toContain(transactionHash);
    const [before, after] = second.attempts as [Sending["attempts"][0], Sending["attempts"][0]];
    expect(8n * after.maxFeePerGas).toBeGreaterThanOrEqual(9n * before.maxFeePerGas);
    expect(8n * after.maxPriorityFeePerGas).toBeGreaterThanOrEqual(9n * before.maxPriorityFeePerGas);
    expect(await nonce()).toBe(1);
    expect(lines[1]).toContain(`transaction ${before.hash} is stuck: replaced by ${after.hash} for up to`);
  });

  test("that offers less than the base fee is replaced without delay", async () => {
    const { receipt, written } = start(CALL);
    const { maxFeePerGas } = latestOf(await sent(written));
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 20n * maxFeePerGas });
    await client.mine({ blocks: 1 });
    const second = latestOf(await sent(written, 2));
    expect(second.maxFeePerGas).toBeGreaterThan(20n * maxFeePerGas);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(second.hash);
    expect(await nonce()).toBe(1);
  });

  test("never offers more than the limit: it waits", async () => {
    const maxFee = parseGwei("3");
    const { receipt, written } = start(CALL, signer({ stuckAfter: NEVER, maxFee }));
    const first = latestOf(await sent(written));
    expect(first.maxFeePerGas).toBe(maxFee);
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 20n * maxFee });
    await client.mine({ blocks: 1 });
    await said(`transaction ${first.hash} is stuck, and --max-fee allows no more`);
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 1n });
    await client.mine({ blocks: 1 });
    // Anvil drops what it cannot mine.
    await inPool(first.hash);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(first.hash);
    expect(written.length).toBe(1);
  });

  test("that was dropped is sent again as it was", async () => {
    const { receipt, written } = start(CALL);
    const { hash } = latestOf(await sent(written));
    await client.dropTransaction({ hash });
    await expect(client.getTransaction({ hash })).rejects.toThrow();
    await inPool(hash);
    expect(lines).toContain(`transaction ${hash} was dropped: sent again`);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(hash);
    expect(written.length).toBe(1);
  });

  test("whose nonce another one took ends with that", async () => {
    const { receipt, written } = start(CALL);
    const { nonce: used, attempts } = await sent(written);
    await client.dropTransaction({ hash: (attempts[0] as Sending["attempts"][0]).hash });
    await client.sendTransaction({ account, to: OTHER.to, nonce: used, maxFeePerGas: parseGwei("90") });
    await client.mine({ blocks: 1 });
    await expect(receipt).rejects.toMatchObject({
      code: "replaced",
      message: `another transaction of ${from} was mined with nonce 0`,
    });
    expect(written.length).toBe(1);
  });

  test.each([
    ["its receipt", ["eth_getTransactionReceipt"], 5_000],
    ["receipt and transaction", ["eth_getTransactionReceipt", "eth_getTransactionByHash"], 1_500],
  ])("is not given up where an endpoint counts it before it finds %s", async (_, late, delay) => {
    let minedAt = Number.POSITIVE_INFINITY;
    const lagging = fakeChain(async (call) =>
      late.includes(call.method) && Date.now() < minedAt + delay ? null : chain.client.request(call as never),
    );
    const memory = outbox();
    const receipt = deliver(lagging.client, signer(), CALL, check, { outbox: memory, log });
    const { attempts } = await vi.waitFor(() => memory.written.at(-1) ?? Promise.reject(), 45_000);
    const { hash } = attempts[0] as Sending["attempts"][0];
    await inPool(hash);
    await client.mine({ blocks: 1 });
    minedAt = Date.now();
    expect((await receipt).transactionHash).toBe(hash);
  });

  test("that is mined and reverts is no success", async () => {
    const { receipt, written } = start(CALL);
    await sent(written);
    await client.setCode({ address: CALL.to, bytecode: "0x5f5ffd" });
    await client.mine({ blocks: 1 });
    await expect(receipt).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/^transaction 0x[0-9a-f]{64} was mined, and reverted$/),
    });
  });

  test("that nobody mines is left to the next run, which goes on with it", async () => {
    const { receipt, written } = start(CALL, signer({ stuckAfter: NEVER, patience: 0 }));
    const first = latestOf(await sent(written));
    await expect(receipt).rejects.toMatchObject({
      code: "not-ready",
      message: `transaction ${first.hash} is not mined yet`,
    });
    const next = start(CALL, signer(), outbox(written[0]));
    await said(`waiting for transaction ${first.hash}, which an earlier run sent`);
    await client.mine({ blocks: 1 });
    expect((await next.receipt).transactionHash).toBe(first.hash);
    expect([next.written.length, await nonce()]).toEqual([1, 1]);
  });
});

test("a run that is told to stop waits no longer for what it has sent, which the next one goes on with", async () => {
  const stopping = new AbortController();
  const memory = outbox();
  const { receipt, written } = start(CALL, signer({ stuckAfter: NEVER, signal: stopping.signal }), memory);
  const { attempts } = await sent(written);
  stopping.abort();
  await expect(receipt).rejects.toMatchObject({
    code: "not-ready",
    message: "told to stop while a transaction is under way",
  });
  const next = start(CALL, signer(), memory);
  await vi.waitFor(() => expect(lines.join()).toContain("which an earlier run sent"), 45_000);
  await client.mine({ blocks: 1 });
  expect((await next.receipt).transactionHash).toBe(attempts[0]?.hash);
});

describe("a run that goes on where another was stopped", () => {
  /** What is on disk of a run that was stopped before it could send. */
  async function unsent(call: Call): Promise<Sending> {
    const { receipt, written } = start(call, signer({ stuckAfter: NEVER, patience: 0 }));
    const sending = await sent(written);
    await receipt.catch(() => undefined);
    await client.dropTransaction({ hash: latestOf(sending).hash });
    return sending;
  }

  test("sends what was written down and not sent", async () => {
    const before = await unsent(CALL);
    const { receipt, written } = start(CALL, signer(), outbox(before));
    await inPool(latestOf(before).hash);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(latestOf(before).hash);
    expect(written).toEqual([before]);
  });

  test("finds whichever of several attempts was mined", async () => {
    const stuck = start(CALL, signer({ stuckAfter: 300 }));
    const before = await sent(stuck.written, 2);
    const [first, second] = before.attempts.map(({ hash }) => hash) as [Hex, Hex];
    await client.dropTransaction({ hash: second });
    await client.sendRawTransaction({ serializedTransaction: (before.attempts[0] as { raw: Hex }).raw });
    await client.mine({ blocks: 1 });
    expect((await stuck.receipt).transactionHash).toBe(first);
  });

  test("takes the nonce for another call of the same kind", async () => {
    const before = await unsent(OTHER);
    const { receipt, written } = start(CALL, signer(), outbox(before));
    const mine = await sent(written, 2);
    expect(mine).toMatchObject({ ...CALL, nonce: before.nonce });
    expect(8n * latestOf(mine).maxFeePerGas).toBeGreaterThanOrEqual(9n * latestOf(before).maxFeePerGas);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(latestOf(mine).hash);
    expect(await nonce()).toBe(1);
  });

  test("lets a call of another kind be mined first, if it is on its way", async () => {
    const other = start(OF_ANOTHER_KIND, signer({ stuckAfter: NEVER, patience: 0 }));
    const before = await sent(other.written);
    const { receipt, written } = start(CALL, signer(), outbox(before));
    await said(`waiting for transaction ${latestOf(before).hash}, which this account sent before`);
    await client.mine({ blocks: 1 });
    const mine = await sent(written, 2);
    expect(mine).toMatchObject({ ...CALL, nonce: before.nonce + 1 });
    await client.mine({ blocks: 1 });
    await receipt;
    expect(await nonce()).toBe(2);
  });

  test("takes the nonce of a call of another kind that never arrived", async () => {
    const before = await unsent(OF_ANOTHER_KIND);
    const { receipt, written } = start(CALL, signer(), outbox(before));
    expect(await sent(written, 2)).toMatchObject({ ...CALL, nonce: before.nonce });
    await client.mine({ blocks: 1 });
    await receipt;
    expect(await nonce()).toBe(1);
  });

  test("sends the same call anew once the nonce of the earlier one is used", async () => {
    const before = await unsent(CALL);
    await client.setAutomine(true);
    await client.sendTransaction({ account, to: OTHER.to, nonce: before.nonce });
    await vi.waitFor(async () => expect(await nonce()).toBe(1), 45_000);
    const { receipt, written } = start(CALL, signer(), outbox(before));
    await receipt;
    expect(written[1]).toMatchObject({ nonce: 1 });
  });
});

describe("a transaction that the chain contradicts, as an endpoint lied when it was made,", () => {
  const remade: string[] = [];
  const maxFee = parseGwei("100");
  const honest = () =>
    signerFor(chain, {
      key: { privateKey, source: "the test" },
      stuckAfter: NEVER,
      maxFee,
      onRemade: (what) => remade.push(what),
    });

  /** What is on disk of a transaction that was made from lies, and sent where it was accepted. */
  async function poisoned(lies: Partial<Record<"nonce", number> & Record<"gas" | "tip", bigint>>) {
    const { nonce = 0, gas = 30_000n, tip = parseGwei("1") } = lies;
    const fees = { maxFeePerGas: tip + parseGwei("2"), maxPriorityFeePerGas: tip };
    const raw = await honest().sign({ ...CALL, nonce, gas, ...fees });
    const attempts = [{ ...fees, raw, hash: keccak256(raw) }];
    return { ...CALL, chainId: 31_337n, from, nonce, gas, attempts } satisfies Sending;
  }

  const LIES: [string, Parameters<typeof poisoned>[0], RegExp][] = [
    [
      "of a nonce that is far off",
      { nonce: 0xffff },
      /made anew: its nonce is 65535, and 0x.* has sent 0 tr/,
    ],
    ["of gas that no block has", { gas: 36_250_000n }, /made anew: it offers 36250000 gas, and uses 2/],
    ["of less gas than it uses", { gas: 20_000n }, /made anew: it offers 20000 gas, and uses 2/],
    [
      "of a tip beyond the limit",
      { tip: parseGwei("20000000") },
      /offers 20000002 gwei, more than --max-fee/,
    ],
  ];
  test.each(LIES)("because %s, is made anew, and mined once", async (_, lies, why) => {
    remade.length = 0;
    const before = await poisoned(lies);
    const { receipt, written } = start(CALL, honest(), outbox(before));
    const anew = await sent(written, 2);
    expect(anew).toMatchObject({ ...CALL, nonce: 0 });
    expect(latestOf(anew).maxFeePerGas).toBeLessThanOrEqual(maxFee);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(latestOf(anew).hash);
    expect(remade).toEqual([expect.stringMatching(why)]);
    expect([await nonce(), written.length]).toEqual([1, 2]);
  });

  test("is made anew by the run that made it, too", async () => {
    remade.length = 0;
    let counts = 0;
    // The third count, after the two that tell that nothing is under way, is the one that the nonce is taken from.
    const lying = fakeChain(async (call) =>
      call.method === "eth_getTransactionCount" && ++counts === 3
        ? "0xffff"
        : chain.client.request(call as never),
    );
    const memory = outbox();
    const receipt = deliver(lying.client, honest(), CALL, check, { outbox: memory, log });
    receipt.catch(() => undefined);
    const second = await vi.waitFor(
      () => {
        const last = memory.written.at(-1);
        if (last?.nonce !== 0) throw new Error("not made anew yet");
        return last;
      },
      { timeout: 45_000 },
    );
    await inPool(latestOf(second).hash);
    await client.mine({ blocks: 1 });
    expect((await receipt).transactionHash).toBe(latestOf(second).hash);
    expect(remade).toEqual([expect.stringContaining("its nonce is 65535")]);
  });
});

describe("nothing is written or sent", () => {
  test("where the estimate is one that no such transaction can have", async () => {
    for (const estimate of ["0x1ba8140", "0x5207", "0xf4240000"]) {
      const lying = fakeChain((call) =>
        call.method === "eth_estimateGas" ? Promise.resolve(estimate) : chain.client.request(call as never),
      );
      const memory = outbox();
      await expect(
        deliver(lying.client, signer(), CALL, check, { outbox: memory, log }),
      ).rejects.toMatchObject({
        code: "inconsistent",
        message: expect.stringContaining("which no such transaction can: nothing was sent"),
      });
      expect(memory.written).toEqual([]);
    }
  });

  test("of a call that would revert, new or written down before", async () => {
    refused = true;
    const { receipt, written } = start(CALL);
    await expect(receipt).rejects.toThrow("it would revert");
    expect(written).toEqual([]);
    refused = false;
    const first = start(CALL, signer({ stuckAfter: NEVER, patience: 0 }));
    const before = await sent(first.written);
    await client.dropTransaction({ hash: latestOf(before).hash });
    refused = true;
    await expect(start(CALL, signer(), outbox(before)).receipt).rejects.toThrow("it would revert");
    await expect(client.getTransaction({ hash: latestOf(before).hash })).rejects.toThrow();
  });

  test("while others' transactions of the account are under way", async () => {
    await client.sendTransaction({ account, to: OTHER.to });
    const impatient = start(CALL, signer({ patience: 0 }));
    await expect(impatient.receipt).rejects.toMatchObject({
      code: "not-ready",
      message: `transactions of ${from} that were sent elsewhere are not mined: 1`,
    });
    const { receipt, written } = start(CALL);
    await said(`waiting for transactions of ${from} that were sent elsewhere: 1`);
    await client.mine({ blocks: 1 });
    expect((await sent(written)).nonce).toBe(1);
    await client.mine({ blocks: 1 });
    await receipt;
    expect(impatient.written).toEqual([]);
  });

  test("while gas costs more than the limit", async () => {
    const { receipt, written } = start(CALL, signer({ maxFee: 1n }));
    await expect(receipt).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringContaining("--max-fee allows 0.000000001 gwei: nothing was sent"),
    });
    expect(written).toEqual([]);
  });

  test("by an account that cannot pay for the gas", async () => {
    await client.setBalance({ address: from, value: 10n ** 12n });
    const { receipt, written } = start(CALL);
    await expect(receipt).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(`${from} holds 0.000001 of the chain's own currency`),
    });
    expect(written).toEqual([]);
  });

  test("in place of a stuck transaction, if the limit does not allow an eighth more", async () => {
    const first = start(OTHER, signer({ stuckAfter: NEVER, patience: 0 }));
    const before = await sent(first.written);
    const { receipt, written } = start(
      CALL,
      signer({ maxFee: latestOf(before).maxFeePerGas }),
      outbox(before),
    );
    await expect(receipt).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringContaining("--max-fee does not allow the eighth more"),
    });
    expect(written).toEqual([before]);
  });
});
