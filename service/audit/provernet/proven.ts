// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, numberToHex, type PublicClient } from "viem";
import type { Address, Hex } from "../../core/types.ts";
import { keccakOf } from "../hash.ts";
import type { Header } from "../state-proof/header.ts";
import { logsIn, mayHold } from "../state-proof/receipts.ts";
import type { Witness } from "../state-proof/witness.ts";
import { askedUnpaid, type Window } from "./derive.ts";
import { countingLogs, type Happened, logBytes, type Places } from "./history.ts";
import { expectedWords, type Read, type Variable, type Word } from "./words.ts";

/** What follows from a trusted block's hash alone, what is taken for true beside it, and what is neither. */
export interface Proofs {
  readonly block: { readonly number: bigint; readonly hash: Hex };
  readonly proven: readonly string[];
  readonly believed: readonly string[];
  readonly unproven: readonly string[];
}

interface Proven extends Found {
  readonly block: Proofs["block"];
  readonly rewards: Rewards;
  /** The blocks that the trusted one leads to, by number. */
  readonly linked: ReadonlyMap<bigint, Header>;
}

export interface ProvenParams {
  readonly client: PublicClient;
  readonly witness: Witness;
  readonly header: Header;
  readonly read: Read;
  readonly epoch: number;
  readonly window: Window;
  /** keccak256 of code that may run, by address. */
  readonly codeHashes: ReadonlyMap<Address, Hex>;
}

/** So many blocks below the trusted one are linked to it, each by the hash that the one above it names. */
const LINKED = 8_191;
const LINKED_AT_ONCE = 500;
/** Receipts of so many blocks are asked for: of those with logs, and of those whose bloom does not rule out others. */
const MOST_RECEIPTS = 1_000;

/** What the epoch's rewards are by proven storage, and whether they are paid; empty if it is not proven. */
type Rewards = ReadonlyMap<Address, readonly [amount: bigint, distributed: boolean]>;

/** Proves what can be of an epoch, and gives what contradicts the logs. */
export async function proveEpoch(params: ProvenParams): Promise<Proven> {
  const { header, read } = params;
  const found = {
    proven: [] as string[],
    believed: [] as string[],
    unproven: [] as string[],
    findings: [] as string[],
  };
  found.proven.push(`block ${header.number} and its time, by the hash that is trusted`);
  await proveCode(params, found);
  const { places, events } = read;
  const rewards = new Map<Address, readonly [bigint, boolean]>();
  for (const variable of expectedWords(read, params)) {
    for (const [{ prover }, value] of await proveVariable(params, variable, found)) {
      if (prover !== undefined) rewards.set(prover, [value & (AMOUNT - 1n), value >= AMOUNT]);
    }
  }
  const linked = await proveLogs(params, places, events, found);
  const unpaid = askedUnpaid(events, places);
  if (unpaid.length > 0) {
    found.believed.push(`who asked for ${unpaid.length} requests that no payment stands before: getRequest`);
  }
  found.unproven.push(
    "how many vaults there are, and which rates are in force: where they are kept is not published",
  );
  return { block: { number: header.number, hash: header.hash }, rewards, linked, ...found };
}

const AMOUNT = 1n << 128n;

interface Found {
  readonly proven: string[];
  readonly believed: string[];
  readonly unproven: string[];
  readonly findings: string[];
}

/** EIP-1967: keccak256("eip1967.proxy.implementation") - 1. */
const IMPLEMENTATION = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbcn;

async function proveCode(params: ProvenParams, found: Found): Promise<void> {
  const { witness, header, read } = params;
  const { factory: vaultFactory, stakingController, market, epochRewards, token } = read.places;
  for (const [name, address] of Object.entries({
    ...{ vaultFactory, stakingController, market, epochRewards, token },
  })) {
    try {
      await proveCodeOf(params, name, address, found);
      const [word = 0n] = await witness.words(header, address, [IMPLEMENTATION]);
      if (word === 0n) continue;
      await proveCodeOf(params, `the implementation of ${name}`, numberToHex(word, { size: 20 }), found);
    } catch (cause) {
      found.unproven.push(`the code of ${name}: ${reasonIn(cause)}`);
    }
  }
}

async function proveCodeOf(
  { witness, header, codeHashes }: ProvenParams,
  what: string,
  address: Address,
  found: Found,
): Promise<void> {
  const hash = keccakOf(await witness.code(header, address));
  const code = `the code of ${what} at ${getAddress(address)}`;
  const pinned = codeHashes.get(address);
  if (pinned === undefined) {
    found.believed.push(`${code}, which hashes to ${hash}, is ProverNet's: codeHashes does not name it`);
  } else if (pinned === hash) found.proven.push(`${code} is the one that codeHashes names`);
  else found.findings.push(`${code} hashes to ${hash}, codeHashes names ${pinned}`);
}

/** Gives the words that are proven, if it is known that they are the variable's. */
async function proveVariable(
  params: ProvenParams,
  { what, of, either, bits = 256n }: Variable,
  found: Found,
): Promise<(readonly [Word, bigint])[]> {
  const wanted = either[0]?.length ?? 0;
  if (wanted === 0) return [];
  const said = (value: bigint) => value & ((1n << bits) - 1n);
  let [given, other]: [number, readonly [Word, bigint] | undefined] = [0, undefined];
  for (const words of either) {
    const values = await valuesOf(params, of, words);
    const known = words.flatMap((word, i) => (values[i] === undefined ? [] : [[word, values[i]] as const]));
    given = Math.max(given, known.length);
    const differing = known.filter(([word, value]) => word.value !== said(value));
    other ??= differing.find(([, value]) => value !== 0n);
    if (!known.some(([word, value]) => word.value !== 0n && word.value === said(value))) continue;
    for (const [word, value] of differing) {
      found.findings.push(
        `${word.what} is ${word.value} in storage by the logs, and ${said(value)} by the proven state`,
      );
    }
    found.proven.push(`${what}: ${known.length - differing.length} words of storage`);
    if (known.length < wanted) {
      found.unproven.push(`${what}: the endpoint proves ${known.length} of ${wanted} words`);
    }
    return known;
  }
  if (given === 0) found.unproven.push(`${what}: the endpoint gives no proof of it`);
  else if (either.length === 1 && other !== undefined) {
    const [word, value] = other;
    found.unproven.push(
      `${what}: ${word.what} is ${word.value} by the logs, and the word where the public build keeps it is ${said(value)}; these contracts may keep it elsewhere`,
    );
  } else {
    found.unproven.push(`${what}: where it is kept is not known, as no word but 0 is what the logs give`);
  }
  return [];
}

/** Each alone is asked for only where not all are answered together. */
const ALONE = 64;

async function valuesOf(
  { witness, header }: ProvenParams,
  address: Address,
  words: readonly Word[],
): Promise<(bigint | undefined)[]> {
  const slots = words.map(({ slot }) => slot);
  try {
    return await witness.words(header, address, slots);
  } catch {
    const one = (slot: bigint) =>
      witness.words(header, address, [slot]).then(
        ([value]) => value,
        () => undefined,
      );
    return Promise.all(slots.slice(0, ALONE).map(one));
  }
}

/** Each block of a span below the trusted one: its time, and that what the logs give of it is all that counts. */
async function proveLogs(
  params: ProvenParams,
  places: Places,
  events: readonly Happened[],
  found: Found,
): Promise<ReadonlyMap<bigint, Header>> {
  const { header, client, read } = params;
  const first = places.startBlock;
  const headers = await linkedHeaders(params, first);
  const lowest = headers.at(-1)?.number ?? header.number;
  const vaults = new Set(Array.from(read.derived.provers.values(), ({ vault }) => vault));
  const { counts, traces } = countingLogs(places, vaults);
  const given = new Map<bigint, Happened[]>();
  for (const event of events) given.set(event.loggedIn, [...(given.get(event.loggedIn) ?? []), event]);
  let [proven, asked] = [0, 0];
  const [unanswered, unlooked]: [bigint[], bigint[]] = [[], []];
  for (const { number, timestamp, receiptsRoot, logsBloom } of headers) {
    const own = given.get(number) ?? [];
    if (own.some(({ block, time }) => block === number && time !== timestamp)) {
      found.findings.push(
        `block ${number} is of ${timestamp} by its proven header, and was given with another time`,
      );
    }
    if (own.length === 0 && !traces.some((trace) => mayHold(logsBloom, trace))) {
      proven += 1;
      continue;
    }
    if (++asked > MOST_RECEIPTS) {
      unlooked.push(number);
      continue;
    }
    const receipts = await client
      .request({ method: "eth_getBlockReceipts", params: [numberToHex(number)] } as never)
      .catch(() => undefined);
    const logs = await logsIn(receipts, receiptsRoot);
    if (logs === undefined) {
      unanswered.push(number);
      continue;
    }
    const there = new Map(
      logs
        .filter(counts)
        .map((log) => [keccakOf(logBytes({ ...log, blockNumber: number })), log.transactionIndex] as const),
    );
    const missing = [...there.keys()].filter((hash) => own.every((event) => event.hash !== hash)).length;
    if (missing > 0)
      found.findings.push(`${missing} logs of block ${number} were not given: its receipts have them`);
    for (const event of own.filter(({ hash }) => !there.has(hash))) {
      found.findings.push(`${event.name} of block ${number} is not in the block's receipts`);
    }
    if (!isGroupedBy(own, there)) {
      found.findings.push(
        `logs of block ${number} are given as of other transactions than the block's receipts have them in`,
      );
    }
    proven += 1;
  }
  if (proven > 0) {
    found.proven.push(
      `all logs that count, and the times, of ${proven} of the blocks ${lowest} to ${header.number}, by their headers and receipts`,
    );
  }
  if (unanswered.length > 0) {
    found.unproven.push(
      `logs of ${unanswered.length} blocks, the highest ${unanswered[0]}: the endpoint does not give the receipts that their headers name`,
    );
  }
  if (unlooked.length > 0) {
    found.unproven.push(
      `logs of ${unlooked.length} blocks: receipts of ${MOST_RECEIPTS} were asked for, and no more`,
    );
  }
  if (lowest > first) {
    found.unproven.push(
      `logs and times of the blocks ${first} to ${lowest - 1n}: ${LINKED} blocks below the trusted one are linked to it, if the endpoint gives their headers`,
    );
  }
  return new Map(headers.map((one) => [one.number, one]));
}

/** Whether logs are given as of one transaction exactly where one receipt has them: its hash is in no receipt. */
function isGroupedBy(events: readonly Happened[], receiptOf: ReadonlyMap<Hex, number>): boolean {
  const pairs = new Map<string, readonly [Hex, number]>();
  for (const { hash, transaction } of events) {
    const receipt = receiptOf.get(hash);
    if (receipt !== undefined) pairs.set(`${transaction} ${receipt}`, [transaction, receipt]);
  }
  const given = [...pairs.values()];
  return [0, 1].every((side) => new Set(given.map((pair) => pair[side])).size === given.length);
}

/** From the trusted block down, as far as headers link. */
async function linkedHeaders({ witness, header }: ProvenParams, first: bigint): Promise<Header[]> {
  const headers = [header];
  const below = header.number - first;
  let [left, size] = [below < BigInt(LINKED) ? Number(below) : LINKED, LINKED_AT_ONCE];
  while (left > 0 && size > 0) {
    const next = await witness
      .ancestors(headers.at(-1) as Header, Math.min(left, size))
      .catch((): Header[] => []);
    headers.push(...next);
    left -= next.length;
    // Somewhere among them one is missing, or another than the one above it names: what is before that still links.
    if (next.length === 0) size = Math.floor(size / 4);
  }
  return headers;
}

function reasonIn(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split("\n", 1)[0] as string) : String(cause);
}
