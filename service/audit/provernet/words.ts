// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../../core/types.ts";
import { lower } from "../deployment.ts";
import { hashOfWords } from "../hash.ts";
import { sum } from "../policy.ts";
import { type Derived, payerOf, type Window } from "./derive.ts";
import type { Happened, Places } from "./history.ts";

/** A word of storage, and what it holds if the logs are whole and true. */
export interface Word {
  readonly what: string;
  readonly slot: bigint;
  readonly value: bigint;
  /** Whose reward it is. */
  readonly prover?: Address;
}

/** Words of one variable. */
export interface Variable {
  readonly what: string;
  readonly of: Address;
  /** Where it may be kept: the same words under each of the places that it may have. */
  readonly either: readonly (readonly Word[])[];
  /** How many bits of each word the logs say; all, if it is not given. */
  readonly bits?: bigint;
}

/**
 * Slots of the public build (SPEC 14.6). The deployed one's are not published: which variable a slot holds is taken for
 * known only where a word that is not 0 is what the logs give.
 */
const SLOT = {
  protocolFees: 16n,
  requests: 20n,
  globalStats: 21n,
  proverStats: 22n,
  treasury: 15n,
  proverRewards: 9n,
};
/** Where tokens keep balances: in one of the first slots, behind other parents, or where ERC-7201 puts OpenZeppelin's. */
const BALANCES = [
  ...[0n, 1n, 2n, 3n, 4n, 5n, 6n, 9n, 51n, 101n],
  0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00n,
];

const inMap = (slot: bigint, ...keys: readonly (Hex | bigint)[]): bigint =>
  keys.reduce<bigint>((at, key) => BigInt(hashOfWords(key, at)), slot);

export interface Read {
  readonly events: readonly Happened[];
  readonly derived: Derived;
  readonly places: Places;
  /** Whom the market names where no payment does. */
  readonly requesterOf: (id: Hex) => Address | undefined;
}

/** What an epoch depends on, as the logs up to a block have it, and where that block's state would hold it. */
export function expectedWords(
  { events, derived, places, requesterOf }: Read,
  { epoch, window }: { readonly epoch: number; readonly window: Window },
): Variable[] {
  const { market, stakingController, epochRewards, token } = places;
  const set = derived.set.get(epoch) ?? new Map<Address, bigint>();
  const provers = [...derived.provers];
  const everybody = [...new Set([...set.keys(), ...derived.provers.keys()])];
  const { requests, stats, all, statsEpoch, treasury } = stateOf(events, places, requesterOf);
  const within = requests.filter(({ ended = window.start }) => ended >= window.start && ended < window.end);
  const variable = (what: string, of: Address, words: readonly Word[]): Variable => ({
    what,
    of,
    either: [words],
  });
  return [
    {
      what: "what EpochRewards set and paid in the epoch",
      of: epochRewards,
      // Above the amount stands whether it is paid, which no log says of which epoch.
      bits: 128n,
      either: [
        everybody.map((prover) => ({
          what: `the reward of ${prover}`,
          prover,
          slot: inMap(SLOT.proverRewards, BigInt(epoch), prover),
          value: set.get(prover) ?? 0n,
        })),
      ],
    },
    variable(
      "state, time and requester of each request that ended in the epoch or is open",
      market,
      within.map(({ id, status, created, requester }) => ({
        what: `request ${id}`,
        slot: inMap(SLOT.requests, id),
        value: BigInt(status) | (created << 8n) | (BigInt(requester) << 72n),
      })),
    ),
    variable("what the market counted of provers in its own epoch, and what they earned", market, [
      ...[...stats].flatMap(([prover, { bids, reveals, fulfilled, refunded, fees }]) => {
        const at = inMap(SLOT.proverStats, prover, statsEpoch);
        const counts = bids | (reveals << 64n) | (fulfilled << 128n) | (refunded << 192n);
        return [
          { what: `the counts of ${prover}`, slot: at, value: counts },
          { what: `the fees of ${prover}`, slot: at + 2n, value: fees },
        ];
      }),
    ]),
    variable("what the market counted in all in its own epoch", market, [
      {
        what: "the counts in all",
        slot: inMap(SLOT.globalStats, statsEpoch),
        value: all.requests | (all.fulfilled << 64n),
      },
      { what: "the fees in all", slot: inMap(SLOT.globalStats, statsEpoch) + 1n, value: all.fees },
    ]),
    variable("the protocol fees in sum", market, [
      {
        what: "the protocol fees in sum",
        slot: SLOT.protocolFees,
        value: sum(derived.jobs.map(({ protocolFee }) => protocolFee)),
      },
    ]),
    variable("the controller's treasury", stakingController, [
      { what: "the controller's treasury", slot: SLOT.treasury, value: treasury },
    ]),
    {
      what: "what the vaults hold",
      of: token,
      either: BALANCES.map((slot) =>
        provers.map(([, { vault, balances }]) => ({
          what: `what the vault ${vault} holds`,
          slot: inMap(slot, vault),
          value: balances.at(-1)?.assets ?? 0n,
        })),
      ),
    },
  ];
}

interface Asked {
  readonly id: Hex;
  readonly created: bigint;
  readonly requester: Address;
  status: number;
  ended?: bigint;
}

interface Counts {
  bids: bigint;
  reveals: bigint;
  fulfilled: bigint;
  refunded: bigint;
  fees: bigint;
}

/** What the contracts keep besides, from their logs: requests, counts of the market's last epoch, and the treasury. */
function stateOf(events: readonly Happened[], places: Places, requesterOf: Read["requesterOf"]) {
  const { market, stakingController } = places;
  const requests = new Map<Hex, Asked>();
  const winners = new Map<Hex, { readonly prover: Address; readonly fee: bigint }>();
  const counts = new Map<string, Counts>();
  const totals = new Map<bigint, { requests: bigint; fulfilled: bigint; fees: bigint }>();
  let [statsEpoch, bps, treasury] = [0n, 0n, 0n];
  const swept = new Map<Hex, bigint>();
  const of = (prover: Address): Counts => {
    const nothing = { bids: 0n, reveals: 0n, fulfilled: 0n, refunded: 0n, fees: 0n };
    const key = `${prover} ${statsEpoch}`;
    const own = counts.get(key) ?? { ...nothing, ...counts.get(`${prover} ${statsEpoch - 1n}`) };
    counts.set(key, own);
    return own;
  };
  const all = () => {
    const own = totals.get(statsEpoch) ?? {
      ...{ requests: 0n, fulfilled: 0n, fees: 0n },
      ...totals.get(statsEpoch - 1n),
    };
    totals.set(statsEpoch, own);
    return own;
  };
  events.forEach((event, i) => {
    const { from, name, args, time, transaction } = event;
    if (name === "ControllerSlash") {
      swept.set(transaction, (swept.get(transaction) ?? 0n) + args.assets);
    } else if (from === stakingController) {
      if (name === "ProverSlashed") treasury += args.amount;
      if (name === "ProverRetired") treasury += swept.get(transaction) ?? 0n;
      if (name === "TreasuryWithdrawn") treasury -= args.amount;
    } else if (from === market) {
      const id = args.reqid as Hex | undefined;
      const request = id && requests.get(id);
      if (name === "StatsReset") statsEpoch = args.id;
      if (name === "ProtocolFeeBpsUpdated") bps = args.newBps;
      if (name === "NewRequest" && id !== undefined) {
        const requester = payerOf(events, i, places) ?? requesterOf(id) ?? "0x0";
        requests.set(id, { id, created: time, requester, status: 0 });
        all().requests += 1n;
      }
      if (id === undefined || request === undefined) return;
      if (name === "NewBid") of(lower(args.prover)).bids += 1n;
      if (name === "BidRevealed") {
        const prover = lower(args.prover);
        of(prover).reveals += 1n;
        const best = winners.get(id);
        if (best === undefined || args.fee < best.fee) winners.set(id, { prover, fee: args.fee });
      }
      if (name === "ProofSubmitted") {
        const net = args.actualFee - (args.actualFee * bps) / 10_000n;
        for (const own of [of(lower(args.prover)), all()]) {
          own.fulfilled += 1n;
          own.fees += net;
        }
        Object.assign(request, { status: 1, ended: time });
      }
      if (name === "Refunded") {
        const winner = winners.get(id);
        if (winner !== undefined) of(winner.prover).refunded += 1n;
        Object.assign(request, { status: 2, ended: time });
      }
      if (name === "ProverSlashed") request.status = 3;
    }
  });
  const stats = [...counts].flatMap(([key, own]): [Address, Counts][] => {
    const [prover, epoch] = key.split(" ");
    return epoch === String(statsEpoch) ? [[prover as Address, own]] : [];
  });
  return {
    ...{ statsEpoch, treasury, stats, all: all() },
    requests: [...requests.values()],
  };
}
