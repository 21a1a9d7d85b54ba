// SPDX-License-Identifier: AGPL-3.0-only
import type { Asked } from "../core/campaigns.ts";
import { domainOf } from "../core/leaf.ts";
import type { Address, EpochInput, Policy, ProverInput } from "../core/types.ts";

const TOKEN = 10n ** 18n;
const DISTRIBUTOR = addressOf(0xd1);

/** A small network, of which every rule has something to say: `policy check` shows it if no recorded epoch is named. */
export function exampleEpoch(policy: Policy): EpochInput {
  return {
    chainId: 31_337n,
    distributor: DISTRIBUTOR,
    epoch: 0,
    start: 1_700_000_000n,
    end: 1_700_604_800n,
    snapshot: { number: 1n, hash: `0x${"00".repeat(32)}` },
    budget: 150n * TOKEN,
    carry: 0n,
    policy,
    previous: { root: domainOf(31_337n, DISTRIBUTOR), total: 0n, leaves: [] },
    fulfilments: { count: 17, accumulator: `0x${"00".repeat(32)}` },
    misses: [],
    provers: [
      // Most of the work, and stake to spare.
      worker({ id: 0xa1, fees: 600n, multiplierBps: 10_000n, stake: 50_000n, fulfilments: 10 }),
      // Half of that on little stake.
      worker({ id: 0xb2, fees: 300n, multiplierBps: 10_000n, stake: 2_000n, fulfilments: 5 }),
      // Fees for a program that counts half.
      worker({ id: 0xc3, fees: 100n, multiplierBps: 5_000n, stake: 5_000n, fulfilments: 2 }),
      // Stake without work.
      worker({ id: 0xd4, fees: 0n, multiplierBps: 10_000n, stake: 500_000n, fulfilments: 0 }),
    ],
  };
}

/** Its fulfilments, asked for by the campaigns' requesters in turn: one for each prover and campaign that it works for. */
export function exampleAsked(policy: Policy, { provers }: EpochInput): Asked[] {
  if (policy.version === 1) return [];
  const requesters = policy.campaigns.map(
    ({ requesters: listed }) => listed?.[0]?.requester ?? addressOf(0xee),
  );
  return provers.flatMap(({ prover, fulfilments, fees, protocolFees, work }) =>
    Array.from({ length: fulfilments }, (_, i): Asked => {
      const requester = requesters[i % requesters.length] as Address;
      const part = (whole: bigint) => {
        const count = BigInt(fulfilments);
        // What does not divide goes to the first.
        return whole / count + (i === 0 ? whole % count : 0n);
      };
      return {
        prover,
        requester,
        fee: part(fees),
        protocolFee: part(protocolFees),
        weight: part(work),
        countedWeight: part(work),
      };
    }),
  );
}

interface Worker {
  readonly id: number;
  readonly fees: bigint;
  readonly multiplierBps: bigint;
  readonly stake: bigint;
  readonly fulfilments: number;
}

/** A tenth of every fee is the protocol's. */
function worker({ id, fees, multiplierBps, stake, fulfilments }: Worker): ProverInput {
  return {
    prover: addressOf(id),
    vault: addressOf(id + 1),
    work: fees * TOKEN * multiplierBps,
    stake: stake * TOKEN,
    fulfilments,
    misses: 0,
    fees: fees * TOKEN,
    protocolFees: (fees * TOKEN) / 10n,
    commissionBps: 1_000,
  };
}

function addressOf(id: number): Address {
  return `0x${id.toString(16).padStart(2, "0").repeat(20)}`;
}
