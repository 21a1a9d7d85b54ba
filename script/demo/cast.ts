// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther } from "viem";

type Address = `0x${string}`;

export interface Prover {
  readonly name: string;
  readonly address: Address;
  readonly selfStake: bigint;
  readonly commissionBps: bigint;
}

interface Staker {
  readonly address: Address;
  readonly prover: string;
  readonly assets: bigint;
}

/** Everybody in the demo, by account of the local chain. */
export interface Cast {
  readonly owner: Address;
  readonly guardian: Address;
  readonly treasury: Address;
  readonly publisher: Address;
  readonly auditor: Address;
  readonly requester: Address;
  readonly provers: readonly Prover[];
  readonly stakers: readonly Staker[];
}

export const ACCOUNTS = 16;

export function castOf(accounts: readonly Address[]): Cast {
  const at = (index: number): Address => {
    const account = accounts[index];
    if (account === undefined) throw new Error(`the local chain has no account ${index}`);
    return account;
  };
  return {
    owner: at(0),
    guardian: at(1),
    treasury: at(2),
    publisher: at(3),
    auditor: at(4),
    requester: at(5),
    provers: [
      { name: "Ada", address: at(6), selfStake: parseEther("1000"), commissionBps: 500n },
      { name: "Ben", address: at(7), selfStake: parseEther("1000"), commissionBps: 1000n },
      { name: "Cleo", address: at(8), selfStake: parseEther("1000"), commissionBps: 2000n },
      { name: "Dan", address: at(9), selfStake: parseEther("1500"), commissionBps: 0n },
      { name: "Eve", address: at(10), selfStake: parseEther("500"), commissionBps: 1500n },
    ],
    stakers: [
      { address: at(11), prover: "Ada", assets: parseEther("2500") },
      { address: at(12), prover: "Ada", assets: parseEther("1500") },
      { address: at(12), prover: "Ben", assets: parseEther("2000") },
      { address: at(13), prover: "Cleo", assets: parseEther("2000") },
      { address: at(14), prover: "Dan", assets: parseEther("2500") },
    ],
  };
}
