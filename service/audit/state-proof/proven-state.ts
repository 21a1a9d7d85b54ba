// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../../core/types.ts";
import { type Deployment, epochOf } from "../deployment.ts";
import type { Facts } from "../facts.ts";
import {
  atMost,
  type PostOnChain,
  type PostState,
  type ProverState,
  type RollingHash,
  type State,
} from "../state.ts";
import type { Claim } from "../state-source.ts";
import type { Header } from "./header.ts";
import { type Cell, cellOf, lengthOf, type Step, valueIn } from "./slots.ts";
import type { Witness } from "./witness.ts";

/** How many vaults' proofs are asked for at once: each takes a call of its own. */
const VAULTS_AT_ONCE = 60;
/** Bits of an amount. */
const AMOUNT = 96n;

type Segment = State["segments"][number];

/** As the registry packs it by hand: claimed, 96 bits; its commission, 96; the time of the registration. */
function claimIn(word: bigint): Claim & { readonly registeredAt: bigint } {
  return {
    claimed: low(word, AMOUNT),
    claimedCommission: low(word >> 96n, AMOUNT),
    registeredAt: word >> 192n,
  };
}

/** Bits of the number of provers. */
const COUNT = 32n;
const REGISTERED = cellOf("ProverRegistry", "registered");

const low = (word: bigint, bits: bigint) => word & ((1n << bits) - 1n);
const ledgerOf = (prover: Address) => cellOf("ProverRegistry", "provers", { key: prover }, "ledger");

/**
 * What provers have claimed as of a block, in their order and in wei; 0 for whoever never registered.
 * @throws ChainError if it cannot be proven
 */
export async function readClaims(
  witness: Witness,
  header: Header,
  registry: Address,
  provers: readonly Address[],
): Promise<Claim[]> {
  return (await readCells(witness, header, registry, provers.map(ledgerOf))).map(claimIn);
}

/** The same as the contracts' views say, from their storage. */
export async function readProvenState(
  witness: Witness,
  header: Header,
  { registry, market, distributor, ...clock }: Deployment,
  { provers, registrations }: Facts,
  vaultOf: (prover: Address) => Address,
): Promise<State> {
  const known = [...provers.keys()];
  const epochs = Array.from(
    { length: epochOf({ registry, market, distributor, ...clock }, header.timestamp) + 1 },
    (_, epoch) => BigInt(epoch),
  );
  const accumulators = (variable: "fulfilments" | "misses") =>
    epochs.flatMap((key) => [
      cellOf("ProofMarket", variable, { key }, "hash"),
      cellOf("ProofMarket", variable, { key }, "count"),
    ]);
  const records = known.flatMap((prover) => [
    ledgerOf(prover),
    cellOf("ProverRegistry", "provers", { key: prover }, "commissionSequence"),
    cellOf("ProverRegistry", "provers", { key: prover }, "commissionHash"),
  ]);
  const stake = cellOf("ProverVault", "_stake");
  const [marketWords, registryWords, stakes, segments] = await Promise.all([
    readCells(witness, header, market, [...accumulators("fulfilments"), ...accumulators("misses")]),
    readCells(witness, header, registry, [REGISTERED, ...records]),
    inWaves(known, async (prover) => (await readCells(witness, header, vaultOf(prover), [stake]))[0] ?? 0n),
    readSegments(witness, header, distributor),
  ]);
  const [registered = 0n, ...recordWords] = registryWords;
  // As the registry packs it by hand: how many there are, 32 bits; the rolling hash of their registrations.
  const [count, rollingHash] = [low(registered, COUNT), registered >> COUNT];
  const rolling = pairs(marketWords).map(([hash, length]) => rollingOf(hash, length));
  return {
    registrations: { count, rollingHash },
    registered:
      count === BigInt(registrations.length)
        ? undefined
        : await readRegistered(witness, header, registry, atMost(count, known.length)),
    provers: new Map(
      known.map((prover, i) => {
        const [ledger = 0n, sequence = 0n, hash = 0n] = recordWords.slice(3 * i, 3 * i + 3);
        return [prover, proverOf(vaultOf(prover), ledger, rollingOf(hash, sequence), stakes[i] ?? 0n)];
      }),
    ),
    fulfilments: rolling.slice(0, epochs.length),
    misses: rolling.slice(epochs.length),
    segments,
  };
}

function proverOf(vault: Address, ledger: bigint, rates: RollingHash, stake: bigint): ProverState {
  // As the vault packs it by hand: active assets, 96 bits; the rolling hash of their changes.
  return {
    vault,
    ...claimIn(ledger),
    rates,
    active: low(stake, AMOUNT),
    assetsHash: stake >> AMOUNT,
  };
}

async function readRegistered(
  witness: Witness,
  header: Header,
  registry: Address,
  count: bigint,
): Promise<Address[]> {
  const cells = Array.from({ length: Number(count) }, (_, i) =>
    cellOf("ProverRegistry", "proverList", { key: BigInt(i) }),
  );
  return (await readCells(witness, header, registry, cells)).map(
    (word): Address => `0x${word.toString(16).padStart(40, "0")}`,
  );
}

async function readSegments(witness: Witness, header: Header, distributor: Address): Promise<Segment[]> {
  const [count = 0n] = await readCells(witness, header, distributor, [
    lengthOf("RewardDistributor", "_segments"),
  ]);
  const cells = Array.from({ length: Number(count) }, (_, i) => {
    const step: Step = { index: BigInt(i), of: "dynamic" };
    return ["fromEpoch", "budget", "policyHash"].map((member) =>
      cellOf("RewardDistributor", "_segments", step, member),
    );
  }).flat();
  const words = await readCells(witness, header, distributor, cells);
  return Array.from({ length: Number(count) }, (_, i) => {
    const [fromEpoch = 0n, budget = 0n, policyHash = 0n] = words.slice(3 * i, 3 * i + 3);
    return { fromEpoch, budget, policyHash: hashOf(policyHash) };
  });
}

const POST = [
  ...(["cumulativeTotal", "postNumber", "postedAt", "claimableAt"] as const),
  ...(["quorum", "attestations", "vetoed"] as const),
] as const;

/** What the distributor's views of its posts say at the end of a block, from their storage. */
export async function readProvenPosts(
  witness: Witness,
  header: Header,
  { distributor }: Deployment,
): Promise<PostState> {
  const ofLedger = ["cumulativeTotal", "claimableAt", "missing", "epochsPosted"];
  const ofJournal = ["carry", "nextPostNumber"];
  const parities: readonly Step[] = [
    { index: 0n, of: "fixed" },
    { index: 1n, of: "fixed" },
  ];
  const [segments, words] = await Promise.all([
    readSegments(witness, header, distributor),
    readCells(witness, header, distributor, [
      ...ofLedger.map((member) => cellOf("RewardDistributor", "_ledger", undefined, member)),
      ...ofJournal.map((member) => cellOf("RewardDistributor", "_journal", undefined, member)),
      cellOf("RewardDistributor", "_latestPostHash"),
      cellOf("RewardDistributor", "_rollingHash"),
      ...parities.map((step) => cellOf("RewardDistributor", "_roots", step)),
      ...parities.flatMap((step) =>
        POST.map((member) => cellOf("RewardDistributor", "_posts", step, member)),
      ),
    ]),
  ]);
  const [total = 0n, claimableAt = 0n, missing = 0n, epochsPosted = 0n, carry = 0n, next = 1n] = words;
  const [latestPostHash, rollingHash] = words.slice(6, 8).map(hashOf) as [Hex, Hex];
  const roots = words.slice(8, 10).map(hashOf);
  const records = [words.slice(10, 10 + POST.length), words.slice(10 + POST.length)];
  const isActive = header.timestamp >= claimableAt && missing === 0n;
  const post = (posted: bigint, active: boolean): PostOnChain => {
    const parity = Number((posted + 1n) % 2n);
    const [
      cumulativeTotal = 0n,
      postNumber = 0n,
      postedAt = 0n,
      claimable = 0n,
      quorum = 0n,
      attestations = 0n,
      vetoed = 0n,
    ] = posted === 0n ? [] : (records[parity] ?? []);
    if (postNumber === 0n) return NO_POST;
    return {
      epoch: posted - 1n,
      postNumber,
      root: roots[parity] as Hex,
      cumulativeTotal,
      postedAt,
      claimableAt: claimable,
      quorum,
      attestations,
      vetoed: vetoed !== 0n,
      active,
    };
  };
  const carryAfterLatest = () => {
    if (epochsPosted === 0n) return 0n;
    const budget = segments.findLast(({ fromEpoch }) => fromEpoch < epochsPosted)?.budget ?? 0n;
    const before = records[Number(epochsPosted % 2n)]?.[0] ?? 0n;
    const left = budget + carry - (total - before);
    return left < budget ? left : budget;
  };
  return {
    postCount: next - 1n,
    latestPostHash,
    rollingHash,
    latest: post(epochsPosted, isActive),
    active: isActive ? post(epochsPosted, true) : post(epochsPosted > 1n ? epochsPosted - 1n : 0n, true),
    carry: isActive ? carryAfterLatest() : carry,
  };
}

const NO_POST: PostOnChain = {
  epoch: 0n,
  postNumber: 0n,
  root: hashOf(0n),
  cumulativeTotal: 0n,
  postedAt: 0n,
  claimableAt: 0n,
  quorum: 0n,
  attestations: 0n,
  vetoed: false,
  active: false,
};

async function readCells(
  witness: Witness,
  header: Header,
  address: Address,
  cells: readonly Cell[],
): Promise<bigint[]> {
  if (cells.length === 0) return [];
  const slots = [...new Set(cells.map(({ slot }) => slot))];
  const words = await witness.words(header, address, slots);
  const bySlot = new Map(slots.map((slot, i) => [slot, words[i] as bigint]));
  return cells.map((cell) => valueIn(bySlot.get(cell.slot) as bigint, cell));
}

/** One after the other, so that a node that is slow to prove has time for each. */
async function inWaves<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let i = 0; i < items.length; i += VAULTS_AT_ONCE) {
    done.push(...(await Promise.all(items.slice(i, i + VAULTS_AT_ONCE).map(read))));
  }
  return done;
}

function rollingOf(hash: bigint, count: bigint): RollingHash {
  return { hash: hashOf(hash), count };
}

function pairs(words: readonly bigint[]): [bigint, bigint][] {
  return Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i] ?? 0n, words[2 * i + 1] ?? 0n]);
}

function hashOf(word: bigint): Hex {
  return `0x${word.toString(16).padStart(64, "0")}`;
}
