// SPDX-License-Identifier: AGPL-3.0-only
import { join } from "node:path";
import { erc20Abi, formatEther, parseEther } from "viem";
import { proverVaultAbi, rewardDistributorAbi } from "../../test/abi.ts";
import { nameOf } from "./cast.ts";
import { BUDGET, DAY } from "./deployment.ts";
import { callOf, finalize, mustRefuse, timestamp, travelTo } from "./local-chain.ts";
import { chapter, good, indented, note, price, say, short, table, tokens } from "./print.ts";
import { mustRun } from "./provender.ts";
import { abi, type Stage, sharePrices } from "./setup.ts";

interface ProofAnswer {
  readonly prover: `0x${string}`;
  readonly cumulative: string;
  readonly cumulativeCommission: string;
  readonly merkleProof: readonly `0x${string}`[];
}

interface EpochAnswer {
  readonly added: string;
  readonly provers: readonly {
    readonly prover: `0x${string}`;
    readonly protocolFees: string;
    readonly campaigns: readonly {
      readonly campaign: number;
      readonly countedFees: string;
      readonly protocolFees: string;
      readonly amount: string;
      readonly limitedBy: string;
    }[];
  }[];
}

/** Where every command of the demo looks: one RPC and one address are enough. */
function options(stage: Stage): string[] {
  return ["--rpc", stage.chain.url, "--distributor", stage.distributor];
}

export function dataDir(stage: Stage): string {
  return join(stage.folder, "data");
}

/** The epoch's end, the dry run, the post, and the audit by another process. */
export async function settle(stage: Stage): Promise<void> {
  const { client } = stage.chain;
  const env = { PROVENDER_DATA_DIR: dataDir(stage) };

  chapter("The epoch ends; what does each prover get?");
  const [, end] = await client.readContract({
    address: stage.distributor,
    abi: rewardDistributorAbi,
    functionName: "epochBounds",
    args: [0n],
  });
  await travelTo(client, end);
  await finalize(client);
  say(
    `A day has passed and its last block is final. Rewards follow from logs alone: ${tokens(BUDGET)} in two campaigns, one`,
  );
  say(
    "for each requester that the foundation knows. Each campaign's half is shared by the work for its requester, up to",
  );
  say("40 % of a prover's fees there, and at most half of its stake in all.");
  const dryRun = ["epoch", "run", "--epoch", "0", ...options(stage)];
  indented((await mustRun(dryRun, env)).stdout);
  note(stage.cast.provers.map(({ name, address }) => `${short(address)} is ${name}`).join(", "));
  showCampaigns(stage, JSON.parse((await mustRun([...dryRun, "--json"], env)).stdout) as EpochAnswer);

  chapter("The root is posted");
  say("The foundation's job posts one hash, the root of a Merkle tree of all amounts.");
  const post = ["epoch", "run", "--epoch", "0", "--post", "--from", stage.cast.publisher, ...options(stage)];
  indented(lastLines((await mustRun(post, env)).stdout, 4));
  note("Running the job again changes nothing:");
  const again = lastLines((await mustRun(post, env)).stdout, 1);
  if (!again.includes("nothing was changed"))
    throw new Error(`the second post must change nothing: ${again}`);
  indented(again);

  chapter("An auditor recomputes it");
  say("In a process of its own, with other code, from nothing but the chain:");
  const audit = await mustRun(["audit", "--epoch", "0", ...options(stage)]);
  indented(audit.stdout);
  if (!/^MATCH/m.test(audit.stdout)) throw new Error("the audit must end with MATCH");
  note(
    "The last line says how many HTTP requests to the chain, with how many calls in them, and seconds that took.",
  );
  const attest = await mustRun(["attest", "--epoch", "0", "--from", stage.cast.auditor, ...options(stage)]);
  indented(lastLines(attest.stdout, 1));
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** Who is paid for whose requests; all together must be more than the protocol fees that the work brought in. */
function showCampaigns({ cast }: Stage, { provers, added }: EpochAnswer): void {
  const rows = provers.flatMap(({ prover, campaigns }) =>
    campaigns.map((own) => [
      nameOf(cast, prover),
      String(own.campaign),
      ...[own.countedFees, own.protocolFees, own.amount].map(plain),
      own.limitedBy === "none" ? "–" : "40 % of the fees",
    ]),
  );
  table(["a prover in PVD", "campaign", "counted fees", "protocol fees", "amount", "limited by"], rows);
  const fees = provers.reduce((sum, { protocolFees }) => sum + BigInt(protocolFees), 0n);
  const paying = new Set(
    provers
      .flatMap(({ campaigns }) => campaigns.filter(({ amount }) => amount !== "0"))
      .map((own) => own.campaign),
  );
  if (paying.size !== 2) throw new Error("both campaigns must pay");
  if (BigInt(added) <= fees) throw new Error("the rewards must be more than the protocol fees of the work");
  good(`${tokens(BigInt(added))} of rewards, for work that brought ${tokens(fees)} of protocol fees`);
}

const plain = (wei: string) => Number(formatEther(BigInt(wei))).toFixed(2);

/** Claims after the challenge window, what they do to share prices, and what cannot be claimed. */
export async function pay(stage: Stage): Promise<void> {
  const { client } = stage.chain;
  const env = { PROVENDER_DATA_DIR: dataDir(stage) };
  chapter("The challenge window passes, rewards are claimed");
  await mustRefuse(client, stage.cast.requesters[0], {
    what: "any claim before that",
    call: callOf(stage.distributor, abi, "claim", stage.distributor, 1n, 0n, []),
    error: "NoActiveRoot",
  });
  say("For six hours any listed auditor could have vetoed the root. Nobody did, and one attested.");
  const post = await client.readContract({
    address: stage.distributor,
    abi: rewardDistributorAbi,
    functionName: "latestPost",
  });
  const before = await sharePrices(stage);
  await travelTo(client, post.claimableAt);
  const answer = await mustRun(
    ["proof", stage.cast.provers[0]?.address ?? "", "--json", ...options(stage)],
    env,
  );
  const ada = JSON.parse(answer.stdout) as ProofAnswer;
  good(
    `Ada's claim: ${tokens(BigInt(ada.cumulative))} and a Merkle proof of ${ada.merkleProof.length} hashes`,
  );
  const claimCall = (cumulative: bigint, merkleProof = ada.merkleProof) => {
    const args = [ada.prover, cumulative, BigInt(ada.cumulativeCommission), merkleProof];
    return callOf(stage.distributor, abi, "claim", ...args);
  };
  await mustRefuse(client, ada.prover, {
    what: "the same claim with 1 PVD more",
    call: claimCall(BigInt(ada.cumulative) + parseEther("1")),
    error: "InvalidMerkleProof",
  });
  await mustRefuse(client, ada.prover, {
    what: "the same claim with its hashes in another order",
    call: claimCall(BigInt(ada.cumulative), [...ada.merkleProof].reverse()),
    error: "InvalidMerkleProof",
  });
  const claims = await mustRun(
    ["claim", "--all", "--from", stage.cast.requesters[0], ...options(stage)],
    env,
  );
  indented(claims.stdout);
  const paidTwice = await client.simulateContract({
    ...claimCall(BigInt(ada.cumulative)),
    account: ada.prover,
  });
  if (paidTwice.result !== 0n) throw new Error("a second claim must pay nothing");
  good(`claiming a second time pays ${tokens(paidTwice.result)}`);

  say("A reward vests over a day, so that nobody can buy in just before it and leave with it.");
  await travelTo(client, (await timestamp(client)) + DAY);
  const after = await sharePrices(stage);
  const rows: string[][] = [];
  for (const prover of stage.cast.provers) {
    const vault = stage.vaults.get(prover.name);
    if (vault === undefined) continue;
    const [, , commission] = await client.readContract({
      address: vault,
      abi: proverVaultAbi,
      functionName: "rewardState",
    });
    rows.push([
      prover.name,
      "1.000000",
      price(before.get(prover.name) ?? 0n),
      price(after.get(prover.name) ?? 0n),
      Number(formatEther(commission)).toFixed(2),
    ]);
  }
  table(["a share in PVD", "at the start", "before the claims", "a day later", "owed to the prover"], rows);
  const left = await client.readContract({
    address: stage.token,
    abi: erc20Abi,
    functionName: "balanceOf",
    args: [stage.distributor],
  });
  note(
    "Fees raise a share's price too, as they vest. Dan's vault paid for the miss, and Eve's got what little she won.",
  );
  note(
    `What is owed to a prover is its commission. The distributor holds ${tokens(left)} for epochs to come.`,
  );
}
