// SPDX-License-Identifier: AGPL-3.0-only
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Abi, erc20Abi, maxUint256, parseAbi, parseEther } from "viem";
import { proofMarketAbi, proverRegistryAbi, proverVaultAbi, rewardDistributorAbi } from "../../test/abi.ts";
import { leashed } from "../leash.ts";
import { ACCOUNTS, type Cast, castOf } from "./cast.ts";
import { BUDGET, deployConfig } from "./deployment.ts";
import { callOf, type LocalChain, send, startLocalChain } from "./local-chain.ts";
import { chapter, good, note, say, short, tokens } from "./print.ts";
import { loadPrograms, type Programs } from "./programs.ts";
import { mustRun } from "./provender.ts";
import { within } from "./within.ts";

type Address = `0x${string}`;

/** Every function and every error: a revert of one contract shows through another. */
export const abi: Abi = [...proofMarketAbi, ...proverRegistryAbi, ...proverVaultAbi, ...rewardDistributorAbi];
const tokenAbi: Abi = [...erc20Abi, ...parseAbi(["function mint(address to, uint256 amount)"])];

export interface Stage {
  readonly chain: LocalChain;
  readonly cast: Cast;
  readonly folder: string;
  readonly token: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly distributor: Address;
  readonly programs: Programs;
  /** Where the development zkVM makes zk proofs. */
  readonly zkvm: string;
  /** The file that names the deployment. */
  readonly record: string;
  readonly vaults: ReadonlyMap<string, Address>;
}

const FUNDS = BUDGET * 8n;
const [RUN, ZKVM] = ["../run.mjs", "../devzk/main.ts"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
) as [string, string];

/** The backend of every prover's node here: in a process of its own, which prints where it listens. */
async function startZkvm(): Promise<string> {
  const { child } = leashed(process.execPath, [RUN, ZKVM, "--port", "0"]);
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(String(line).trim()));
    child.once("close", () => reject(new Error("the development zkVM ended")));
  });
  return within("the development zkVM to listen", listening);
}

export async function prepare(folder: string): Promise<Stage> {
  chapter("A chain, and the contracts");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const chain = await startLocalChain(ACCOUNTS);
  const { client } = chain;
  const zkvm = await startZkvm();
  const cast = castOf(chain.accounts);
  const programs = await loadPrograms();
  say(
    "A chain of our own on this machine (anvil), where time can be moved forward. Nothing leaves the machine.",
  );
  note("The first time, the contracts are compiled here, for up to a minute.");
  const config = join(folder, "deploy.json");
  const record = join(folder, "deployment.json");
  await writeFile(config, `${JSON.stringify(deployConfig(cast, programs), null, 2)}\n`);
  const deploy = ["deploy", "--config", config, "--rpc", chain.url, "--from", cast.owner, "--out", record];
  await mustRun(deploy);
  const { token, registry, market, distributor } = JSON.parse(await readFile(record, "utf8")) as Record<
    "token" | "registry" | "market" | "distributor",
    Address
  >;
  good(`deployed: registry ${registry}, market ${market}, distributor ${distributor}`);

  const others = [...cast.provers, ...cast.stakers].map(({ address }) => address);
  for (const holder of new Set([...cast.requesters, ...others, cast.viewer])) {
    await send(client, cast.owner, callOf(token, tokenAbi, "mint", holder, parseEther("10000")));
    if (holder === cast.viewer) continue;
    for (const spender of [registry, market]) {
      await send(client, holder, callOf(token, tokenAbi, "approve", spender, maxUint256));
    }
  }
  await send(client, cast.owner, callOf(token, tokenAbi, "mint", distributor, FUNDS));
  good(
    `the foundation funds the distributor with ${tokens(FUNDS)}: ${FUNDS / BUDGET} epochs of a day, with a budget of ${tokens(BUDGET)} each`,
  );
  note("PVD is this chain's staking token, of which fees, stakes and rewards are paid.");
  const stage = {
    ...{ chain, cast, folder, record, token, registry, market, distributor, programs, zkvm },
    vaults: new Map<string, Address>(),
  };
  return { ...stage, vaults: await stake(stage) };
}

async function stake(stage: Stage): Promise<Map<string, Address>> {
  const { chain, cast, registry, token } = stage;
  const { client } = chain;
  chapter("Provers register, stakers join them");
  say("Each prover gets a vault of its own and puts up its own stake; anyone may add to it.");
  say("The stake is collateral: work that is won and not delivered is paid for from it.");
  const vaults = new Map<string, Address>();
  for (const prover of cast.provers) {
    const terms = [prover.selfStake, prover.commissionBps, prover.address];
    await send(client, prover.address, callOf(registry, abi, "register", ...terms));
    const vault = await client.readContract({
      address: registry,
      abi: proverRegistryAbi,
      functionName: "vaultOf",
      args: [prover.address],
    });
    vaults.set(prover.name, vault);
    const stakers = cast.stakers.filter((staker) => staker.prover === prover.name);
    for (const staker of stakers) {
      await send(client, staker.address, callOf(token, tokenAbi, "approve", vault, maxUint256));
      await send(client, staker.address, callOf(vault, abi, "deposit", staker.assets, staker.address));
    }
    const added = stakers.reduce((sum, staker) => sum + staker.assets, 0n);
    good(
      `${prover.name.padEnd(4)} (${short(prover.address)}) stakes ${tokens(prover.selfStake)}, stakers add ${tokens(added)}, commission ${Number(prover.commissionBps) / 100} %`,
    );
  }
  note("Vault shares are ordinary ERC-20 tokens (ERC-4626); one share is worth 1 PVD now.");
  return vaults;
}

export async function sharePrices(stage: Stage): Promise<Map<string, bigint>> {
  const prices = new Map<string, bigint>();
  for (const [name, vault] of stage.vaults) {
    prices.set(
      name,
      await stage.chain.client.readContract({
        address: vault,
        abi: proverVaultAbi,
        functionName: "convertToAssets",
        args: [parseEther("1")],
      }),
    );
  }
  return prices;
}
