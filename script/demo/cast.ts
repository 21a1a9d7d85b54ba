// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "../../service/core/types.ts";

/** Everybody in the demo, by account of the local chain; stakes in tokens, commissions in percent. */
export type Cast = ReturnType<typeof castOf>;
export type Prover = Cast["provers"][number];

export const ACCOUNTS = 17;

/** Who is who among ACCOUNTS accounts of the local chain, in their order. */
export function castOf(accounts: readonly Address[]) {
  const at = (index: number) => accounts[index] as Address;
  const prover = (name: string, index: number, stake: string, commission: string) => ({
    ...{ name, address: at(index), stake, commission },
  });
  return {
    owner: at(0),
    guardian: at(1),
    treasury: at(2),
    publisher: at(3),
    auditor: at(4),
    requesters: [at(5), at(15)] as const,
    provers: [
      prover("Ada", 6, "1000", "5"),
      prover("Ben", 7, "1000", "10"),
      prover("Cleo", 8, "1000", "20"),
      // Has collateral for one large job at a time.
      prover("Dan", 9, "500", "0"),
      // Has collateral for small jobs only.
      prover("Eve", 10, "500", "15"),
    ],
    stakers: [
      { address: at(11), prover: "Ada", assets: "2500" },
      { address: at(12), prover: "Ada", assets: "1500" },
      { address: at(12), prover: "Ben", assets: "2500" },
      { address: at(13), prover: "Cleo", assets: "2500" },
      { address: at(14), prover: "Dan", assets: "600" },
    ],
    /** Whoever watches, and tries a role. */
    viewer: at(16),
  };
}

export function proverNamed({ provers }: Cast, name: string): Prover {
  return provers.find((candidate) => candidate.name === name) as Prover;
}

/** The name of the prover with an address. */
export function nameOf({ provers }: Cast, address: Address): string {
  return provers.find((prover) => prover.address === address)?.name ?? "nobody";
}
