// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, type Hex, numberToHex, recoverTypedDataAddress, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { remoteAccount } from "../../../service/chain/remote-signer.ts";
import type { Address } from "../../../service/core/types.ts";
import { cli } from "../helpers/cli.ts";
import { type SignerDouble, signerDouble } from "../helpers/remote-signer.ts";
import { deploySystem, type TestSystem } from "../helpers/system.ts";

const key = generatePrivateKey();
const { address } = privateKeyToAccount(key);
const other = generatePrivateKey();
let system: TestSystem;
let signers: Record<"clef" | "web3signer", SignerDouble>;

beforeAll(async () => {
  system = await deploySystem();
  signers = {
    clef: await signerDouble("clef", [key]),
    web3signer: await signerDouble("web3signer", [other, key]),
  };
  const { client, owner, registry } = system;
  await client.setBalance({ address, value: 10n ** 18n });
  // The owner's powers go to the signer's account.
  const abi = [
    {
      type: "function",
      name: "transferOwnership",
      inputs: [{ type: "address" }],
      outputs: [],
      stateMutability: "nonpayable",
    },
    { type: "function", name: "acceptOwnership", inputs: [], outputs: [], stateMutability: "nonpayable" },
  ] as const;
  const at = { address: registry, abi } as const;
  await client.writeContract({ ...at, account: owner, functionName: "transferOwnership", args: [address] });
});

afterAll(() => {
  for (const signer of Object.values(signers ?? {})) signer.stop();
  system?.anvil.stop();
});

const admin = (args: readonly string[], env: Record<string, string> = {}) =>
  cli(["admin", ...args, "--rpc", system.anvil.rpcUrl, "--distributor", system.distributor], { env });
const challengeWindow = () =>
  system.client.readContract({
    address: system.distributor,
    abi: iRewardDistributorAbi,
    functionName: "challengeWindow",
  });

describe("a command signs by a signer that keeps the key:", () => {
  it("clef, by the methods that it documents", async () => {
    const { clef } = signers;
    const accepted = await admin(["accept-ownership", "--send", "--signer-url", clef.url]);
    expect(accepted).toMatchObject({ code: 0, stdout: expect.stringContaining("done in transaction 0x") });
    expect(clef.asked.map(({ method }) => method)).toEqual([
      ...["eth_accounts", "account_list", "account_signTransaction"],
    ]);
    const by = await admin(["set-window", "5m", "--send"], { PROVENDER_SIGNER_URL: clef.url });
    expect(by).toMatchObject({ code: 0 });
    expect(await challengeWindow()).toBe(300n);
  });

  it("Web3Signer, where --from names one of its accounts", async () => {
    const { url, asked } = signers.web3signer;
    const call = ["set-window", "6m", "--send", "--signer-url", url];
    expect(await admin(call)).toMatchObject({
      code: 2,
      stderr: `error: --signer-url: the signer at ${new URL(url).host} has 2 accounts; name one with --from\n`,
    });
    expect(await admin([...call, "--from", address])).toMatchObject({ code: 0 });
    expect(asked.at(-1)?.method).toBe("eth_signTransaction");
    expect(await challengeWindow()).toBe(360n);
  });

  it("a real one, a node's", async () => {
    // As a node whose keys are on the machine, apart from the chain's endpoint by its port only.
    const { anvil, guardian } = system;
    const paused = await admin(["pause", "--send", "--signer-url", anvil.rpcUrl, "--from", guardian]);
    expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining("done in transaction 0x") });
  });
});

it("commands that only read show its account", async () => {
  const on = ["--rpc", system.anvil.rpcUrl, "--distributor", system.distributor];
  for (const command of [["positions"], ["exits"], ["requests"], ["prover", "status"]]) {
    const { stdout, stderr } = await cli([...command, ...on, "--signer-url", signers.clef.url]);
    expect(`${stdout}${stderr}`, command.join(" ")).toMatch(new RegExp(address, "i"));
  }
});

describe("a signer is asked to sign, not believed:", () => {
  const send = () => admin(["set-window", "7m", "--send", "--signer-url", signers.clef.url]);

  it.each<[string, SignerDouble["behave"], number, string]>([
    [
      "a person said no",
      () => "Request denied",
      1,
      "refused account_signTransaction: Request denied; nothing was sent",
    ],
    [
      "is of another chain",
      (t) => ({ ...t, chainId: "0x1" }),
      2,
      "it signed another transaction: its chainId is 1",
    ],
    [
      "pays more",
      (t) => ({ ...t, maxFeePerGas: numberToHex(10n ** 12n) }),
      2,
      "its maxFeePerGas is 1000000000000",
    ],
    ["sends elsewhere", (t) => ({ ...t, to: `0x${"9".repeat(40)}` }), 2, `its to is 0x${"9".repeat(40)}`],
    ["does something else", (t) => ({ ...t, data: "0x01" }), 2, "its data is 0x01"],
    ["moves money", (t) => ({ ...t, value: "0x1" }), 2, "its value is 1"],
    ["takes another nonce", (t) => ({ ...t, nonce: "0x63" }), 2, "its nonce is 99"],
    ["is no transaction", () => ({ raw: "0x02ff" }), 2, "what it signed is no transaction"],
    ["is of an old kind", () => ({ raw: "0xf86b" }), 2, "gave no signed transaction of type 2"],
  ])("what it signed %s", async (_, behave, code, message) => {
    const before = await system.client.getTransactionCount({ address });
    signers.clef.behave = behave;
    const { stderr, ...rest } = await send();
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    // What was to happen is said before it is signed; nothing was done.
    expect(rest).toEqual({
      code,
      stdout: expect.stringMatching(/^setChallengeWindow .*\n {2}challenge .*\n$/),
    });
    expect(await system.client.getTransactionCount({ address })).toBe(before);
    signers.clef.behave = (transaction) => transaction;
  });

  it("has not the account, cannot be reached, or is none", async () => {
    const { clef } = signers;
    const call = ["set-window", "7m", "--send", "--signer-url"];
    expect(await admin([...call, clef.url, "--from", system.owner])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`has no account ${getAddress(system.owner)}; give it that key`),
    });
    const secret = clef.url.replace("http://", "http://user:hunter22@").replace(/\d+$/, "1");
    const gone = await admin([...call, secret]);
    expect(gone).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("--signer-url: the signer at 127.0.0.1:1 cannot be asked"),
    });
    expect(gone.stderr).not.toContain("hunter22");
    expect(await admin([...call, "ftp://x:hunter22@y"])).toMatchObject({
      code: 2,
      stderr: "error: --signer-url: not an http or https URL; such as http://127.0.0.1:8550\n",
    });
    expect(await admin([...call, clef.url, "--keystore", "x"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--keystore and --signer-url both name a key"),
    });
  });
});

it("a signature of typed data is checked, too", async () => {
  const data = {
    domain: { name: "x", version: "1", chainId: 1, verifyingContract: address },
    types: {
      Post: [
        { name: "epoch", type: "uint256" },
        { name: "root", type: "bytes32" },
      ],
    },
    primaryType: "Post",
    message: { epoch: 7n, root: toHex(1, { size: 32 }) },
  } as const;
  const { clef, web3signer } = signers;
  for (const { url } of [clef, web3signer, { url: system.anvil.rpcUrl }]) {
    const from = (url === system.anvil.rpcUrl ? system.guardian : address) as Address;
    const account = await remoteAccount({ url, source: "--signer-url" }, from);
    const signature: Hex = await account.signTypedData(data);
    expect(await recoverTypedDataAddress({ ...data, signature })).toBe(getAddress(from));
  }
});
