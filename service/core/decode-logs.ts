// SPDX-License-Identifier: AGPL-3.0-only
import type { ChainEvent, EventOf, LoggedEvent } from "./chain-event.ts";
import {
  address,
  addressAt,
  checkLayout,
  data,
  decodeBy,
  dynamicBytes,
  type Layouts,
  low20,
  uint,
  type Words,
  word,
} from "./log-words.ts";
import { LogReader, WORD } from "./packed-logs.ts";
import type { Address, Hex } from "./types.ts";

const TOPIC_1 = WORD;
const TOPIC_2 = 2 * WORD;
const TOPIC_3 = 3 * WORD;
const FULFILLED = "0xa2bd2a551e9f7677b4ab0bfdfa59f61c154e8624549c937bc32efedb49406442";
const FULFILLED_WORDS = 8;
const FULFILLED_LAYOUT = { name: "Fulfilled", topics: 4, words: FULFILLED_WORDS } as const;
/** Sequence, id and prover; then requester, statement id, fee, protocol fee, both weights and timestamp, as they follow. */
const STEP_WORDS = [data(0), TOPIC_1, TOPIC_2] as const;
const STEP_REST = WORD * STEP_WORDS.length;
/** What each fulfilment adds to its epoch's accumulator. */
export const STEP_BYTES = STEP_REST + WORD * (FULFILLED_WORDS - 1);
/** Words are counted from the log's first topic, those of the data from DATA on. */
const LAYOUTS: Layouts<ChainEvent> = {
  "0x9198aeecce44b1dfc2e01153d1d7133bbd3f7b104554ab6f2ce728c230b78096": {
    name: "ProverRegistered",
    topics: 3,
    words: 5,
    read: (log) => ({
      name: "ProverRegistered",
      prover: address(log, 1),
      vault: address(log, 2),
      commissionBps: uint(log, data(0)),
      payout: addressAt(log, data(1)),
      timestamp: uint(log, data(2)),
      sequence: uint(log, data(3)),
      rollingHash: uint(log, data(4)),
    }),
  },
  "0x0bbd1c64e5a6312638d3422cbe907d8ce296fb4753c9396ed2916d391028cac9": {
    name: "CommissionChanged",
    topics: 3,
    words: 5,
    read: (log) => ({
      name: "CommissionChanged",
      prover: address(log, 1),
      source: address(log, 2),
      bps: uint(log, data(0)),
      announcedAt: uint(log, data(1)),
      effectiveAt: uint(log, data(2)),
      sequence: uint(log, data(3)),
      rollingHash: word(log, data(4)),
    }),
  },
  "0x5b87c0e9cd3abc4fbd9355cb0e194b914c0ca10c941c67e0b9ec761effab7ae2": {
    name: "ActiveAssetsChanged",
    topics: 1,
    words: 3,
    read: (log) => ({
      name: "ActiveAssetsChanged",
      activeAssets: uint(log, data(0)),
      timestamp: uint(log, data(1)),
      rollingHash: low20(log, data(2), "a rolling hash"),
    }),
  },
  [FULFILLED]: { ...FULFILLED_LAYOUT, read: (log) => new Fulfilled(log) },
  "0x6b3ae9aaff8224e7a1967271599d18b1cbd7dd8b4cd0b36a17e5848370215280": {
    name: "Missed",
    topics: 4,
    words: 4,
    read: (log) => ({
      name: "Missed",
      id: word(log, TOPIC_1),
      prover: address(log, 2),
      epoch: uint(log, TOPIC_3),
      sequence: uint(log, data(0)),
      deadline: uint(log, data(1)),
      slashed: uint(log, data(2)),
      timestamp: uint(log, data(3)),
    }),
  },
  "0x5701879a456014d5701850efe0e05081109aea8d73dd6698d3dc95b96ee716da": {
    name: "SegmentAdded",
    topics: 3,
    words: 2,
    dynamic: true,
    read: (log) => ({
      name: "SegmentAdded",
      fromEpoch: uint(log, TOPIC_1),
      budget: uint(log, data(0)),
      policyHash: word(log, TOPIC_2),
      policy: dynamicBytes(log, 1),
    }),
  },
  "0x43b89544c31acd0222015098aeeb885c948d4d8d352a7fed34cd05bf6fbfdcf5": {
    name: "RootPosted",
    topics: 4,
    words: 8,
    read: (log) => ({
      name: "RootPosted",
      epoch: uint(log, TOPIC_1),
      postNumber: uint(log, TOPIC_2),
      root: word(log, TOPIC_3),
      cumulativeTotal: uint(log, data(0)),
      datasetHash: word(log, data(1)),
      snapshotBlock: uint(log, data(2)),
      snapshotHash: word(log, data(3)),
      postedAt: uint(log, data(4)),
      claimableAt: uint(log, data(5)),
      quorum: uint(log, data(6)),
      rollingHash: word(log, data(7)),
    }),
  },
  "0xaade6088c43c688e3aa7b29066efc13cbcb36e2cba31a02514b65655143442a5": {
    name: "RootVetoed",
    topics: 4,
    words: 2,
    read: (log) => ({
      name: "RootVetoed",
      epoch: uint(log, TOPIC_1),
      postNumber: uint(log, TOPIC_2),
      by: address(log, 3),
      root: word(log, data(0)),
      rollingHash: word(log, data(1)),
    }),
  },
  "0x7708755c9b641bf197be5047b04002d2e88fa658c173a351067747eb5dfc568a": {
    name: "Claimed",
    topics: 3,
    words: 3,
    read: (log) => ({
      name: "Claimed",
      prover: address(log, 1),
      epoch: uint(log, TOPIC_2),
      cumulative: uint(log, data(0)),
      amount: uint(log, data(1)),
      commission: uint(log, data(2)),
    }),
  },
};

/** The first topics of the events that rewards follow from. */
export const EVENT_TOPICS = Object.keys(LAYOUTS) as readonly Hex[];

/**
 * The events that rewards follow from among packed logs, in chain order; what else is there is passed over.
 * @throws InputError for a log that is not laid out as its event is.
 */
export function decodeLogs(packed: Uint8Array): Generator<LoggedEvent> {
  return decodeBy(LAYOUTS, packed);
}

/** A fulfilment as it stands among packed logs, until the next one is read: where in `view` its words are. */
export interface FulfilmentWords {
  readonly prover: Address;
  readonly view: DataView;
  readonly requester: number;
  /** Protocol fee, weight and counted weight follow. */
  readonly fee: number;
}

/**
 * An epoch's fulfilments among packed logs of a market, several times as fast as with all that the others are made of.
 * @throws InputError for a fulfilment that is not laid out as one.
 */
export function eachFulfilment(
  packed: Uint8Array,
  { market, epoch }: { readonly market: Address; readonly epoch: number },
  look: (fulfilment: FulfilmentWords) => void,
): void {
  const log = new LogReader(packed);
  const wanted = BigInt(epoch);
  while (log.next()) {
    if (log.signature !== FULFILLED || log.address !== market) continue;
    log.readAs = FULFILLED_LAYOUT.name;
    checkLayout(log, FULFILLED_LAYOUT);
    if (uint(log, TOPIC_3) !== wanted) continue;
    look({ prover: address(log, 2), view: log.view, requester: data(1), fee: data(3) });
  }
}

/** By far the most frequent: only what is asked for is made of its words. */
class Fulfilled implements EventOf<"Fulfilled"> {
  readonly name = "Fulfilled";
  readonly prover: Address;
  readonly requester: Address;
  readonly #words: Words;

  constructor(log: LogReader) {
    this.prover = address(log, 2);
    this.requester = addressAt(log, data(1));
    const bytes = log.bytes.slice(0, data(FULFILLED_WORDS));
    this.#words = { bytes, view: new DataView(bytes.buffer) };
  }

  get id(): Hex {
    return word(this.#words, TOPIC_1);
  }
  get epoch(): bigint {
    return uint(this.#words, TOPIC_3);
  }
  get sequence(): bigint {
    return uint(this.#words, data(0));
  }
  get statementId(): Hex {
    return word(this.#words, data(2));
  }
  get fee(): bigint {
    return uint(this.#words, data(3));
  }
  get protocolFee(): bigint {
    return uint(this.#words, data(4));
  }
  get weight(): bigint {
    return uint(this.#words, data(5));
  }
  get countedWeight(): bigint {
    return uint(this.#words, data(6));
  }
  get timestamp(): bigint {
    return uint(this.#words, data(7));
  }

  get step(): Uint8Array {
    const { bytes } = this.#words;
    const step = new Uint8Array(STEP_BYTES);
    for (let k = 0; k < STEP_WORDS.length; k++) {
      const at = STEP_WORDS[k] as number;
      step.set(bytes.subarray(at, at + WORD), WORD * k);
    }
    step.set(bytes.subarray(data(1), data(FULFILLED_WORDS)), STEP_REST);
    return step;
  }
}
