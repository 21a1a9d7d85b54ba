// SPDX-License-Identifier: AGPL-3.0-only
import { erc4626Abi, parseEther } from "viem";
import { iProverVaultAbi } from "../../service/chain/abi.ts";
import { amount, shortAddress } from "../../service/cli/format.ts";
import type { Claim } from "../../service/core/reward-tree.ts";
import type { Address, Row } from "../../service/core/types.ts";
import { pass, travelTo } from "../../test/service/helpers/anvil.ts";
import { proverNamed } from "./cast.ts";
import { BUDGET, DAY } from "./deployment.ts";
import { mustRefuse } from "./local-chain.ts";
import { chapter, good, indented, note, say, table, tokens } from "./print.ts";
import { asked, provender } from "./provender.ts";
import type { Stage } from "./setup.ts";

/** The epoch's end, the dry run, the post, and the audit. */
export async function settle(stage: Stage): Promise<void> {
  const { cast, chain, distributor, settings } = stage;
  chapter("The epoch ends; what does each prover get?");
  const [, end] = await distributor.read.epochBounds([0n]);
  await travelTo(chain, end);
  // On this chain what three more blocks stand on is final.
  await chain.client.mine({ blocks: 3, interval: 1 });
  say(
    `A day has passed and its last block is final. Rewards follow from logs alone: ${tokens(BUDGET)} in two campaigns, one`,
    "for each requester that the foundation knows. Each campaign's half is shared by the work for its requester, up to",
    "40 % of a prover's fees there, and at most half of its stake in all.",
  );
  indented(await provender(["epoch", "run", "--epoch", "0"], settings));
  note(cast.provers.map(({ name, address }) => `${shortAddress(address)} is ${name}`).join(", "));
  await checkRewards(stage);

  chapter("The root is posted");
  say("The foundation's job posts one hash, the root of a Merkle tree of all amounts.");
  const post = ["epoch", "run", "--epoch", "0", "--post", "--from", cast.publisher];
  indented(lastLines(await provender(post, settings), 4));
  note("Running the job again changes nothing:");
  const again = lastLines(await provender(post, settings), 1);
  if (!again.includes("nothing was changed"))
    throw new Error(`the second post must change nothing: ${again}`);
  indented(again);

  chapter("An auditor recomputes it");
  say("With other code, from nothing but the chain:");
  const where = ["--rpc", chain.url, "--distributor", distributor.address];
  const audit = await provender(["audit", "--epoch", "0", ...where], {});
  indented(audit);
  if (!/^MATCH/m.test(audit)) throw new Error("the audit must end with MATCH");
  note(
    "The last line says how many HTTP requests to the chain, with how many calls in them, and seconds that took.",
  );
  indented(lastLines(await provender(["attest", "--epoch", "0", "--from", cast.auditor], settings), 1));
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** All rewards together must be more than the protocol fees that the work brought in, and of both campaigns. */
async function checkRewards({ settings }: Stage): Promise<void> {
  const args = ["epoch", "run", "--epoch", "0"];
  const { provers, added } = await asked<{ provers: Row[]; added: bigint }>(args, settings);
  const fees = provers.reduce((sum, { protocolFees }) => sum + BigInt(protocolFees), 0n);
  const paid = provers.flatMap(({ campaigns = [] }) => campaigns.filter(({ amount: own }) => own !== "0"));
  if (new Set(paid.map(({ campaign }) => campaign)).size !== 2) throw new Error("both campaigns must pay");
  if (BigInt(added) <= fees) throw new Error("the rewards must be more than the protocol fees of the work");
  good(`${tokens(BigInt(added))} of rewards, for work that brought ${tokens(fees)} of protocol fees`);
}

/** Claims after the challenge window, what they do to share prices, and what cannot be claimed. */
export async function pay(stage: Stage): Promise<void> {
  const { chain, cast, distributor, settings } = stage;
  const [account] = cast.requesters;
  chapter("The challenge window passes, rewards are claimed");
  const claiming = (...args: Parameters<typeof distributor.simulate.claim>[0]) =>
    distributor.simulate.claim(args, { account });
  await mustRefuse("any claim before that", claiming(distributor.address, 1n, 0n, []), "NoActiveRoot");
  say("For six hours any listed auditor could have vetoed the root. Nobody did, and one attested.");
  const { claimableAt } = await distributor.read.latestPost();
  const before = await sharePrices(stage);
  await travelTo(chain, claimableAt);
  const proof = ["proof", proverNamed(cast, "Ada").address];
  const { prover, merkleProof, ...ada } = await asked<Claim>(proof, settings, true);
  const [cumulative, commission] = [BigInt(ada.cumulative), BigInt(ada.cumulativeCommission)];
  good(`Ada's claim: ${tokens(cumulative)} and a Merkle proof of ${merkleProof.length} hashes`);
  const more = claiming(prover, cumulative + parseEther("1"), commission, merkleProof);
  await mustRefuse("the same claim with 1 PVD more", more, "InvalidMerkleProof");
  const reversed = claiming(prover, cumulative, commission, [...merkleProof].reverse());
  await mustRefuse("the same claim with its hashes in another order", reversed, "InvalidMerkleProof");
  indented(await provender(["claim", "--all", "--from", account], settings));
  const { result } = await claiming(prover, cumulative, commission, merkleProof);
  if (result !== 0n) throw new Error("a second claim must pay nothing");
  good(`claiming a second time pays ${tokens(result)}`);

  say("A reward vests over a day, so that nobody can buy in just before it and leave with it.");
  await pass(chain, DAY);
  const after = await sharePrices(stage);
  const rows = await Promise.all(
    cast.provers.map(async ({ name, address }) => {
      const vault = { address: stage.vaults.get(name) as Address, abi: iProverVaultAbi } as const;
      const [, , owed] = await chain.client.readContract({ ...vault, functionName: "rewardState" });
      const prices = [before, after].map((at) => amount(at.get(address) ?? 0n));
      return [name, "1", ...prices, amount(owed)];
    }),
  );
  const header = ["a share in PVD", "at the start", "before the claims", "a day later", "owed to the prover"];
  table(header, rows, 1);
  const left = await stage.token.read.balanceOf([distributor.address]);
  note(
    "Fees raise a share's price too, as they vest. Dan's vault paid for the miss, and Eve's got what little she won.",
    `What is owed to a prover is its commission. The distributor holds ${tokens(left)} for epochs to come.`,
  );
}

/** What a share is worth, by the prover's address. */
async function sharePrices({ settings }: Stage): Promise<Map<Address, bigint>> {
  type Listed = { provers: { prover: Address; sharePrice: bigint }[] };
  const { provers } = await asked<Listed>(["provers"], settings);
  return new Map(provers.map(({ prover, sharePrice }) => [prover, BigInt(sharePrice)]));
}

/** Wei that divisions may cost. */
const ROUNDING = 10n;

/** A staker's exit: requested, waited for, and paid. */
export async function leave({ chain, cast, vaults, settings }: Stage): Promise<void> {
  const { address: account, prover, assets } = cast.stakers[0] as (typeof cast.stakers)[number];
  const run = async (...command: readonly string[]) =>
    BigInt((await asked<{ assets: bigint }>([...command, "--from", account], settings, true)).assets);
  chapter("A staker leaves");
  say(
    `Whoever put ${tokens(parseEther(assets))} in ${prover}'s vault did nothing since. Now all of it is to come out.`,
  );
  const worth = await run("exit", proverNamed(cast, prover).address, "all");
  good(`the exit is requested: ${tokens(worth)}, fixed now; until a day has passed it can still be slashed`);
  const redeeming = chain.client.simulateContract({
    ...{ address: vaults.get(prover) as Address, abi: erc4626Abi, functionName: "redeem" },
    ...{ args: [1n, account, account], account },
  });
  await mustRefuse("taking it out at once", redeeming, "ExceedsClaimable");
  await pass(chain, DAY + 1n);
  const paid = await run("redeem");
  const gained = paid - parseEther(assets);
  if (gained <= 0n || paid > worth + ROUNDING || paid < worth - ROUNDING) {
    throw new Error(`the exit must pay ${worth}, not ${paid}`);
  }
  good(`a day later ${tokens(paid)} are paid out, ${tokens(gained)} more than were put in`);
}
