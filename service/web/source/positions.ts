// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Client, erc20Abi, erc4626Abi, getAbiItem } from "viem";
import { readContract } from "viem/actions";
import { iProverVaultAbi } from "../../chain/abi.ts";
import { roundingOf } from "../../core/share-price.ts";
import { type Contracts, readLens } from "./lens.ts";
import { logsOf } from "./logs.ts";
import type { ExitRow, Point, Position, ProverRow } from "./types.ts";

const TRANSFER = getAbiItem({ abi: erc20Abi, name: "Transfer" });
const DEPOSIT = getAbiItem({ abi: erc4626Abi, name: "Deposit" });
const REQUEST = getAbiItem({ abi: iProverVaultAbi, name: "RedeemRequest" });
const PRICED = getAbiItem({ abi: iProverVaultAbi, name: "ExitPriced" });
/** That a lens is asked for at once. */
const EXITS = 100n;
const MINTED = "0x0000000000000000000000000000000000000000";

type Vault = Pick<ProverRow, "prover" | "vault" | "sharePrice">;

/** What an address has in the given vaults, found by its logs from `fromBlock` on. */
export async function readPositions(
  client: Client,
  contracts: Contracts,
  {
    vaults,
    owner,
    fromBlock,
    at,
  }: { vaults: readonly Vault[]; owner: Address; fromBlock: bigint; at: Point },
): Promise<Position[]> {
  if (vaults.length === 0) return [];
  const range = { address: vaults.map(({ vault }) => vault), fromBlock, toBlock: at.block };
  const [came, went, requested, deposits, priced] = await Promise.all([
    logsOf(client, TRANSFER, range, { to: owner }),
    logsOf(client, TRANSFER, range, { from: owner }),
    logsOf(client, REQUEST, range, { controller: owner }),
    logsOf(client, DEPOSIT, range, { receiver: owner }),
    logsOf(client, PRICED, range, { controller: owner }),
  ]);
  const touched = new Set([...came, ...requested].map(({ address }) => address.toLowerCase()));
  const mine = vaults.filter(({ vault }) => touched.has(vault.toLowerCase()));
  return Promise.all(mine.map((vault) => position(vault)));

  async function position({ prover, vault, sharePrice = 0n }: Vault): Promise<Position> {
    const of = <T extends { address: Address }>(logs: readonly T[]) =>
      logs.filter(({ address }) => address.toLowerCase() === vault.toLowerCase());
    const read = { address: vault, blockNumber: at.block } as const;
    const shares = await readContract(client, {
      ...read,
      abi: erc20Abi,
      functionName: "balanceOf",
      args: [owner],
    });
    const [worth, entry, exits] = await Promise.all([
      readContract(client, { ...read, abi: erc4626Abi, functionName: "convertToAssets", args: [shares] }),
      // What an entry pays for it: with what still vests.
      readContract(client, { ...read, abi: erc4626Abi, functionName: "previewMint", args: [shares] }),
      readExits(client, contracts, { prover, owner, at }),
    ]);
    // Shares of another's, or given to one, have no price in the logs.
    const moved =
      of(came).some(({ args }) => args.from !== MINTED) || of(went).some(({ args }) => args.to !== MINTED);
    const putIn = moved ? undefined : of(deposits).reduce((sum, { args }) => sum + args.assets, 0n);
    const takenOut = moved ? undefined : of(priced).reduce((sum, { args }) => sum + args.assets, 0n);
    const gained = putIn === undefined || takenOut === undefined ? undefined : worth + takenOut - putIn;
    const rounding = roundingOf(of(deposits).length + of(priced).length, sharePrice);
    return { prover, vault, shares, worth, putIn, takenOut, gained, rounding, vesting: entry - worth, exits };
  }
}

/** The exits of an account from one vault that are not claimed whole, oldest first. */
async function readExits(
  client: Client,
  contracts: Contracts,
  { prover, owner, at }: { prover: Address; owner: Address; at: Point },
): Promise<ExitRow[]> {
  const exits: ExitRow[] = [];
  for (;;) {
    const args = [prover, owner, BigInt(exits.length), EXITS] as const;
    const page = await readLens(client, contracts, "exits", args, at.block);
    exits.push(
      ...page.map(({ number, shares, assets, dueAt }) => ({ number, shares, worth: assets, dueAt })),
    );
    if (BigInt(page.length) < EXITS) return exits;
  }
}
