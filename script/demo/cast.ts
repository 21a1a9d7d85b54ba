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
  const prover = (
    name: string,
    index: number,
    stake: string,
    commissionBps: bigint,
    costs: Prover["costs"],
  ): Prover => ({ name, address: at(index), selfStake: parseEther(stake), commissionBps, costs });
  return {
    owner: at(0),
    guardian: at(1),
    treasury: at(2),
    publisher: at(3),
    auditor: at(4),
    requesters: [at(5), at(15)],
    provers: [
      prover("Ada", 6, "1000", 500n, { fibonacci: "300", attestation: "350", ...small("2", "5", "4", "3") }),
      prover("Ben", 7, "1000", 1_000n, {
        ...{ fibonacci: "400", attestation: "250", network: "200", ...small("3", "2", "5", "4") },
      }),
      prover("Cleo", 8, "1000", 2_000n, {
        ...{ fibonacci: "450", network: "300", application: "280", ...small("4", "3", "2", "5") },
      }),
      // Has collateral for one large job at a time.
      prover("Dan", 9, "500", 0n, { network: "100" }),
      // Has collateral for small jobs only.
      prover("Eve", 10, "500", 1_500n, { fibonacci: "100", ...small("5", "4", "3", "2") }),
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
