// SPDX-License-Identifier: AGPL-3.0-only
import { concat, encodeAbiParameters, getAddress, type Hex } from "viem";
import { iProvenderLensAbi, iProverRegistryAbi, iProverVaultAbi } from "../chain/abi.ts";
import { readBlock } from "../chain/blocks.ts";
import { isAnswered } from "../chain/errors.ts";
import { SENT_LENS } from "../chain/lens-pages.ts";
import { lower } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import { readArtifact } from "../deploy/artifacts.ts";
import { UsageError } from "./errors.ts";
import type { Session } from "./session.ts";

/** Of a prover, by the registry's numbers. */
export const STATES = ["unregistered", "active", "inactive", "jailed"] as const;

export type ProverView = Awaited<ReturnType<ReturnType<typeof lensOf>["prover"]>>;

/**
 * Whole states of provers and stakers, as of one block. The lens's code is sent along with each question, so that none has to be
 * deployed, known or trusted.
 */
export function lensOf(
  { chain: { client }, system }: Pick<Session, "chain" | "system">,
  blockNumber: bigint,
) {
  const { bytecode } = readArtifact("ProvenderLens");
  const code: Hex = concat([bytecode, encodeAbiParameters([{ type: "address" }], [system.distributor])]);
  const lens = { abi: iProvenderLensAbi, code, blockNumber } as const;
  return {
    prover: (account: Address) => client.readContract({ ...lens, functionName: "prover", args: [account] }),

    /** All of them, as they registered. */
    async provers() {
      const found = [];
      for (let offset = 0n; ; offset += SENT_LENS.provers) {
        const args = [offset, SENT_LENS.provers] as const;
        const page = await client.readContract({ ...lens, functionName: "provers", args });
        found.push(...page);
        if (BigInt(page.length) < SENT_LENS.provers) return found;
      }
    },

    /** Those of a controller that are not claimed whole, oldest first. */
    async exits(account: Address, controller: Address) {
      const found = [];
      for (let offset = 0n; ; offset += SENT_LENS.exits) {
        const args = [account, controller, offset, SENT_LENS.exits] as const;
        const page = await client.readContract({ ...lens, functionName: "exits", args });
        found.push(...page);
        if (BigInt(page.length) < SENT_LENS.exits) return found;
      }
    },
  };
}

/** The latest block's number and time. */
export async function headOf({ chain: { client } }: Pick<Session, "chain">) {
  const { number, timestamp } = await readBlock(client, "latest");
  return { number, timestamp };
}

/** Whether the guardian has paused bids, deposits and exit requests everywhere. */
export function isPaused(
  { chain: { client }, system }: Pick<Session, "chain" | "system">,
  blockNumber: bigint,
): Promise<boolean> {
  const registry = { address: system.registry, abi: iProverRegistryAbi, blockNumber } as const;
  return client.readContract({ ...registry, functionName: "paused" });
}

/** The prover that an address is, or whose vault it is. @throws UsageError if it is neither. */
export async function proverNamed(
  { chain: { client }, system }: Pick<Session, "chain" | "system">,
  address: Address,
  source: string,
): Promise<Address> {
  const registry = { address: system.registry, abi: iProverRegistryAbi } as const;
  const stateOf = async (account: Address) => {
    const args = [account] as const;
    return (await client.readContract({ ...registry, functionName: "proverRecord", args })).state;
  };
  if ((await stateOf(address)) !== 0) return address;
  const owner = await client
    .readContract({ address, abi: iProverVaultAbi, functionName: "prover" })
    .catch((error: unknown) => {
      if (isAnswered(error)) return undefined;
      throw error;
    });
  if (owner !== undefined) {
    const vault = await client.readContract({ ...registry, functionName: "vaultOf", args: [owner] });
    if (lower(vault) === address && (await stateOf(owner)) !== 0) return owner;
  }
  throw new UsageError(
    `${source}: ${getAddress(address)} is neither a registered prover nor the vault of one`,
    "`provender provers` lists them",
  );
}
