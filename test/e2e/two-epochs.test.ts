// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, encodeEventTopics, type Hex, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../service/chain/client.ts";
import { lower, readSystem } from "../../service/chain/system.ts";
import { artifactOf, datasetHash, decodeArtifact, encodeArtifact } from "../../service/core/artifact.ts";
import { leavesOf } from "../../service/core/epoch.ts";
import { initKeccak } from "../../service/core/keccak.ts";
import { buildRewardTree } from "../../service/core/reward-tree.ts";
import { runEpoch } from "../../service/epoch/run.ts";
import { fileStore } from "../../service/store/file-store.ts";
import { proofMarketAbi, proverRegistryAbi, proverVaultAbi, rewardDistributorAbi } from "../abi.ts";
import { cli } from "../service/helpers/cli.ts";
import { newFolder, temporaryFolder } from "../service/helpers/folder.ts";
import { stored } from "../service/helpers/stored.ts";
import { latestContent } from "../service/helpers/system.ts";
import { auction, fulfil } from "./helpers/auction.ts";
import { endpointBefore, type Intercept, withoutLog } from "./helpers/endpoint.ts";
import {
  BUDGET,
  deployNetwork,
  deposit,
  endEpoch,
  mintTo,
  type Network,
  PROOFS,
  pass,
  privateKeyOf,
  refusal,
  registerProver,
  send,
  VESTING,
  WINDOW,
  type ZkProof,
} from "./helpers/network.ts";
import { provender, provenderJson, start } from "./helpers/provender.ts";

interface Row {
  readonly prover: Address;
  readonly stake: string;
  readonly fulfilments: number;
  readonly amount: string;
  readonly commission: string;
  readonly cumulative: string;
  readonly limitedBy: string;
}
interface Run {
  readonly status: string;
  readonly root: Hex;
  readonly total: string;
  readonly added: string;
  readonly datasetHash: Hex;
  readonly provers: readonly Row[];
}
interface ProofAnswer {
  readonly epoch: number;
  readonly pending: { epoch: number } | null;
  readonly cumulative: string;
  readonly cumulativeCommission: string;
  readonly claimable: string;
  readonly merkleProof: readonly Hex[];
}
interface Paid {
  readonly paid: readonly { prover: Address; amount: string; commission: string }[];
  readonly skipped: readonly unknown[];
}

const folder = newFolder();
const data = join(folder, "data");
const [fibonacci, identity, network2025, application] = PROOFS as [ZkProof, ZkProof, ZkProof, ZkProof];

let network: Network;
let ada: Address;
let ben: Address;
let cleo: Address;
let vaults: Record<"ada" | "ben" | "cleo", Address>;
let first: Run;
let second: Run;
/** What Cleo could have claimed with while the first root was active. */
let staleProof: ProofAnswer;

beforeAll(async () => {
  await initKeccak();
  network = await deployNetwork(folder);
  ({ ada, ben, cleo } = network.who);
  await mintTo(network, network.distributor, BUDGET * 5n);
  await mintTo(network, network.who.requester, parseEther("1000"));
  await send(network, network.who.requester, {
    address: network.token,
    functionName: "approve",
    args: [network.market, parseEther("1000")],
  });
  vaults = {
    ada: await registerProver(network, ada, parseEther("1000"), 1_000n),
    ben: await registerProver(network, ben, parseEther("2000"), 2_000n),
    cleo: await registerProver(network, cleo, parseEther("600"), 500n),
  };
  await deposit(network, network.who.staker, vaults.ada, parseEther("3000"));
});

afterAll(() => {
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A command that knows no more than an endpoint, the distributor and a data directory. */
const on = (args: readonly string[], { rpc = network.anvil.rpcUrl, dataDir = data } = {}) => [
  ...args,
  ...["--rpc", rpc, "--distributor", network.distributor, "--data-dir", dataDir],
];
const audit = (epoch: number, ...more: string[]) =>
  provender(["audit", "--epoch", `${epoch}`, ...more, "--deployment", network.deployment], {
    env: { PROVENDER_RPC_URL: network.anvil.rpcUrl },
  });
const attest = (epoch: number) =>
  provender(on(["attest", "--epoch", `${epoch}`]), {
    env: { PROVENDER_PRIVATE_KEY: privateKeyOf("auditor") },
  });
/** For what needs no process of its own. */
async function cliJson<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await cli([...args, "--json"]);
  if (code !== 0) throw new Error(`provender ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}
const publisher = { env: { PROVENDER_PRIVATE_KEY: privateKeyOf("publisher") } };

const distributor = <const Name extends "postCount" | "totalClaimed">(functionName: Name) =>
  network.client.readContract({ address: network.distributor, abi: rewardDistributorAbi, functionName });
const latestPost = () =>
  network.client.readContract({
    address: network.distributor,
    abi: rewardDistributorAbi,
    functionName: "latestPost",
  });
const recordOf = (prover: Address) =>
  network.client.readContract({
    address: network.registry,
    abi: proverRegistryAbi,
    functionName: "proverRecord",
    args: [prover],
  });
const sharePrice = (vault: Address) =>
  network.client.readContract({
    address: vault,
    abi: proverVaultAbi,
    functionName: "convertToAssets",
    args: [parseEther("1")],
  });
const totalAssets = (vault: Address) =>
  network.client.readContract({ address: vault, abi: proverVaultAbi, functionName: "totalAssets" });
const commissionOwed = async (vault: Address) => {
  const [, , owed] = await network.client.readContract({
    address: vault,
    abi: proverVaultAbi,
    functionName: "rewardState",
  });
  return owed;
};

const rowOf = ({ provers }: Run, prover: Address): Row => {
  const row = provers.find((one) => one.prover === prover);
  if (row === undefined) throw new Error(`no row for ${prover}`);
  return row;
};

const claimCall = (prover: Address, { cumulative, cumulativeCommission, merkleProof }: ProofAnswer) => ({
  address: network.distributor,
  functionName: "claim",
  args: [prover, cumulative, cumulativeCommission, merkleProof],
});

/** Every file of a data directory that is an artifact, by its name. */
function artifactsIn(dataDir: string): Map<string, Buffer> {
  const artifacts = join(dataDir, "artifacts");
  // Beside them lie trees, which are made again where they are missing.
  const names = readdirSync(artifacts).filter((name) => name.endsWith(".json"));
  return new Map(names.map((name) => [name, readFileSync(join(artifacts, name))]));
}

function artifactWith(hash: Hex): Buffer {
  return readFileSync(join(data, "artifacts", `${hash}.json`));
}

/** Posts with an endpoint of its own, and kills the command when it sends its transaction. */
async function killWhenSending(intercept: Intercept): Promise<void> {
  let sent = () => {};
  const reached = new Promise<void>((resolve) => {
    sent = resolve;
  });
  const endpoint = await endpointBefore(network.anvil.rpcUrl, async (call, forward) => {
    if (!/^eth_send(Raw)?Transaction$/.test(call.method)) return forward();
    await intercept(call, forward);
    sent();
    return new Promise(() => {});
  });
  const { child, ended } = start(on(["epoch", "run", "--post"], { rpc: endpoint.rpcUrl }), publisher);
  const early = ended.then(({ stderr }) => {
    throw new Error(`ended before it sent anything: ${stderr}`);
  });
  await Promise.race([reached, early]);
  child.kill("SIGKILL");
  await expect(early).rejects.toThrow();
  endpoint.close();
}

// One chain and one story: each test goes on where the one before ended.
describe("two epochs on real zk proofs", () => {
  test("the first: auctions are won, and real zk proofs are verified and paid", async () => {
    const one = await auction(network, fibonacci, [
      [ada, "30"],
      [ben, "40"],
      [cleo, "45"],
    ]);
    expect(one).toMatchObject({ winner: ada, price: parseEther("40") });
    const flipped = `${fibonacci.zkProof.slice(0, -1)}${fibonacci.zkProof.endsWith("0") ? "1" : "0"}`;
    const tampered = { address: network.market, functionName: "fulfil", args: [one.id, flipped] };
    expect(await refusal(network, ada, tampered)).toBe("InvalidProof");
    expect(await fulfil(network, one, fibonacci)).toMatchObject({
      fee: parseEther("40"),
      protocolFee: parseEther("4"),
    });
    const two = await auction(network, identity, [
      [ben, "25"],
      [ada, "35"],
    ]);
    expect(two).toMatchObject({ winner: ben, price: parseEther("35") });
    await fulfil(network, two, identity);
    const three = await auction(network, application, [[cleo, "28"]]);
    expect(three).toMatchObject({ winner: cleo, price: parseEther("28") });
    await fulfil(network, three, application);
  });

  test("the job is killed after storing and before posting: nothing is posted, the artifact is whole", async () => {
    await endEpoch(network, 0n);
    await killWhenSending(async () => undefined);
    expect(await distributor("postCount")).toBe(0n);
    const [[name, bytes]] = [...artifactsIn(data)] as [[string, Buffer]];
    expect(name).toBe(`${datasetHash(bytes)}.json`);
    expect(decodeArtifact(bytes).epoch).toBe(0);
  });

  test("the job is killed once its transaction is on its way: the root is posted once, and another run changes nothing", async () => {
    const before = artifactsIn(data);
    await killWhenSending((_, forward) => forward());
    expect(await distributor("postCount")).toBe(1n);
    first = await provenderJson(on(["epoch", "run", "--post"]), publisher);
    expect(first.status).toBe("already-posted");
    expect(await distributor("postCount")).toBe(1n);
    expect(await latestPost()).toMatchObject({ epoch: 0n, postNumber: 1n, root: first.root });
    expect(artifactsIn(data)).toEqual(before);
    expect([...before.keys()]).toEqual([`${first.datasetHash}.json`]);
  });

  test("amounts are what the policy says", () => {
    // 90 % of the protocol fees brought: a tenth of 40 and of 35.
    expect(rowOf(first, ada)).toMatchObject({
      amount: String(parseEther("3.6")),
      commission: String(parseEther("0.36")),
      limitedBy: "fee-match",
    });
    expect(rowOf(first, ben)).toMatchObject({
      amount: String(parseEther("3.15")),
      commission: String(parseEther("0.63")),
    });
    // Two thousandths of the stake, which is less.
    const { stake, amount, limitedBy } = rowOf(first, cleo);
    expect([BigInt(amount), limitedBy]).toEqual([(BigInt(stake) * 2n) / 1000n, "stake"]);
    expect(BigInt(amount)).toBeLessThan((parseEther("2.8") * 9n) / 10n);
  });

  test("an auditor's process finds a match, and attests it", async () => {
    const { code, stdout } = await audit(0);
    expect([code, stdout.match(/^MATCH/m)?.[0]], stdout).toEqual([0, "MATCH"]);
    expect(await attest(0)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^attested in/m) });
    expect(await latestPost()).toMatchObject({ attestations: 1n, active: false });
  });

  test("a claim waits for the window, pays the vault and the commission once, and the share price rises as it vests", async () => {
    const early = await cli(on(["claim", ada, "--from", network.who.stranger]));
    expect(early).toMatchObject({ code: 4, stderr: expect.stringContaining("no root is active yet") });
    await pass(network, WINDOW);

    const [price, assets, owed] = [
      await sharePrice(vaults.ada),
      await totalAssets(vaults.ada),
      await commissionOwed(vaults.ada),
    ];
    const paid: Paid = await provenderJson(on(["claim", ada, "--from", network.who.stranger]));
    const [amount, commission] = [parseEther("3.6"), parseEther("0.36")];
    expect(paid.paid).toEqual([{ prover: ada, amount: String(amount), commission: String(commission) }]);
    expect(await commissionOwed(vaults.ada)).toBe(owed + commission);
    await pass(network, VESTING / 2n);
    const halfway = await sharePrice(vaults.ada);
    expect(halfway).toBeGreaterThan(price);
    await pass(network, VESTING);
    expect(await sharePrice(vaults.ada)).toBeGreaterThan(halfway);
    expect(await totalAssets(vaults.ada)).toBe(assets + amount - commission);

    const again = await cli(on(["claim", ada, "--from", network.who.stranger]));
    expect(again).toMatchObject({ code: 0, stdout: "nothing to claim: everything earned so far is paid\n" });
    const proof: ProofAnswer = await cliJson(on(["proof", ada]));
    await send(network, network.who.stranger, claimCall(ada, proof));
    expect(await recordOf(ada)).toMatchObject({ claimed: amount, claimedCommission: commission });
    expect(await distributor("totalClaimed")).toBe(amount);
    await cliJson(on(["claim", ben, "--from", network.who.stranger]));
  });

  test("the second: one prover earns nothing, a statement proven before counts only for the excess", async () => {
    const one = await auction(network, network2025, [
      [ben, "20"],
      [cleo, "30"],
    ]);
    expect(one).toMatchObject({ winner: ben, price: parseEther("30") });
    await fulfil(network, one, network2025);
    const two = await auction(network, application, [[cleo, "60"]]);
    const { fee, countedWeight } = await fulfil(network, two, application);
    expect(fee).toBe(parseEther("60"));
    expect(countedWeight).toBe(parseEther("32") * 10_000n);
    await endEpoch(network, 1n);
  });

  test("a root with one wei more for Cleo is posted: the auditor names her, does not attest, and vetoes", async () => {
    const published = join(folder, "published.json");
    await postOneWeiMore(cleo, published);
    const { code, stdout, stderr } = await audit(1, "--artifact", published);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(
      /^inputs match chain +MATCH\namounts match policy +MISMATCH\n[\s\S]*^root matches contract +MISMATCH/m,
    );
    expect(stdout).toContain(`prover ${cleo}: amount `);
    // The root alone is enough to see that something is wrong.
    const [attestation, job] = await Promise.all([
      attest(1),
      provender(on(["epoch", "run", "--post"]), publisher),
    ]);
    expect(attestation).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("not attested: the root does not match"),
    });
    expect(job).toMatchObject({ code: 1, stderr: expect.stringContaining("ANOTHER ROOT IS POSTED") });
    const content = await latestContent(network);
    expect(content).toMatchObject({ epoch: 1n, postNumber: 2n });
    await send(network, network.who.auditor, {
      address: network.distributor,
      functionName: "veto",
      args: [content],
    });
    await pass(network, WINDOW);
    expect(await latestPost()).toMatchObject({ vetoed: true, active: false, attestations: 0n });
    const vetoed = await cli(on(["audit", "--epoch", "1"]));
    expect(vetoed).toMatchObject({ code: 4, stderr: expect.stringContaining("vetoed") });
    // The first root pays on meanwhile.
    staleProof = await cliJson(on(["proof", cleo]));
    expect(staleProof).toMatchObject({ epoch: 0, pending: null });
    expect(staleProof.claimable).toBe(rowOf(first, cleo).amount);
  });

  test("an empty data directory makes the same artifacts, byte by byte, and the vetoed epoch is posted anew", async () => {
    const checkpoint = await network.client.snapshot();
    const other = join(folder, "other");
    const there: Run = await provenderJson(on(["epoch", "run", "--post"], { dataDir: other }), publisher);
    await network.client.revert({ id: checkpoint });
    second = await provenderJson(on(["epoch", "run", "--post"]), publisher);
    expect(second).toMatchObject({ status: "posted", datasetHash: there.datasetHash, root: there.root });
    const bytes = artifactWith(second.datasetHash);
    expect(artifactsIn(other)).toEqual(new Map([[`${second.datasetHash}.json`, bytes]]));
    expect(datasetHash(bytes)).toBe(second.datasetHash);
    expect(await latestPost()).toMatchObject({ epoch: 1n, postNumber: 3n, root: second.root });

    expect(rowOf(second, ada)).toMatchObject({
      fulfilments: 0,
      amount: "0",
      cumulative: rowOf(first, ada).cumulative,
    });
    expect(rowOf(second, ben).amount).toBe(String(parseEther("2.7")));
    expect(BigInt(second.total)).toBe(BigInt(first.total) + BigInt(second.added));
  });

  test("the auditor's process finds a match for both epochs, and is not fooled by an endpoint that leaves out a log", async () => {
    const again = cli(on(["audit", "--epoch", "0"]));
    for (const { code, stdout } of await Promise.all([audit(1), again])) {
      expect([code, stdout.match(/^MATCH/m)?.[0]], stdout).toEqual([0, "MATCH"]);
    }
    const fulfilled = encodeEventTopics({ abi: proofMarketAbi, eventName: "Fulfilled" })[0];
    const changed = encodeEventTopics({ abi: proverVaultAbi, eventName: "ActiveAssetsChanged" })[0];
    // Ben's in the second epoch; the deposit in Ada's vault, after the seeds of three.
    for (const [topic, n, prover] of [
      [fulfilled, 3, ben],
      [changed, 3, ada],
    ] as const) {
      const endpoint = await endpointBefore(network.anvil.rpcUrl, withoutLog(topic, n));
      const args = on(["audit", "--epoch", "1"], { rpc: endpoint.rpcUrl });
      // With a database of its own: what was read and checked before is not read again.
      const fresh = { rpc: endpoint.rpcUrl, dataDir: temporaryFolder() };
      const job = on(["epoch", "run", "--epoch", "1"], fresh);
      const [misled, refused] = await Promise.all([provender(args), cli(job)]);
      endpoint.close();
      expect(misled.stdout, `${prover} ${topic} ${misled.stderr}`).toMatch(/^inputs match chain +MISMATCH/m);
      expect(misled.stdout).toContain(`prover ${prover}`);
      expect(misled.code).toBe(1);
      expect([refused.code, refused.stdout], refused.stderr).toEqual([1, ""]);
      expect(refused.stderr).toMatch(/\nerror: [^\n]+\n$/);
    }
    expect((await attest(1)).code).toBe(0);
  });

  test("the second root takes over: an old proof fails, and what was unclaimed of the first is paid with the second", async () => {
    const pending: ProofAnswer = await cliJson(on(["proof", cleo]));
    expect(pending).toMatchObject({ epoch: 0, pending: { epoch: 1 }, claimable: staleProof.claimable });
    await pass(network, WINDOW);

    expect(await refusal(network, network.who.stranger, claimCall(cleo, staleProof))).toBe(
      "InvalidMerkleProof",
    );
    const prices = await Promise.all([vaults.ben, vaults.cleo].map(sharePrice));
    const adaBefore = await recordOf(ada);
    const { paid, skipped }: Paid = await provenderJson(
      on(["claim", "--all", "--from", network.who.stranger]),
    );
    expect(skipped).toEqual([]);
    const both = BigInt(rowOf(first, cleo).amount) + BigInt(rowOf(second, cleo).amount);
    expect(new Map(paid.map(({ prover, amount }) => [prover, BigInt(amount)]))).toEqual(
      new Map([
        [ben, parseEther("2.7")],
        [cleo, both],
      ]),
    );
    expect(both).toBe(BigInt(rowOf(second, cleo).cumulative));
    expect(await recordOf(cleo)).toMatchObject({ claimed: both });
    expect(await recordOf(ada)).toEqual(adaBefore);
    await pass(network, VESTING);
    const risen = await Promise.all([vaults.ben, vaults.cleo].map(sharePrice));
    risen.forEach((price, i) => {
      expect(price).toBeGreaterThan(prices[i] as bigint);
    });
  });

  test("everything posted is paid, and nothing can be claimed again", async () => {
    expect(await distributor("totalClaimed")).toBe(BigInt(second.total));
    const again = await cli(on(["claim", "--all", "--from", network.who.stranger]));
    expect(again).toMatchObject({ code: 0, stdout: "nothing to claim: everything earned so far is paid\n" });
    for (const prover of [ada, ben, cleo]) {
      const proof: ProofAnswer = await cliJson(on(["proof", prover]));
      await send(network, network.who.stranger, claimCall(prover, proof));
    }
    expect(await distributor("totalClaimed")).toBe(BigInt(second.total));
    expect(await distributor("postCount")).toBe(3n);
  });
});

/** What a publisher with bad code would post and publish: in agreement with itself, and wrong by one wei. */
async function postOneWeiMore(prover: Address, file: string): Promise<void> {
  const chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  const system = await readSystem(chain, network.distributor);
  const store = fileStore(data);
  const { result } = await runEpoch({
    chain,
    system,
    store,
    open: stored(system),
    epoch: 1,
    version: "test",
    log: () => undefined,
  });
  const honest = artifactOf(result);
  const rows = honest.rows.map((row) =>
    row.prover === lower(prover) ? { ...row, amount: row.amount + 1n, cumulative: row.cumulative + 1n } : row,
  );
  const { root } = buildRewardTree(system.domain, leavesOf(rows));
  const wrong = encodeArtifact({
    ...honest,
    rows,
    root,
    added: honest.added + 1n,
    dropped: honest.dropped - 1n,
    total: honest.total + 1n,
  });
  writeFileSync(file, wrong);
  const { number, hash } = honest.snapshot;
  await send(network, network.who.publisher, {
    address: network.distributor,
    functionName: "postRoot",
    args: [1n, root, honest.total + 1n, datasetHash(wrong), number, hash],
  });
}
