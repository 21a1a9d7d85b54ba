// SPDX-License-Identifier: AGPL-3.0-only
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { erc20Abi, getContract, parseAbi, parseEther } from "viem";
import { iProofMarketAbi, iRewardDistributorAbi } from "../../service/chain/abi.ts";
import { shortAddress } from "../../service/cli/format.ts";
import type { Address } from "../../service/core/types.ts";
import { serveDevzk } from "../devzk/backend.ts";
import { ACCOUNTS, type Cast, castOf } from "./cast.ts";
import { BUDGET, deployConfig } from "./deployment.ts";
import { startLocalChain } from "./local-chain.ts";
import { chapter, command, good, note, say, tokens } from "./print.ts";
import { loadPrograms } from "./programs.ts";
import { asked, provender, type Settings } from "./provender.ts";

export type Stage = Awaited<ReturnType<typeof prepare>>;

const tokenAbi = [...erc20Abi, ...parseAbi(["function mint(address to, uint256 amount)"])] as const;
const FUNDS = BUDGET * 8n;

/** A chain with contracts, provers and stakers; the folder gets what belongs to them. */
export async function prepare(folder: string) {
  chapter("A chain, and the contracts");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const chain = await startLocalChain(ACCOUNTS);
  const { client, url } = chain;
  const cast = castOf(chain.accounts);
  const programs = loadPrograms();
  say(
    "A chain of our own on this machine (anvil), where time can be moved forward. Nothing leaves the machine.",
  );
  note("The first time, the contracts are compiled here, for up to a minute.");
  const config = join(folder, "deploy.json");
  const record = join(folder, "deployment.json");
  await writeFile(config, `${JSON.stringify(deployConfig(cast, programs), null, 2)}\n`);
  const deploy = ["deploy", "--config", config, "--rpc", url, "--from", cast.owner, "--out", record];
  const addresses = await asked<Record<"token" | "registry" | "market" | "distributor", Address>>(
    deploy,
    {},
    true,
  );
  good(
    `deployed: registry ${addresses.registry}, market ${addresses.market}, distributor ${addresses.distributor}`,
  );

  const token = { address: addresses.token, abi: tokenAbi } as const;
  const mint = (...args: readonly [Address, bigint]) =>
    client.writeContractSync({ ...token, functionName: "mint", args, account: cast.owner });
  const joining = [...cast.provers, ...cast.stakers].map(({ address }) => address);
  for (const holder of new Set([...cast.requesters, ...joining, cast.viewer])) {
    await mint(holder, parseEther("10000"));
  }
  await mint(addresses.distributor, FUNDS);
  good(
    `the foundation funds the distributor with ${tokens(FUNDS)}: ${FUNDS / BUDGET} epochs of a day, with a budget of ${tokens(BUDGET)} each`,
  );
  note("PVD is this chain's staking token, of which fees, stakes and rewards are paid.");
  const settings = {
    PROVENDER_RPC_URL: url,
    PROVENDER_DEPLOYMENT: record,
    PROVENDER_DATA_DIR: join(folder, "data"),
  };
  note(`What follows finds it by the environment: ${Object.keys(settings).join(", ")}.`);
  return {
    ...{ chain, cast, folder, settings, programs, vaults: await joinAll(cast, settings) },
    /** Makes zk proofs for every prover's node here. */
    zkvm: (await serveDevzk(0)).url,
    token: getContract({ ...token, client }),
    market: getContract({ address: addresses.market, abi: iProofMarketAbi, client }),
    distributor: getContract({ address: addresses.distributor, abi: iRewardDistributorAbi, client }),
  };
}

/** By the provers' names, each one's vault. */
async function joinAll({ provers, stakers }: Cast, settings: Settings): Promise<Map<string, Address>> {
  chapter("Provers register, stakers join them");
  say(
    "Each prover gets a vault of its own and puts up its own stake; anyone may add to it.",
    "The stake is collateral: work that is won and not delivered is paid for from it.",
  );
  command("npx provender prover register --stake 1000 --commission 5%");
  command("npx provender stake PROVER 2500");
  const vaults = new Map<string, Address>();
  for (const { name, address, stake, commission } of provers) {
    const terms = ["--stake", stake, "--commission", commission, "--from", address];
    const { vault } = await asked<{ vault: Address }>(["prover", "register", ...terms], settings);
    vaults.set(name, vault);
    const joining = stakers.filter(({ prover }) => prover === name);
    for (const staker of joining) {
      await provender(["stake", address, staker.assets, "--from", staker.address], settings, false);
    }
    const added = joining.reduce((sum, { assets }) => sum + parseEther(assets), 0n);
    good(
      `${name.padEnd(4)} (${shortAddress(address)}) stakes ${tokens(parseEther(stake))}, stakers add ${tokens(added)}, commission ${commission} %`,
    );
  }
  note("Vault shares are ordinary ERC-20 tokens (ERC-4626); one share is worth 1 PVD now.");
  return vaults;
}
