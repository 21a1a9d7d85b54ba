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
      // Both are ignored by whoever folds: a claim's epoch, as above, and a number that is worked out anew.
      const harmless = (event === "Claimed" && name === "epoch") || ["sequence", "postedAt"].includes(name);
      const what = `${event} of block ${blockNumber}: another ${name}, and all that follows`;
      yield lazily(what, harmless, () => {
        const chain = structuredClone(honest);
        Object.assign((chain.logs[i] as Log).args, { [name]: altered(value) });
        foldChain(chain);
        return { ...chain, state: honest.state };
      });
    }
  }
  yield* movedStakes(honest);
}

/** What somebody computes from a chain as it is given: the root of an epoch, its total and its dataset hash. */
export type Compute = (
  chain: RecordedChain,
  epoch: number,
) => Promise<{ root: Hex; cumulativeTotal: string; datasetHash: Hex } | undefined>;

export interface CollusiveLie extends LyingChain {
  /** The chain as it is: with the roots that the lie makes, and the logs as they were. */
  readonly truth: RecordedChain;
  /** The lie with a state that fits it: nothing in it contradicts anything. */
  readonly whole: RecordedChain;
}

/**
 * Lies that fit each other, of an endpoint whose owner is the publisher too: what is posted, and what the distributor
 * holds of it, is what follows from the altered logs.
 */
export async function* collusiveLies(
  honest: RecordedChain,
  compute: Compute,
  isChosen: (what: string, index: number) => boolean,
): AsyncGenerator<CollusiveLie> {
  let index = 0;
  const posts = honest.logs.flatMap(({ event }, i) => (event === "RootPosted" ? [i] : []));
  for (const lie of fittingLies(honest)) {
    const { what } = lie;
    const isOfPost = /^Root(Posted|Vetoed)/.test(what);
    if (isOfPost || !isChosen(what, index++)) continue;
    const told = structuredClone(lie.chain);
    told.state = structuredClone(honest.state);
    foldChain(told);
    for (const i of posts) {
      const { args } = told.logs[i] as Log;
      const made = await compute(told, Number(args.epoch));
      const { root, cumulativeTotal, datasetHash } = made ?? {};
      if (root !== undefined) Object.assign(args, { root, cumulativeTotal, datasetHash });
      vetoAsPosted(told);
      foldChain(told);
    }
    const truth = structuredClone(honest);
    for (const i of posts) Object.assign((truth.logs[i] as Log).args, (told.logs[i] as Log).args);
    vetoAsPosted(truth);
    foldChain(truth);
    const { root, cumulativeTotal } = (truth.logs[posts.at(-1) as number] as Log).args;
    for (const { state } of [truth, told]) Object.assign(state.latestPost, { root, cumulativeTotal });
    const chain = { ...told, state: truth.state };
    const named = `${what}, and the roots posted that follow`;
    yield { what: named, harmless: false, chain, truth, whole: told };
  }
}

/** A veto names the root that it is of. */
function vetoAsPosted({ logs }: RecordedChain): void {
  let root: string | undefined;
  for (const { event, args } of logs) {
    if (event === "RootPosted") root = args.root;
    if (event === "RootVetoed") args.root = root as string;
  }
}

/** A vault's stake, moved from one change to another that keeps its sum over both epochs. */
function* movedStakes(honest: RecordedChain): Generator<LyingChain> {
  const changes = honest.logs.flatMap((log, i) => (log.event === "ActiveAssetsChanged" ? [i] : []));
  for (const [k, first] of changes.entries()) {
    for (const second of changes.slice(k + 1)) {
      const [a, b] = [honest.logs[first] as Log, honest.logs[second] as Log];
      if (a.address !== b.address) continue;
      const what = `the stake of ${a.address} moved from block ${b.blockNumber} to ${a.blockNumber}`;
      yield lazily(what, false, () => {
        const chain = structuredClone(honest);
        const [to, from] = [(chain.logs[first] as Log).args, (chain.logs[second] as Log).args];
        to.activeAssets = String(BigInt(to.activeAssets ?? 0) + 10n);
        const less = BigInt(from.activeAssets ?? 0) - 10n;
        from.activeAssets = String(less < 0n ? 0n : less);
        foldChain(chain);
        return { ...chain, state: honest.state };
      });
    }
  }
}

/** Made when it is told: most of the lies that there are aren't. */
function lazily(what: string, harmless: boolean, make: () => RecordedChain): LyingChain {
  let made: RecordedChain | undefined;
  return {
    what,
    harmless,
    get chain() {
      made ??= make();
      return made;
    },
  };
}
