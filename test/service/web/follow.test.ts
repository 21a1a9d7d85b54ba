// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, createClient, custom, type Hash, type Transport } from "viem";
import { foundry } from "viem/chains";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Fate, follow } from "../../../service/web/wallet/follow.ts";
import { type Anvil, startAnvil } from "../helpers/anvil.ts";

let anvil: Anvil;
let from: Address;
let to: Address;

beforeAll(async () => {
  anvil = await startAnvil();
  [from, to] = (await anvil.client.getAddresses()) as [Address, Address];
});
afterAll(() => anvil?.stop());

beforeEach(() => anvil.client.setAutomine(false));

const GWEI = 10n ** 9n;

async function send(nonce: number, { data = "0x01" as Hash, gwei = 3n, target = to } = {}): Promise<Hash> {
  const maxFeePerGas = gwei * GWEI;
  return anvil.client.sendTransaction({
    ...{ account: from, to: target, nonce, data, value: 0n, gas: 100_000n, maxFeePerGas },
    maxPriorityFeePerGas: maxFeePerGas / 2n,
  });
}

/** What is told, each time that something is done next. */
async function told(
  hash: Hash,
  nonce: number,
  steps: readonly (() => Promise<unknown>)[],
  transport: Transport = custom(anvil.client),
): Promise<Fate["kind"][]> {
  const client = createClient({ chain: foundry, transport });
  const signal = AbortSignal.timeout(20_000);
  const fates = follow(client, { hash, from, nonce, to, data: "0x01" }, { every: 20, patience: 5, signal });
  const kinds: Fate["kind"][] = [];
  const left = [...steps];
  for await (const fate of fates) {
    kinds.push(fate.kind === "replaced" ? (fate.how as Fate["kind"]) : fate.kind);
    await left.shift()?.();
  }
  return kinds;
}

const nonceOf = () => anvil.client.getTransactionCount({ address: from });
const mine = () => anvil.client.mine({ blocks: 1 });
const finalize = () => anvil.client.mine({ blocks: 4 });

it("a transaction is told of as pending, mined, and final", async () => {
  const nonce = await nonceOf();
  const hash = await send(nonce);
  expect(await told(hash, nonce, [mine, finalize])).toEqual(["pending", "mined", "mined"]);
});

it("one that the wallet sends again at a higher price is followed on", async () => {
  const nonce = await nonceOf();
  const hash = await send(nonce);
  const again = async () => {
    await send(nonce, { gwei: 30n });
    await finalize();
  };
  expect(await told(hash, nonce, [again])).toEqual(["pending", "repriced", "mined"]);
});

it("one that the wallet cancels, or puts another in the place of, did not happen", async () => {
  for (const [other, how] of [
    [{ target: from, data: "0x" as Hash }, "cancelled"],
    [{ data: "0x02" as Hash }, "other"],
  ] as const) {
    const nonce = await nonceOf();
    const hash = await send(nonce);
    const replace = async () => {
      await send(nonce, { ...other, gwei: 30n });
      await mine();
    };
    expect(await told(hash, nonce, [replace])).toEqual(["pending", how]);
  }
});

it("one that the network forgets is dropped", async () => {
  const nonce = await nonceOf();
  const hash = await send(nonce);
  const drop = () => anvil.client.dropTransaction({ hash });
  expect(await told(hash, nonce, [drop])).toEqual(["pending", "dropped"]);
});

it("one whose block is reorganised away waits again, though it was done", async () => {
  const nonce = await nonceOf();
  const checkpoint = await anvil.client.snapshot();
  const hash = await send(nonce);
  const takeBack = async () => {
    await anvil.client.revert({ id: checkpoint });
  };
  const back = async () => {
    await send(nonce);
    await finalize();
  };
  expect(await told(hash, nonce, [mine, takeBack, back])).toEqual([
    "pending",
    "mined",
    "reorganised",
    "mined",
  ]);
});

it("while the endpoint does not answer that is told, and then what became of it", async () => {
  const nonce = await nonceOf();
  const hash = await send(nonce);
  let isSilent = false;
  const transport = custom(
    {
      async request({ method, params }) {
        if (isSilent) throw new Error("no answer");
        return anvil.client.request({ method, params });
      },
    },
    { retryCount: 0 },
  );
  const fallSilent = async () => {
    isSilent = true;
  };
  const mineUnseen = async () => {
    await mine();
    isSilent = false;
  };
  const finalizeUnseen = async () => {
    await finalize();
    isSilent = false;
  };
  const kinds = await told(hash, nonce, [fallSilent, mineUnseen, fallSilent, finalizeUnseen], transport);
  expect(kinds).toEqual(["pending", "unseen", "mined", "unseen", "mined"]);
});

it("one that the wallet gave a later nonce than was next is not taken for one that was replaced", async () => {
  const nonce = await nonceOf();
  await send(nonce, { data: "0x02" });
  await mine();
  const hash = await send(nonce + 1);
  expect(await told(hash, nonce, [finalize])).toEqual(["pending", "mined"]);
});
