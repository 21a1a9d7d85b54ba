// SPDX-License-Identifier: AGPL-3.0-only
import type { Page } from "playwright-core";
import { type Address, getAddress, type Hash, numberToHex, parseAbi } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { iProverRegistryAbi, iProverVaultAbi } from "../../../service/chain/abi.ts";
import { confirmed, post, provers, test } from "../audit/scene.ts";
import { activate, assign, deploy, ether, pass } from "../helpers/system.ts";
import { connected, expectAccessible, open } from "./browser.ts";
import { allowanceOf, balanceOf, mintTo, sharesOf, vaultOf } from "./chain.ts";
import { changing } from "./faults.ts";
import { hostPage, type StaticHost } from "./static.ts";
import { Wallet } from "./wallet.ts";
import { alone, api, browser, page, setWorld } from "./world.ts";

setWorld();

const expects = [/503/];
const visitor = () => test.accounts[5] as Address;
const walletOf = (account = visitor()) => new Wallet(test.anvil.rpcUrl, account);
const pathOf = (prover: Address) => `/provers/${getAddress(prover)}`;
const deposit = (tab: Page) => tab.getByRole("button", { name: "Deposit", exact: true });
const amount = (tab: Page) => tab.getByLabel(/^Deposit /);

describe("a deposit", () => {
  it("takes one signature and one transaction by the router, and leaves no allowance", async () => {
    const router = await deploy(test.client, test.owner, "DepositRouter", test.registry);
    const [first] = provers;
    await mintTo(visitor(), ether(5));
    const wallet = walletOf();
    const tab = await connected(browser, `${alone}&router=${router}#${pathOf(first)}`, {
      wallet,
      width: 360,
    });
    await tab.getByText("One signature and one transaction").waitFor();
    await amount(tab).fill("5");
    await deposit(tab).click();
    await tab.getByText("Deposited.").waitFor();
    expect(wallet.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(1);
    expect(await allowanceOf(visitor(), router)).toBe(0n);
    expect(await sharesOf(await vaultOf(first), visitor())).toBeGreaterThan(0n);
    await expectAccessible(tab);
  });

  it("goes in one batch where the wallet has them (EIP-5792)", async () => {
    const [first] = provers;
    await mintTo(visitor(), ether(5));
    const wallet = walletOf();
    const sent: unknown[] = [];
    const hashes: Hash[] = [];
    const checkpoint = await test.client.snapshot();
    wallet.says.set("wallet_getCapabilities", () => ({ "0x7a69": { atomic: { status: "supported" } } }));
    wallet.says.set("wallet_sendCalls", async ([batch]) => {
      for (const call of (batch as { calls: { to: Address; data: `0x${string}` }[] }).calls) {
        sent.push(call.to);
        hashes.push(await test.client.sendTransaction({ account: visitor(), ...call }));
        await confirmed(hashes.at(-1) as Hash);
      }
      return { id: "0x1" };
    });
    wallet.says.set("wallet_getCallsStatus", async () => ({
      ...{ version: "2.0.0", id: "0x1", chainId: "0x7a69", status: 200, atomic: true },
      receipts: [
        {
          ...{ logs: [], status: "0x1", blockHash: numberToHex(1, { size: 32 }), gasUsed: "0x1" },
          ...{
            blockNumber: numberToHex(await test.client.getBlockNumber()),
            transactionHash: hashes.at(-1),
          },
        },
      ],
    }));
    const tab = await connected(browser, `${alone}#${pathOf(first)}`, { wallet });
    await tab.getByText("One batch:").waitFor();
    await amount(tab).fill("5");
    await deposit(tab).click();
    await tab.getByText("Deposited.").waitFor();
    expect(sent).toHaveLength(2);
    expect(await allowanceOf(visitor(), await vaultOf(first))).toBe(0n);
    // What a wallet sent is followed on as what the page did.
    await test.client.revert({ id: checkpoint });
    await tab.getByText(/reorganised away/).waitFor();
  });

  it("is of any amount: 1 wei, a decimal comma, all that there is, and never more than a vault takes", async () => {
    const [first] = provers;
    await mintTo(visitor(), 2n ** 96n - ether(10_000_000));
    const wallet = walletOf();
    const tab = await connected(browser, `${alone}#${pathOf(first)}`, { wallet, locale: "de-DE" });
    await tab
      .getByRole("button", { name: "Alles" })
      .or(tab.getByRole("button", { name: "All" }))
      .waitFor();
    for (const [text, shown] of [
      ["1,5", "1,5"],
      ["1.000", "1.000"],
      ["0,000000000000000001", "0,000000000000000001"],
    ] as const) {
      await amount(tab).fill(text);
      await tab.locator("form .note .amount").first().filter({ hasText: shown }).waitFor();
      expect(await deposit(tab).isEnabled()).toBe(true);
    }
    await amount(tab).fill("79228162514,264337593543950335");
    await tab.getByText(/The vault does not take that much now|not that many tokens/).waitFor();
    expect(await deposit(tab).isDisabled()).toBe(true);
    await amount(tab).fill("0,000000000000000001");
    await deposit(tab).click();
    // A share is dearer than a wei by now: what it comes to is nothing, and the contract says so by name.
    await tab.getByText(/ZeroAmount|Deposited\./).waitFor();
  });

  it("stays locked out while deposits are paused, and it is said until when", async () => {
    const [first] = provers;
    await mintTo(visitor(), ether(5));
    const tab = await connected(browser, `${alone}#${pathOf(first)}`, { wallet: walletOf() });
    await amount(tab).fill("5");
    await confirmed(
      await test.client.writeContract({
        ...{ account: test.guardian, address: test.registry, abi: iProverRegistryAbi, functionName: "pause" },
      } as never),
    );
    await tab.getByText(/The guardian has paused/).waitFor();
    await tab.getByText("The vault does not take that much now.").waitFor();
    await expectAccessible(tab);
  });
});

it("a wallet's cancelled transaction is told as nothing happened", async () => {
  const [first] = provers;
  await mintTo(visitor(), ether(5));
  const tab = await connected(browser, `${alone}#${pathOf(first)}`, { wallet: walletOf() });
  await test.client.setAutomine(false);
  try {
    await amount(tab).fill("5");
    await deposit(tab).click();
    await tab.getByText("sent, waiting for a block.").waitFor();
    const nonce = await test.client.getTransactionCount({ address: visitor() });
    await test.client.sendTransaction({
      ...{ account: visitor(), to: visitor(), nonce, value: 0n },
      ...{ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n },
    });
    await test.client.mine({ blocks: 1 });
    await tab.getByText("The wallet cancelled the transaction: nothing happened.").waitFor();
  } finally {
    await test.client.setAutomine(true);
  }
});

it("a deposit that a reorganisation takes back after it was done is told to wait again", async () => {
  const [first] = provers;
  const vault = await vaultOf(first);
  await mintTo(visitor(), ether(5));
  const checkpoint = await test.client.snapshot();
  const tab = await connected(browser, `${alone}#${pathOf(first)}`, { wallet: walletOf() });
  await amount(tab).fill("5");
  await deposit(tab).click();
  await tab.getByText("Deposited.").waitFor();
  expect(await sharesOf(vault, visitor())).toBeGreaterThan(0n);
  await test.client.revert({ id: checkpoint });
  await tab.getByText(/reorganised away/).waitFor();
});

it("an exit is taken out when it is due, worth less by what was slashed meanwhile", async () => {
  const [, , third] = provers;
  await mintTo(visitor(), ether(500));
  const tab = await connected(browser, `${alone}#${pathOf(third)}`, { wallet: walletOf() });
  await amount(tab).fill("500");
  await deposit(tab).click();
  await tab.getByText("Deposited.").waitFor();
  await tab.getByRole("link", { name: "My stake" }).click();
  await tab.getByRole("button", { name: "Request an exit" }).click();
  await tab.getByRole("button", { name: "All" }).click();
  await tab.getByRole("button", { name: "Request the exit" }).click();
  await tab.getByText("Requested.").waitFor();
  const worth = () => tab.getByRole("row").nth(1).getByRole("cell").nth(1).textContent();
  const before = await worth();

  const id = await assign(test, third, ether(50), 77n);
  await pass(test, 700n);
  await confirmed(
    await test.client.writeContract({
      ...{
        account: visitor(),
        address: test.market,
        abi: parseAbi(["function expire(bytes32 id)"]),
        functionName: "expire",
        args: [id],
      },
    }),
  );
  await expect.poll(worth, { timeout: 60_000 }).not.toBe(before);

  await pass(test, 604_800n);
  await tab.getByRole("button", { name: /Take out/ }).click();
  await tab.getByText("Taken out:").waitFor();
  expect(await balanceOf(visitor())).toBeLessThan(ether(500));
  expect(await balanceOf(visitor())).toBeGreaterThan(ether(400));
});

it("all exits are shown, and count, however many an account has asked for", async () => {
  const [first] = provers;
  const address = await vaultOf(first);
  const vault = { account: first, address, abi: iProverVaultAbi } as const;
  const exits = 101;
  for (let i = 0; i < exits; i++) {
    await confirmed(
      await test.client.writeContract({
        ...vault,
        functionName: "requestRedeem",
        args: [ether(1), first, first],
      }),
    );
  }
  const tab = await open(browser, `${alone}#/stake?of=${first}`);
  await tab.getByRole("columnheader", { name: "Was worth" }).waitFor();
  expect(await tab.getByRole("row").count()).toBe(1 + exits);
});

it("API and chain that contradict each other are named, and the chain is to be believed", async () => {
  const wrong = numberToHex(7n, { size: 32 });
  const tab = await open(browser, `${page}#/epochs`, {
    expects,
    before: (context) =>
      context.route(`${api}/v1/epochs?**`, async (route) => {
        const response = await route.fetch();
        const body = (await response.json()) as { epochs: { root: string }[] };
        await route.fulfill({
          response,
          json: { ...body, epochs: body.epochs.map((each) => ({ ...each, root: wrong })) },
        });
      }),
  });
  await tab.getByText("API and chain contradict each other.").waitFor();
  await expectAccessible(tab);
});

it("an API that is behind the chain is said to be", async () => {
  const tab = await open(browser, page, {
    expects,
    before: (context) =>
      context.route(`${api}/status`, async (route) => {
        const response = await route.fetch();
        const body = (await response.json()) as { head: { number: string; timestamp: string } };
        const head = {
          number: String(Number(body.head.number) - 20),
          timestamp: String(Number(body.head.timestamp) - 3_600),
        };
        await route.fulfill({ response, json: { ...body, head } });
      }),
  });
  await tab.getByText(/The API is 20 blocks behind the chain/).waitFor();
});

it("an endpoint that falls silent leaves what was read, and says how old it is", async () => {
  const tab = await open(browser, alone, { expects: [/Failed to load|ERR_/] });
  await tab.getByText("3 provers").waitFor();
  await tab.context().route(`${test.anvil.rpcUrl}/**`, (route) => route.abort());
  await tab
    .getByText(/What you see may be old|Not up to date/)
    .first()
    .waitFor({ timeout: 60_000 });
  expect(await tab.getByText("3 provers").count()).toBe(1);
  await expectAccessible(tab);
});

it("a second tab sees what the first did", async () => {
  const [first] = provers;
  await mintTo(visitor(), ether(5));
  const wallet = walletOf();
  const tab = await connected(browser, `${alone}#${pathOf(first)}`, { wallet });
  const second = await tab.context().newPage();
  await second.goto(`${alone}#/stake`);
  await second.getByText("Nothing is staked.").waitFor();
  await amount(tab).fill("5");
  await deposit(tab).click();
  await tab.getByText("Deposited.").waitFor();
  await second.getByText("Worth now").first().waitFor();
});

describe("static files on another origin, with no API at all,", () => {
  let host: StaticHost;
  beforeAll(async () => {
    host = await hostPage();
  });
  afterAll(() => host?.close());

  it("ask which network, where nothing names one, and refuse what is none", async () => {
    const tab = await open(browser, host.url, { expects: [/404/] });
    await tab.getByLabel("RPC endpoint").fill(test.anvil.rpcUrl);
    await tab.getByLabel("Distributor").fill("0x12");
    await tab.getByRole("button", { name: "Open" }).click();
    await tab.getByText(/distributor: 0x12 is no address/).waitFor();
    await expectAccessible(tab);
    await tab.getByLabel("Distributor").fill(test.token);
    await tab.getByRole("button", { name: "Open" }).click();
    await tab.getByText(/is not a Provender distributor/).waitFor();
    await tab.getByLabel("Distributor").fill(test.distributor);
    await tab.getByRole("button", { name: "Open" }).click();
    await tab.getByText("3 provers").waitFor();
  });

  it("deposit, recompute, and claim by the proofs that come of it", async () => {
    await post(1);
    await activate(test);
    const [first] = provers;
    await mintTo(visitor(), ether(5));
    const url = `${host.url}?rpc=${encodeURIComponent(test.anvil.rpcUrl)}&distributor=${test.distributor}`;
    const tab = await connected(browser, `${url}#${pathOf(first)}`, { wallet: walletOf() });
    await amount(tab).fill("5");
    await deposit(tab).click();
    await tab.getByText("Deposited.").waitFor();
    await tab.getByText("the chain alone does not tell").first().waitFor();
    await tab.getByRole("link", { name: "Rewards", exact: true }).click();
    await tab.getByRole("textbox", { name: "Provers" }).fill(first);
    await tab.getByRole("button", { name: "Show" }).click();
    await tab.getByRole("link", { name: /Recompute the latest/ }).click();
    await tab.getByRole("button", { name: "Recompute", exact: true }).click();
    await tab.getByText("MATCH", { exact: true }).first().waitFor();
    await tab.goto(`${url}#/rewards?of=${first}`);
    await tab.getByRole("button", { name: "Claim", exact: true }).click();
    await tab.getByText("Claimed:").waitFor();
  });
});

it("an auditor who is listed attests what waits, by the logs of the post", async () => {
  await post(1);
  const tab = await connected(browser, `${alone}#/epochs/1`, { wallet: walletOf(test.auditor) });
  await tab.getByRole("button", { name: "Attest" }).click();
  await tab.getByText("Said.").waitFor();
  await tab.getByText("1 of 1 attestations").waitFor();
  await expectAccessible(tab);
});

it("an auditor who is listed vetoes what is wrong, and nobody can attest it any more", async () => {
  await post(1);
  const tab = await connected(browser, `${alone}#/epochs/1`, { wallet: walletOf(test.auditor) });
  await tab.getByRole("button", { name: "Veto" }).click();
  await tab.getByText("Said.").waitFor();
  await tab.getByText("Vetoed", { exact: true }).waitFor();
  await tab.getByRole("button", { name: "Attest" }).waitFor({ state: "detached" });
  await tab.locator(".votes").getByText("vetoed").waitFor();
});

it("claims of several provers go in one transaction, each into its own vault", async () => {
  await post(1);
  await activate(test);
  const wallet = walletOf();
  const tab = await connected(browser, `${page}#/rewards?of=${provers.join(",")}`, { wallet, expects });
  await tab.getByRole("button", { name: "Claim for all" }).click();
  await tab.getByText("Claimed:").waitFor();
  expect(wallet.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(1);
  await tab
    .getByText("all of it was claimed")
    .nth(provers.length - 1)
    .waitFor();
});

it("what a contract refuses is told by its name, before anything is sent", async () => {
  await post(1);
  await activate(test);
  const [first] = provers;
  const wallet = walletOf();
  const tab = await connected(browser, `${page}#/rewards?of=${first}`, {
    wallet,
    expects,
    before: (context) =>
      context.route(
        `${api}/v1/provers/*/proof?**`,
        changing((proof) => ({ ...proof, merkleProof: [numberToHex(1n, { size: 32 })] }) as never, "GET"),
      ),
  });
  await tab.getByRole("button", { name: "Claim", exact: true }).click();
  await tab.getByText("InvalidMerkleProof").waitFor();
  expect(wallet.asked).not.toContain("eth_sendTransaction");
});
