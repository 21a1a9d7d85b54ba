// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { bytesToHex, type Hex, hexToBytes, keccak256, toRlp } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { derive } from "../../../../service/audit/provernet/derive.ts";
import { proveEpoch } from "../../../../service/audit/provernet/proven.ts";
import { newPreimages } from "../../../../service/audit/state-proof/preimages.ts";
import { EMPTY_ROOT } from "../../../../service/audit/state-proof/trie.ts";
import { witnessOf } from "../../../../service/audit/state-proof/witness.ts";
import { TOPIC } from "../../../../service/networks/provernet/events.ts";
import { cli } from "../../helpers/cli.ts";
import { newFolder } from "../../helpers/folder.ts";
import { account, CONTRACTS } from "./made-logs.ts";
import { provableScript, withHeader } from "./provable.ts";
import { chainOf } from "./reading.ts";
import {
  configOf,
  readHistory,
  type Script,
  type Scripted,
  type ScriptedBlock,
  type ScriptedLog,
  scriptOf,
  serveScript,
} from "./scripted.ts";

const history = readHistory();
const whole = provableScript(history, scriptOf(history));
const last = whole.blocks.at(-1);
const folder = newFolder();
let endpoint: Scripted;

beforeAll(async () => {
  endpoint = await serveScript(whole);
});
afterEach(() => {
  endpoint.script = whole;
});
afterAll(() => {
  endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

async function audit(
  epoch: number,
  script: Script = whole,
  trusted = `${last?.number}:${last?.hash}`,
  ...more: string[]
) {
  endpoint.script = script;
  const config = join(folder, "network.json");
  writeFileSync(config, JSON.stringify(configOf(history)));
  const { code, stdout, stderr } = await cli(
    [
      ...["audit", "--epoch", String(epoch), "--network", "provernet", "--network-config", config, "--json"],
      ...["--rpc", endpoint.rpcUrl, "--trusted-block", trusted, ...more],
    ],
    { cwd: folder },
  );
  if (stdout === "") return { code, stderr };
  return { code, stderr, ...JSON.parse(stdout) };
}

test("what is proven, what is believed and what is not proven are told apart", async () => {
  const policy = join(folder, "policy.json");
  const guards = { exclusions: [], minStake: "0", feeMatchBps: 9_000 };
  const params = { capNumerator: "1", capDenominator: "100" };
  writeFileSync(policy, JSON.stringify({ version: 1, id: "capped", params, guards }));
  const { proofs, findings, paid, recomputed } = await audit(1, whole, last?.hash, "--policy", policy);
  expect([findings, paid]).toEqual([[], history.expected[1].rewardsDistributed]);
  expect(proofs.block).toEqual({ number: "296", hash: last?.hash });
  expect(proofs.proven).toEqual([
    "block 296 and its time, by the hash that is trusted",
    "what EpochRewards set and paid in the epoch: 3 words of storage",
    "state, time and requester of each request that ended in the epoch or is open: 1 words of storage",
    "what the market counted of provers in its own epoch, and what they earned: 4 words of storage",
    "the protocol fees in sum: 1 words of storage",
    "the controller's treasury: 1 words of storage",
    "what the vaults hold: 2 words of storage",
    "all logs that count, and the times, of 297 of the blocks 0 to 296, by their headers and receipts",
    `block ${recomputed.snapshot.number}, the epoch's last one`,
  ]);
  // Of storage, not all was recorded.
  expect(proofs.unproven).toContain("what the vaults hold: the endpoint proves 2 of 8 words");
  expect(proofs.unproven.join()).toMatch(/the code of market/);
});

test("logs that are left out or altered are found by the receipts of their blocks", async () => {
  const vault = history.state.provers[Object.keys(history.state.provers)[0] as string].vault.slice(2);
  const [token, controller] = [history.contracts.token, history.contracts.stakingController];
  const of = (address: Hex, topic: Hex) =>
    whole.logs.filter((log) => log.address === address && log.topics[0] === topic);
  const left = of(token, TOPIC.Transfer).find(({ topics }) => topics[2]?.endsWith(vault)) as ScriptedLog;
  const staked = of(controller, TOPIC.Staked).at(-1) as ScriptedLog;
  const data = staked.data.replace(/.$/, (digit) => (digit === "1" ? "2" : "1")) as Hex;
  const logs = whole.logs
    .filter((one) => one !== left)
    .map((one) => (one === staked ? { ...staked, data } : one));
  const { code, verdict, findings } = await audit(1, { ...whole, logs });
  expect([code, verdict]).toEqual([1, "mismatch"]);
  expect(findings).toEqual(
    expect.arrayContaining([
      `1 logs of block ${left.blockNumber} were not given: its receipts have them`,
      `1 logs of block ${staked.blockNumber} were not given: its receipts have them`,
      `Staked of block ${staked.blockNumber} is not in the block's receipts`,
    ]),
  );
});

test("logs are of one transaction where one receipt has them, whatever the endpoint calls it", async () => {
  const asked = whole.logs.find(({ topics }) => topics[0] === TOPIC.NewRequest) as ScriptedLog;
  const other = { ...asked, transactionHash: `0x${"ab".repeat(32)}` as Hex };
  const logs = whole.logs.map((one) => (one === asked ? other : one));
  // Whoever is named as its requester, of an earlier epoch too, changes what a later fee counts.
  const { findings, proofs } = await audit(1, { ...whole, logs });
  expect(findings).toEqual([
    `logs of block ${asked.blockNumber} are given as of other transactions than the block's receipts have them in`,
  ]);
  expect(proofs.believed).toEqual(["who asked for 1 requests that no payment stands before: getRequest"]);
  const unanswered: Script["views"] = (to, name, args) =>
    name === "getRequest" ? undefined : whole.views(to, name, args);
  const { notVouched } = await audit(1, { ...whole, logs, views: unanswered });
  expect(notVouched).toContain(
    "who asked, where no payment stands before a request: getRequest is not answered",
  );
});

test("an epoch's last block is the last by proven times, and not by those that are given later", async () => {
  const policy = join(folder, "policy.json");
  const guards = { exclusions: [], minStake: "0", feeMatchBps: 9_000 };
  const params = { capNumerator: "1", capDenominator: "100" };
  writeFileSync(policy, JSON.stringify({ version: 1, id: "capped", params, guards }));
  const honest = await audit(1, whole, last?.hash, "--policy", policy);
  const number = Number(honest.recomputed.snapshot.number);
  const blocks = whole.blocks.map((block) =>
    block.number > number - 4 && block.number <= number
      ? { ...block, timestamp: Number(honest.window.end) }
      : block,
  );
  // Headers have been given by then.
  const more: Script["more"] = (method, params) => {
    if (method === "eth_getBlockReceipts") endpoint.script = { ...whole, blocks };
    return whole.more?.(method, params);
  };
  const { code, verdict, findings } = await audit(1, { ...whole, more }, last?.hash, "--policy", policy);
  expect([code, verdict]).toEqual([1, "mismatch"]);
  expect(findings.join()).toMatch(
    new RegExp(
      `block ${number - 4}, the epoch's last one, is of \\d+ by its proven header, and the next one`,
    ),
  );
});

test("a reward that no log sets is found in storage, where receipts are not given", async () => {
  const more: Script["more"] = (method, params) =>
    method === "eth_getBlockReceipts" ? undefined : whole.more?.(method, params);
  const set = whole.logs.find(({ topics }) => topics[0] === TOPIC.RewardsSet) as ScriptedLog;
  const logs = whole.logs.filter((one) => one !== set);
  const { findings, proofs } = await audit(1, { ...whole, logs, more });
  expect(findings).toContain(
    `the reward of 0x${set.topics[2]?.slice(26)} is 0 in storage by the logs, and ${BigInt(set.data)} by the proven state`,
  );
  expect(proofs.unproven.join()).toMatch(
    /logs of \d+ blocks, the highest \d+: the endpoint does not give the receipts/,
  );
});

test("what a header does not lead to is not proven, and another block than the trusted one is refused", async () => {
  const blocks = whole.blocks.map((block) =>
    block.number === 200 ? { ...block, timestamp: block.timestamp + 1 } : block,
  );
  const { proofs } = await audit(1, { ...whole, blocks });
  expect(proofs.proven.at(-1)).toMatch(/of the blocks 201 to 296/);
  expect(proofs.unproven.join()).toMatch(/logs and times of the blocks 0 to 200/);
  const refused = await audit(1, whole, `295:${last?.hash}`);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("has number 296, not 295")]);
});

describe("code", () => {
  const CODE: Hex = "0x6001";
  const proxies = [CONTRACTS.factory, CONTRACTS.stakingController, CONTRACTS.market, CONTRACTS.epochRewards];
  const [behind, pinned] = [account(0xabb), keccak256(CODE)];

  /** Proofs of what `codeHashes` names, by a state in which each proxy has an implementation. */
  async function proved(codeHashes: ReadonlyMap<Hex, Hex>) {
    const storage = await createMPT({ useKeyHashing: true });
    const slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
    await storage.put(hexToBytes(slot), toRlp(behind, "bytes"));
    const state = await createMPT({ useKeyHashing: true });
    const put = (address: Hex, root: Hex) =>
      state.put(hexToBytes(address), toRlp(["0x01", "0x", root, pinned], "bytes"));
    for (const proxy of proxies) await put(proxy as Hex, bytesToHex(storage.root()));
    for (const address of [behind, CONTRACTS.token]) await put(address, EMPTY_ROOT);
    const block = withHeader(
      { ...(last as ScriptedBlock), stateRoot: bytesToHex(state.root()) },
      last?.hash as Hex,
    );
    const hex = (nodes: Uint8Array[]) => nodes.map((node) => bytesToHex(node));
    const accountProof = new Map<string, Hex[]>();
    for (const address of [...proxies, behind, CONTRACTS.token] as Hex[]) {
      accountProof.set(address, hex(await createMerkleProof(state, hexToBytes(address))));
    }
    const proof = hex(await createMerkleProof(storage, hexToBytes(slot)));
    const { client } = chainOf(() => ({
      ...{ chainId: 31_337, blocks: [block], logs: [], views: () => undefined, code: () => CODE },
      more: (method, params) =>
        method === "eth_getProof"
          ? { accountProof: accountProof.get(params[0] as string), storageProof: [{ proof }] }
          : undefined,
    }));
    const witness = witnessOf(newPreimages(), client);
    const header = await witness.header(block.hash);
    const places = { ...CONTRACTS, startBlock: header.number, epochRewards: CONTRACTS.epochRewards as Hex };
    const read = {
      ...{ events: [], places, requesterOf: () => undefined },
      derived: derive({ events: [], hashes: [] }, places, () => undefined),
    };
    const window = { start: 0n, end: 1n, maximum: 0n, provisional: false };
    return proveEpoch({ client, witness, header, read, epoch: 1, window, codeHashes });
  }

  test("is proven through the proxies where codeHashes names it, and else only believed", async () => {
    const all = new Map([...proxies, behind].map((address) => [address as Hex, pinned]));
    const { proven, believed, findings } = await proved(all);
    expect(findings).toEqual([]);
    expect(proven.filter((line) => line.endsWith("is the one that codeHashes names"))).toHaveLength(8);
    expect(believed).toEqual([expect.stringMatching(/the code of token at .* codeHashes does not name it/)]);
  });

  test("that is not what codeHashes names is found", async () => {
    const { findings } = await proved(new Map([[behind, keccak256("0x6002")]]));
    expect(findings).toHaveLength(4);
    expect(findings[0]).toMatch(/the implementation of vaultFactory .* hashes to .*, codeHashes names/);
  });
});
