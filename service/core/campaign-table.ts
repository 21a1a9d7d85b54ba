// SPDX-License-Identifier: AGPL-3.0-only
import type { FulfilmentWords } from "./decode-logs.ts";
import { InputError } from "./errors.ts";
import { asCount, asUint } from "./guard.ts";
import { writeHex, writeUint } from "./hex.ts";
import { uint } from "./log-words.ts";
import { ADDRESS_BYTES, WORD } from "./packed-logs.ts";
import { PackedRecords } from "./packed-records.ts";
import type { Address, Campaign, CampaignReward, CampaignWork, PolicyV2, ProverInput } from "./types.ts";

/** A fulfilment, as its log tells of it. */
export interface Fulfilment {
  readonly requester: Address;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly weight: bigint;
  readonly countedWeight: bigint;
}

const CAMPAIGN = 0;
/** The number of the prover's next record and 1; 0 for its last. */
const NEXT = 4;
const FULFILMENTS = 8;
const WORK = 16;
const FEES = 48;
const COUNTED_FEES = 80;
const PROTOCOL_FEES = 112;
const AMOUNT = 144;
const LIMITED = 176;
const WIDTH = 184;

/** What provers, by number, did for the requesters of each campaign, and earned by it. */
export class CampaignTable {
  readonly #policy: PolicyV2;
  readonly #campaignOf: (view: DataView, requester: number) => number | undefined;
  readonly #records = new PackedRecords(WIDTH);
  /** The number of each prover's first record and 1. */
  #first = new Uint32Array(1_024);

  constructor(policy: PolicyV2) {
    this.#policy = policy;
    this.#campaignOf = campaignFinder(policy.campaigns);
  }

  /** @throws InputError for works that are no works, or not in the order of their campaigns. */
  addAll(prover: number, { campaigns, ...whole }: ProverInput, field: string): void {
    if (campaigns === undefined) {
      throw new InputError(
        "missing",
        field,
        "missing",
        "give what the prover did by campaign, if it is nothing",
      );
    }
    let before = -1;
    campaigns.forEach((given, i) => {
      const work = checkWork(given, this.#policy, whole.fulfilments, `${field}[${i}]`);
      if (work.campaign <= before)
        throw new InputError("not-canonical", field, "out of order", "give each once, ascending");
      before = work.campaign;
      const records = this.#records;
      const index = this.#recordOf(prover, work.campaign);
      records.setNumber(index, FULFILMENTS, work.fulfilments);
      records.setUint(index, WORK, work.work);
      records.setUint(index, FEES, work.fees);
      records.setUint(index, COUNTED_FEES, work.countedFees);
      records.setUint(index, PROTOCOL_FEES, work.protocolFees);
    });
  }

  /** Counts a fulfilment in the campaign of its requester, if that is in one. @throws InputError for sums above 256 bits. */
  count(prover: number, { requester, fee, protocolFee, weight, countedWeight }: Fulfilment): void {
    writeHex(requester, SCRATCH_BYTES, WORD - ADDRESS_BYTES);
    [fee, protocolFee, weight, countedWeight].forEach((value, i) => {
      writeUint(value, SCRATCH, WORD * (i + 1));
    });
    this.countWords(prover, { view: SCRATCH, requester: 0, fee: WORD });
  }

  /** The same of words: where in `view` the requester's is, and that of the fee, with protocol fee and both weights behind. */
  countWords(prover: number, { view, requester, fee }: Omit<FulfilmentWords, "prover">): void {
    const campaign = this.#campaignOf(view, requester);
    if (campaign === undefined) return;
    const [protocolFee, weight, counted] = [fee + WORD, fee + 2 * WORD, fee + 3 * WORD];
    const records = this.#records;
    const index = this.#recordOf(prover, campaign);
    records.setNumber(index, FULFILMENTS, records.number(index, FULFILMENTS) + 1);
    let fits = records.addWord(index, WORK, view, counted) && records.addWord(index, FEES, view, fee);
    // Of a weight of 0 nothing counts.
    const isWhole = isSameWord(view, weight, view, counted) && !isZero(view, weight);
    if (!isWhole) writeUint(countedFee(view, fee, weight, counted), PART, 0);
    fits &&= isWhole
      ? records.addWord(index, COUNTED_FEES, view, fee)
      : records.addWord(index, COUNTED_FEES, PART, 0);
    if (!isZero(view, counted)) fits &&= records.addWord(index, PROTOCOL_FEES, view, protocolFee);
    if (!fits) throw new InputError("out-of-range", "fulfilments", "sum to 2^256 or more", "read them again");
  }

  /** A prover's, by campaign, ascending. */
  of(prover: number): CampaignReward[] {
    return Array.from(this.recordsOf(prover), (index) => this.at(index));
  }

  *recordsOf(prover: number): Generator<number> {
    for (let next = this.#first[prover] ?? 0; next !== 0; next = this.#records.int(next - 1, NEXT)) {
      yield next - 1;
    }
  }

  at(index: number): CampaignReward {
    const records = this.#records;
    return {
      campaign: records.int(index, CAMPAIGN),
      fulfilments: records.number(index, FULFILMENTS),
      work: records.uint(index, WORK),
      fees: records.uint(index, FEES),
      countedFees: records.uint(index, COUNTED_FEES),
      protocolFees: records.uint(index, PROTOCOL_FEES),
      amount: records.uint(index, AMOUNT),
      limitedBy: records.int(index, LIMITED) === 1 ? "fee-match" : "none",
    };
  }

  campaignAt(index: number): number {
    return this.#records.int(index, CAMPAIGN);
  }

  workAt(index: number): bigint {
    return this.#records.uint(index, WORK);
  }

  setReward(index: number, amount: bigint, isLimited: boolean): void {
    this.#records.setUint(index, AMOUNT, amount);
    this.#records.setInt(index, LIMITED, isLimited ? 1 : 0);
  }

  /** The record of a prover's work for a campaign: made, in the order of campaigns, if it is the first. */
  #recordOf(prover: number, campaign: number): number {
    const records = this.#records;
    if (prover >= this.#first.length) {
      const larger = new Uint32Array(2 * prover);
      larger.set(this.#first);
      this.#first = larger;
    }
    let before = 0;
    let next = this.#first[prover] as number;
    while (next !== 0 && records.int(next - 1, CAMPAIGN) < campaign) {
      before = next;
      next = records.int(next - 1, NEXT);
    }
    if (next !== 0 && records.int(next - 1, CAMPAIGN) === campaign) return next - 1;
    const index = records.add();
    records.setInt(index, CAMPAIGN, campaign);
    records.setInt(index, NEXT, next);
    if (before === 0) this.#first[prover] = index + 1;
    else records.setInt(before - 1, NEXT, index + 1);
    return index;
  }
}

/** The campaign that a requester's fulfilments count in: its place in the list, undefined if they count in none. */
function campaignFinder(
  campaigns: readonly Campaign[],
): (view: DataView, requester: number) => number | undefined {
  // By the low 32 bits: texts of addresses would take longer than all the rest.
  const listed = new Map<number, { readonly word: DataView; readonly campaign: number }[]>();
  let others: number | undefined;
  campaigns.forEach(({ requesters }, campaign) => {
    if (requesters === null) others = campaign;
    for (const { requester } of requesters ?? []) {
      const bytes = new Uint8Array(WORD);
      writeHex(requester, bytes, WORD - ADDRESS_BYTES);
      const word = new DataView(bytes.buffer);
      const key = word.getUint32(WORD - 4);
      listed.set(key, [...(listed.get(key) ?? []), { word, campaign }]);
    }
  });
  return (view, requester) => {
    const alike = listed.get(view.getUint32(requester + WORD - 4));
    return alike?.find(({ word }) => isSameWord(word, 0, view, requester))?.campaign ?? others;
  };
}

const SCRATCH_BYTES = new Uint8Array(5 * WORD);
const SCRATCH = new DataView(SCRATCH_BYTES.buffer);
const PART = new DataView(new ArrayBuffer(WORD));

/** The part of a fee that counted, rounded down: all of it where the whole weight did, 0 where the weight is 0. */
function countedFee(view: DataView, fee: number, weight: number, counted: number): bigint {
  const words = { view };
  const whole = uint(words, weight);
  return whole === 0n ? 0n : (uint(words, fee) * uint(words, counted)) / whole;
}

function isSameWord(one: DataView, at: number, other: DataView, from: number): boolean {
  for (let i = 0; i < WORD; i += 4) if (one.getInt32(at + i) !== other.getInt32(from + i)) return false;
  return true;
}

function isZero(view: DataView, at: number): boolean {
  for (let i = 0; i < WORD; i += 4) if (view.getInt32(at + i) !== 0) return false;
  return true;
}

function checkWork(work: CampaignWork, policy: PolicyV2, fulfilments: number, at: string): CampaignWork {
  const fees = asUint(work.fees, `${at}.fees`);
  return {
    campaign: asCount(work.campaign, `${at}.campaign`, policy.campaigns.length - 1),
    fulfilments: asCount(work.fulfilments, `${at}.fulfilments`, fulfilments, 1),
    work: asUint(work.work, `${at}.work`),
    fees,
    countedFees: asUint(work.countedFees, `${at}.countedFees`, fees),
    protocolFees: asUint(work.protocolFees, `${at}.protocolFees`),
  };
}

/**
 * What a prover did by campaign: all of it if one campaign is everybody's, or else no more than it did.
 * @throws InputError if it is not.
 */
export function requirePartsOf(prover: ProverInput, policy: PolicyV2, field: string): void {
  const { campaigns = [] } = prover;
  const all = policy.campaigns.some(({ requesters }) => requesters === null);
  for (const key of ["fulfilments", "work", "fees", "protocolFees"] as const) {
    const sum = campaigns.reduce((total, work) => total + BigInt(work[key]), 0n);
    const stated = BigInt(prover[key]);
    if (all ? sum === stated : sum <= stated) continue;
    throw new InputError(
      "mismatch",
      field,
      `their ${key} come to ${sum}, the prover's are ${stated}`,
      "each fulfilment counts in the one campaign of its requester",
    );
  }
}
