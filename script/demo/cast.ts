// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther, toHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";

type Address = `0x${string}`;

export interface Prover {
  readonly name: string;
  readonly address: Address;
  readonly selfStake: bigint;
  readonly commissionBps: bigint;
  /** What a zk proof costs it, in tokens, by the program's name. */
  readonly costs: Readonly<Record<string, string>>;
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
  readonly requesters: readonly [Address, Address];
  readonly provers: readonly Prover[];
  readonly stakers: readonly Staker[];
  /** Whoever watches, and tries a role. */
  readonly viewer: Address;
}

export const ACCOUNTS = 17;

/** As published with every local chain; worth nothing anywhere else. */
export function privateKeyOf(addressIndex: number): `0x${string}` {
  const phrase = "test test test test test test test test test test test junk";
  return toHex(mnemonicToAccount(phrase, { addressIndex }).getHdKey().privateKey as Uint8Array);
}

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
    requesters: [at(5), at(15)],
    provers: [
      {
        name: "Ada",
        address: at(6),
        selfStake: parseEther("1000"),
        commissionBps: 500n,
        costs: { fibonacci: "300", attestation: "350", ...small("2", "5", "4", "3") },
      },
      {
        name: "Ben",
        address: at(7),
        selfStake: parseEther("1000"),
        commissionBps: 1000n,
        costs: { fibonacci: "400", attestation: "250", network: "200", ...small("3", "2", "5", "4") },
      },
      {
        name: "Cleo",
        address: at(8),
        selfStake: parseEther("1000"),
        commissionBps: 2000n,
        costs: { fibonacci: "450", network: "300", application: "280", ...small("4", "3", "2", "5") },
      },
      // Has collateral for one large job at a time.
      {
        name: "Dan",
        address: at(9),
        selfStake: parseEther("500"),
        commissionBps: 0n,
        costs: { network: "100" },
      },
      // Has collateral for small jobs only.
      {
        name: "Eve",
        address: at(10),
        selfStake: parseEther("500"),
        commissionBps: 1500n,
        costs: { fibonacci: "100", ...small("5", "4", "3", "2") },
      },
    ],
    stakers: [
      { address: at(11), prover: "Ada", assets: parseEther("2500") },
      { address: at(12), prover: "Ada", assets: parseEther("1500") },
      { address: at(12), prover: "Ben", assets: parseEther("2500") },
      { address: at(13), prover: "Cleo", assets: parseEther("2500") },
      { address: at(14), prover: "Dan", assets: parseEther("600") },
    ],
    viewer: at(16),
  };
}

function small(doubling: string, squaring: string, polynomial: string, factorial: string) {
  return { doubling, squaring, polynomial, factorial };
}

export function proverNamed({ provers }: Cast, name: string): Prover {
  const prover = provers.find((candidate) => candidate.name === name);
  if (prover === undefined) throw new Error(`nobody is called ${name}`);
  return prover;
}

/** The name of the prover with an address. */
export function nameOf({ provers }: Cast, address: Address): string {
  return provers.find((prover) => prover.address === address)?.name ?? "nobody";
}
