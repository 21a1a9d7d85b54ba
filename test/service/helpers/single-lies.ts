// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "viem";
import { foldChain } from "./fold-chain.ts";
import type { RecordedChain } from "./recorded-chain.ts";

/** A chain as a liar tells it. */
export interface LyingChain {
  readonly what: string;
  readonly chain: RecordedChain;
  /** Whether the specification names it as harmless: then it may pass, and changes no result. */
  readonly harmless: boolean;
}

type Log = RecordedChain["logs"][number];

/** Every lie about one log, one answer about state, or one block. */
export function* singleLies(honest: RecordedChain): Generator<LyingChain> {
  for (const [i, log] of honest.logs.entries()) {
    const name = `${log.event} of block ${log.blockNumber}, log ${log.logIndex}`;
    const instead = (...given: Log[]): RecordedChain => ({
      ...honest,
      logs: honest.logs.toSpliced(i, 1, ...given),
    });
    const lie = (what: string, harmless: boolean, ...given: Log[]) => ({
      ...{ what: `${name}: ${what}`, harmless, chain: instead(...given) },
    });
    yield lie("dropped", false);
    yield lie("given twice", true, log, log);
    yield lie("given again in another place", false, log, { ...log, logIndex: log.logIndex + 500 });
    for (const blocks of [-1, 1, 1_000]) {
      // Its order among the logs that are folded with it decides, and that is the harmless case.
      yield lie(`moved by ${blocks} blocks`, true, { ...log, blockNumber: log.blockNumber + blocks });
    }
    yield lie("moved within its block", true, { ...log, logIndex: log.logIndex + 500 });
    yield lie("said to be another contract's", false, { ...log, address: `0x${"e".repeat(40)}` });
    yield lie("with a topic more", false, {
      ...log,
      topics: [...log.topics, `0x${"0".repeat(64)}`].slice(0, 5) as Hex[],
    });
    yield lie("with a word more", false, { ...log, data: `${log.data}${"0".repeat(64)}` });
    yield lie("with a byte more", false, { ...log, data: `${log.data}00` });
    for (let k = 1; k < log.topics.length; k++) {
      for (const [how, word] of others(log.topics[k]?.slice(2) ?? "")) {
        // Section 11.1: nothing hangs on the epoch of a claim but that it has been posted.
        const harmless = log.event === "Claimed" && k === 2;
        yield lie(`topic ${k} ${how}`, harmless, { ...log, topics: log.topics.with(k, `0x${word}`) });
      }
    }
    for (let at = 2; at + 64 <= log.data.length; at += 64) {
      for (const [how, word] of others(log.data.slice(at, at + 64))) {
        const data = `${log.data.slice(0, at)}${word}${log.data.slice(at + 64)}` as Hex;
        yield lie(`word ${(at - 2) / 64} ${how}`, false, { ...log, data });
      }
    }
  }
  yield* stateLies(honest);
  for (const [i, block] of honest.blocks.entries()) {
    const given = (change: Partial<typeof block>) => ({
      ...{ ...honest, blocks: honest.blocks.with(i, { ...block, ...change }) },
    });
    // Only the snapshot's block and the one after it, and the last, are looked at.
    const block_ = `block ${block.number}`;
    yield {
      what: `${block_}: a second earlier`,
      harmless: true,
      chain: given({ timestamp: block.timestamp - 1 }),
    };
    yield {
      what: `${block_}: a second later`,
      harmless: true,
      chain: given({ timestamp: block.timestamp + 1 }),
    };
    yield { what: `${block_}: another hash`, harmless: true, chain: given({ hash: `0x${"ab".repeat(32)}` }) };
  }
}

/** Words that differ: in the lowest digit, in the highest, in all. */
function others(word: string): [how: string, word: string][] {
  const turned = (digit: string) => (digit === "1" ? "2" : "1");
  return [
    ["with another last digit", `${word.slice(0, -1)}${turned(word.slice(-1))}`],
    ["with another first digit", `${turned(word.slice(0, 1))}${word.slice(1)}`],
    ["of all ones", "f".repeat(64)],
  ];
}

/** Nothing is compared with these: they are not read, or only shown. */
const NOT_READ = /^(provers\.\d+\.name|totalClaimed)$/;

function* stateLies(honest: RecordedChain): Generator<LyingChain> {
  for (const path of leavesOf(honest.state)) {
    const chain = structuredClone(honest);
    let at = chain.state as unknown as Record<string, unknown>;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
    const last = path.at(-1) as string;
    at[last] = altered(at[last] as string | number);
    const name = path.join(".");
    yield { what: `state: ${name}`, harmless: NOT_READ.test(name), chain };
  }
  const fewer = structuredClone(honest);
  fewer.state.segments.pop();
  yield { what: "state: a segment less", harmless: false, chain: fewer };
}

function* leavesOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (typeof value !== "object" || value === null) {
    yield path;
    return;
  }
  for (const [key, inner] of Object.entries(value)) yield* leavesOf(inner, [...path, key]);
}

function altered(value: string | number): string | number {
  if (typeof value === "number") return value + 1;
  if (!value.startsWith("0x")) return /^\d+$/.test(value) ? String(BigInt(value) + 1n) : `${value}'`;
  return `${value.slice(0, -1)}${value.endsWith("1") ? "2" : "1"}`;
}

/**
 * Lies that fit each other: one argument of one log is another, and every log after it continues that, each hash as the
 * contracts would have made it; what the contracts hold stays as it is.
 */
export function* fittingLies(honest: RecordedChain): Generator<LyingChain> {
  for (const [i, { event, args, blockNumber }] of honest.logs.entries()) {
    for (const [name, value] of Object.entries(args)) {
      if (name === "policy" || name === "rollingHash") continue;
      const chain = structuredClone(honest);
      Object.assign((chain.logs[i] as Log).args, { [name]: altered(value) });
      foldChain(chain);
      // Both are ignored by whoever folds: a claim's epoch, as above, and a number that is worked out anew.
      const harmless = (event === "Claimed" && name === "epoch") || ["sequence", "postedAt"].includes(name);
      const what = `${event} of block ${blockNumber}: another ${name}, and all that follows`;
      yield { what, harmless, chain: { ...chain, state: honest.state } };
    }
  }
  yield* movedStakes(honest);
}

/** A vault's stake, moved from one change to another that keeps its sum over both epochs. */
function* movedStakes(honest: RecordedChain): Generator<LyingChain> {
  const changes = honest.logs.flatMap((log, i) => (log.event === "ActiveAssetsChanged" ? [i] : []));
  for (const [k, first] of changes.entries()) {
    for (const second of changes.slice(k + 1)) {
      const chain = structuredClone(honest);
      const [a, b] = [chain.logs[first] as Log, chain.logs[second] as Log];
      if (a.address !== b.address) continue;
      a.args.activeAssets = String(BigInt(a.args.activeAssets ?? 0) + 10n);
      const less = BigInt(b.args.activeAssets ?? 0) - 10n;
      b.args.activeAssets = String(less < 0n ? 0n : less);
      foldChain(chain);
      const what = `the stake of ${a.address} moved from block ${b.blockNumber} to ${a.blockNumber}`;
      yield { what, harmless: false, chain: { ...chain, state: honest.state } };
    }
  }
}
