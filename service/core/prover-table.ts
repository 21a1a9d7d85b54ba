// SPDX-License-Identifier: AGPL-3.0-only
import { CampaignTable } from "./campaign-table.ts";
import { InputError } from "./errors.ts";
import { asAddress, asCount, asUint, BPS, MAX_UINT256 } from "./guard.ts";
import { writeHex } from "./hex.ts";
import { sortedIndices } from "./order.ts";
import { PackedRecords } from "./packed-records.ts";
import type { Items } from "./rewards.ts";
import type { Address, CampaignReward, LimitedBy, Policy, ProverInput } from "./types.ts";

const PROVER = 0;
const VAULT = 20;
const WORK = 40;
const STAKE = 72;
const FEES = 104;
const PROTOCOL_FEES = 136;
const AMOUNT = 168;
const FULFILMENTS = 200;
const MISSES = 208;
const RATE = 216;
const LIMIT = 220;
const WIDTH = 224;

/** All there are; a table keeps their places in this list. */
export const LIMITS: readonly LimitedBy[] = ["none", "stake", "fee-match", "min-stake", "excluded"];

/**
 * An epoch's provers, with what each did and earned: 224 bytes each, and 184 for each campaign that it worked for.
 * Filled in any order; read by address, ascending.
 */
export class ProverTable implements Iterable<ProverInput>, Items<ProverInput> {
  /** Under a policy of version 2: what they did by campaign. */
  readonly campaigns: CampaignTable | undefined;
  readonly #records = new PackedRecords(WIDTH);
  #order: Uint32Array | undefined;

  constructor(policy: Policy) {
    this.campaigns = policy.version === 2 ? new CampaignTable(policy) : undefined;
  }

  get length(): number {
    return this.#records.length;
  }

  /** @throws InputError, naming the field that is not what it should be. */
  add(prover: ProverInput): void {
    const records = this.#records;
    this.#order = undefined;
    const index = records.add();
    const isGood =
      isAddress(prover.prover) &&
      isAddress(prover.vault) &&
      records.setAddress(index, PROVER, prover.prover) !== "not hexadecimal" &&
      records.setAddress(index, VAULT, prover.vault) !== "not hexadecimal" &&
      isUint(prover.work) &&
      isUint(prover.stake) &&
      isUint(prover.fees) &&
      isUint(prover.protocolFees) &&
      isCount(prover.fulfilments) &&
      isCount(prover.misses) &&
      isCount(prover.commissionBps) &&
      prover.commissionBps <= Number(BPS);
    if (!isGood) throw whyNot(prover, `provers[${index}]`);
    records.setUint(index, WORK, prover.work);
    records.setUint(index, STAKE, prover.stake);
    records.setUint(index, FEES, prover.fees);
    records.setUint(index, PROTOCOL_FEES, prover.protocolFees);
    records.setNumber(index, FULFILMENTS, prover.fulfilments);
    records.setNumber(index, MISSES, prover.misses);
    records.setInt(index, RATE, prover.commissionBps);
    const field = `provers[${index}].campaigns`;
    if (this.campaigns !== undefined) this.campaigns.addAll(index, prover, field);
    else if (prover.campaigns !== undefined)
      throw new InputError("unknown-key", field, "a policy of version 1 has no campaigns", "leave them out");
  }

  /** Puts the provers in order, each to be there once. @throws InputError if one, or its vault, is there twice. */
  sort(): void {
    this.#requireOwnVaults();
    const records = this.#records;
    const prefixes = new Uint32Array(records.length);
    for (let i = 0; i < prefixes.length; i++) prefixes[i] = records.prefix(i, PROVER);
    this.#order = sortedIndices(
      prefixes,
      (a, b) => records.compareAddresses(a, b, PROVER),
      (a) =>
        new InputError(
          "duplicate",
          "provers",
          `${records.address(a, PROVER)} is given twice`,
          "give each prover once",
        ),
    );
  }

  /** Whether they were given by address, ascending. */
  get wasInOrder(): boolean {
    return this.#sorted.every((index, position) => index === position);
  }

  *[Symbol.iterator](): Generator<ProverInput> {
    for (let position = 0; position < this.length; position++) yield this.at(position);
  }

  at(position: number): ProverInput {
    return new StoredProver(this.#records, this.#index(position), this.campaigns);
  }

  /** The place of a prover in their order, or -1. */
  find(prover: Address): number {
    writeHex(prover, WANTED, 0);
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const difference = this.compare(middle, WANTED, 0);
      if (difference === 0) return middle;
      if (difference < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The prover at `position` beside the address whose bytes are at `at`. */
  compare(position: number, bytes: Uint8Array, at: number): number {
    return this.#records.compareBytes(this.#index(position), PROVER, bytes, at);
  }

  copyAddress(position: number, out: Uint8Array, to: number): void {
    this.#records.copyAddress(this.#index(position), PROVER, out, to);
  }

  misses(position: number): number {
    return this.#records.number(this.#index(position), MISSES);
  }

  setReward(position: number, amount: bigint, limitedBy: LimitedBy): void {
    const index = this.#index(position);
    this.#records.setUint(index, AMOUNT, amount);
    this.#records.setInt(index, LIMIT, LIMITS.indexOf(limitedBy));
  }

  amount(position: number): bigint {
    return this.#records.uint(this.#index(position), AMOUNT);
  }

  commissionBps(position: number): number {
    return this.#records.int(this.#index(position), RATE);
  }

  limitedBy(position: number): LimitedBy {
    return LIMITS[this.#records.int(this.#index(position), LIMIT)] as LimitedBy;
  }

  campaignRewards(position: number): readonly CampaignReward[] | undefined {
    return this.campaigns?.of(this.#index(position));
  }

  /** The number that `campaigns` knows a prover by. */
  numberOf(position: number): number {
    return this.#index(position);
  }

  get #sorted(): Uint32Array {
    if (this.#order === undefined) this.sort();
    return this.#order as Uint32Array;
  }

  #index(position: number): number {
    return this.#sorted[position] as number;
  }

  /** By a table of places, twice as many as there are vaults, in which each looks for a free one from its own on. */
  #requireOwnVaults(): void {
    const records = this.#records;
    const size = 2 ** Math.ceil(Math.log2(2 * records.length + 1));
    const places = new Uint32Array(size);
    for (let index = 0; index < records.length; index++) {
      let place = records.mixed(index, VAULT) & (size - 1);
      for (; places[place] !== 0; place = (place + 1) & (size - 1)) {
        const other = (places[place] as number) - 1;
        if (records.compareAddresses(other, index, VAULT) !== 0) continue;
        throw new InputError(
          "duplicate",
          `provers[${index}].vault`,
          `${records.address(index, VAULT)} has two provers`,
          "each prover has its own vault",
        );
      }
      places[place] = index + 1;
    }
  }
}

const WANTED = new Uint8Array(20);

/** A prover that reads itself when it is asked. */
class StoredProver implements ProverInput {
  readonly #records: PackedRecords;
  readonly #index: number;
  readonly #campaigns: CampaignTable | undefined;

  constructor(records: PackedRecords, index: number, campaigns: CampaignTable | undefined) {
    this.#records = records;
    this.#index = index;
    this.#campaigns = campaigns;
  }

  get prover(): Address {
    return this.#records.address(this.#index, PROVER);
  }
  get vault(): Address {
    return this.#records.address(this.#index, VAULT);
  }
  get work(): bigint {
    return this.#records.uint(this.#index, WORK);
  }
  get stake(): bigint {
    return this.#records.uint(this.#index, STAKE);
  }
  get fulfilments(): number {
    return this.#records.number(this.#index, FULFILMENTS);
  }
  get misses(): number {
    return this.#records.number(this.#index, MISSES);
  }
  get fees(): bigint {
    return this.#records.uint(this.#index, FEES);
  }
  get protocolFees(): bigint {
    return this.#records.uint(this.#index, PROTOCOL_FEES);
  }
  get commissionBps(): number {
    return this.#records.int(this.#index, RATE);
  }
  get campaigns(): readonly CampaignReward[] | undefined {
    return this.#campaigns?.of(this.#index);
  }
}

/** The same, apart from the table. */
export function plainProver(prover: ProverInput): ProverInput {
  const { campaigns } = prover;
  return {
    prover: prover.prover,
    vault: prover.vault,
    work: prover.work,
    stake: prover.stake,
    fulfilments: prover.fulfilments,
    misses: prover.misses,
    fees: prover.fees,
    protocolFees: prover.protocolFees,
    commissionBps: prover.commissionBps,
    ...(campaigns && {
      campaigns: campaigns.map((own) => ({
        campaign: own.campaign,
        fulfilments: own.fulfilments,
        work: own.work,
        fees: own.fees,
        countedFees: own.countedFees,
        protocolFees: own.protocolFees,
      })),
    }),
  };
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && value.length === 42 && value.startsWith("0x");
}

function isUint(value: unknown): boolean {
  return typeof value === "bigint" && value >= 0n && value <= MAX_UINT256;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Only called for one that is wrong: naming the field of every good one would take longer than writing it. */
function whyNot(prover: ProverInput, field: string): InputError {
  asAddress(prover.vault, `${field}.vault`);
  asAddress(prover.prover, `${field}.prover`);
  asUint(prover.work, `${field}.work`);
  asUint(prover.stake, `${field}.stake`);
  asCount(prover.fulfilments, `${field}.fulfilments`);
  asCount(prover.misses, `${field}.misses`);
  asUint(prover.fees, `${field}.fees`);
  asUint(prover.protocolFees, `${field}.protocolFees`);
  asCount(prover.commissionBps, `${field}.commissionBps`, Number(BPS));
  return new InputError("invalid", field, "not a prover", "give what a prover did, as in the specification");
}
