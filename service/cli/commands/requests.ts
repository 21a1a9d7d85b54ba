// SPDX-License-Identifier: AGPL-3.0-only
import { createHash } from "node:crypto";
import { encodeAbiParameters, getAddress, keccak256, numberToHex, parseEventLogs } from "viem";
import { iProofMarketAbi, iProverRegistryAbi } from "../../chain/abi.ts";
import { ChainError } from "../../chain/errors.ts";
import { readMany } from "../../chain/many.ts";
import { epochAt } from "../../chain/system.ts";
import type { Address, Hex } from "../../core/types.ts";
import { asSomeTokens, asTokens, tokens } from "../amounts.ts";
import { asSomebody, NOBODY } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { asDuration, asTerm, duration, moment } from "../durations.ts";
import { UsageError } from "../errors.ts";
import { amount, shortAddress, table } from "../format.ts";
import { headOf } from "../lens.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";
import { accountOf, openSigner, type SignerFlags } from "../signing.ts";
import { allowing, type Intent, perform, requireTokens, type SendFlags } from "../transactions.ts";
import { asPublicInput, asWord } from "../words.ts";

export interface RequestFlags extends SendFlags {
  readonly program: string;
  readonly digest?: string;
  readonly publicValues?: string;
  readonly input: string;
  readonly fee: string;
  readonly minStake?: string;
  readonly deadline: string;
  readonly bids?: string;
  readonly reveals?: string;
  readonly verifier?: string;
}

/** SP1 and Pico hash public values so: SHA-256, without the three highest bits. */
const DIGEST_BITS = (1n << 253n) - 1n;
/** The bounds of a window for bids, or to reveal them. */
const [SHORTEST, LONGEST] = [60n, 86_400n];
/** Of the time to the deadline, unless told otherwise. */
const WINDOW_PART = 6n;
const MAX_INPUT = 2_048;
/** In wei, as the market has it. */
const MAX_FEE = 10n ** 27n;

/**
 * Asks provers for a zk proof, and escrows what it may cost at the most (wei).
 * @throws UsageError for what the market would refuse; ChainError if the account has not as much
 */
export async function request(context: Context, flags: RequestFlags): Promise<void> {
  const programKey = asPublicInput({ text: flags.program, source: "--program" });
  const publicValuesDigest = digestOf(flags);
  const maxFee = asSomeTokens({ text: flags.fee, source: "--fee" }, flags.wei);
  const minStake =
    flags.minStake === undefined ? 0n : asTokens({ text: flags.minStake, source: "--min-stake" }, flags.wei);
  const inputUri = asInput(flags.input);
  const session = await openSession(context, flags);
  const signer = await openSigner(context, session.chain, flags);
  const { system, chain } = session;
  const head = await headOf(session);
  const market = { address: system.market, abi: iProofMarketAbi } as const;
  const registry = { address: system.registry, abi: iProverRegistryAbi } as const;
  const [parameters, grace, delay] = await Promise.all([
    chain.client.readContract({ ...market, functionName: "parameters" }),
    chain.client.readContract({ ...market, functionName: "expiryGrace" }),
    chain.client.readContract({ ...registry, functionName: "unbondingDelay" }),
  ]);
  if (maxFee < parameters.minFee) {
    throw new UsageError(
      `--fee: the least is ${tokens(parameters.minFee, system.symbol)}`,
      "offer at least that; the winner is paid the second-lowest bid",
    );
  }
  if (maxFee > MAX_FEE) {
    throw new UsageError(`--fee: the most is ${tokens(MAX_FEE, system.symbol)}`, "offer that or less");
  }
  if (minStake > maxFee * parameters.maxStakeMultiple) {
    throw new UsageError(
      `--min-stake: the most is ${parameters.maxStakeMultiple} times the fee, ${tokens(maxFee * parameters.maxStakeMultiple, system.symbol)}`,
      "ask for less, or offer more",
    );
  }
  const times = timesOf(flags, head.timestamp, delay - grace);
  const version = await versionOf(session, programKey, flags.verifier, head.timestamp);
  await requireTokens(session, signer.address, maxFee);
  const byFee = (maxFee * parameters.lockBps + 9_999n) / 10_000n;
  const lock = byFee > minStake ? byFee : minStake;
  const params = {
    ...{ programKey, publicValuesDigest, verifierVersion: BigInt(version), maxFee, minStake },
    ...{ commitDuration: times.bids, revealDuration: times.reveals, deadline: times.deadline, inputUri },
  };
  const { transactions, receipts } = await perform(
    context,
    session,
    signer,
    [
      ...(await allowing(session, signer.address, system.market, maxFee, "the market")),
      {
        says: `ask for a zk proof of program ${programKey} for at most ${tokens(maxFee, system.symbol)}, which are escrowed: bids are taken for ${duration(times.bids)} and opened within ${duration(times.reveals)}; it has to be proven by ${moment(times.deadline, head.timestamp)}, or the fee is refunded; the winner has ${tokens(lock, system.symbol)} locked, and loses them if it is late`,
        call: { ...market, functionName: "request", args: [params] },
      },
    ],
    flags,
  );
  const logs = receipts.flatMap((receipt) => receipt.logs);
  const [event] = parseEventLogs({ abi: iProofMarketAbi, eventName: "Requested", logs });
  const id = event?.args.id;
  if (flags.json) {
    printJson(context, {
      id: id ?? null,
      requester: getAddress(signer.address),
      ...params,
      lock,
      transactions,
    });
    return;
  }
  context.out(
    id === undefined
      ? "no request was made\n"
      : `${id}\nto be proven by ${moment(times.deadline, head.timestamp)}; \`provender requests\` shows how it goes\n`,
  );
}

interface Times {
  readonly bids: bigint;
  readonly reveals: bigint;
  readonly deadline: bigint;
}

/** `longest`: for how many seconds stake that is locked for it cannot leave. */
function timesOf(flags: RequestFlags, now: bigint, longest: bigint): Times {
  const source = "--deadline";
  const deadline = asTerm({ text: flags.deadline, source }, now);
  const part = (deadline - now) / WINDOW_PART;
  const most = longest / 2n < LONGEST ? longest / 2n : LONGEST;
  const usual = part > most ? most : part < SHORTEST ? SHORTEST : part;
  const windowOf = (text: string | undefined, name: string) => {
    const seconds = text === undefined ? usual : asDuration({ text, source: name });
    if (seconds >= SHORTEST && seconds <= LONGEST) return seconds;
    throw new UsageError(`${name}: not from 1m to 1d: ${text}`, "give one that is, such as 10m");
  };
  const times = {
    bids: windowOf(flags.bids, "--bids"),
    reveals: windowOf(flags.reveals, "--reveals"),
    deadline,
  };
  const toOpen = times.bids + times.reveals;
  if (toOpen > longest) {
    throw new UsageError(
      `--reveals: bids are open after ${duration(toOpen)}, and the market waits for no more than ${duration(longest)}`,
      "shorten --bids or --reveals",
    );
  }
  if (deadline <= now + toOpen) {
    throw new UsageError(
      `${source}: ${flags.deadline} leaves no time to prove after ${duration(times.bids)} of bids and ${duration(times.reveals)} to open them`,
      "give a later one, or shorten --bids and --reveals",
    );
  }
  const latest = times.bids + longest;
  if (deadline <= now + latest) return times;
  throw new UsageError(
    `${source}: ${flags.deadline} is later than the market takes, ${moment(now + latest, now)}: stake may leave after that`,
    `give an earlier one, such as ${latest / HOUR}h`,
  );
}

const HOUR = 3_600n;

/** The verifier that a program's zk proofs are checked by: the one under which it counts, unless one is given. */
async function versionOf(
  { chain: { client }, system }: Session,
  programKey: Hex,
  given: string | undefined,
  now: bigint,
): Promise<number> {
  const market = { address: system.market, abi: iProofMarketAbi } as const;
  const count = Number(await client.readContract({ ...market, functionName: "verifierCount" }));
  const verifier = (version: number) =>
    client.readContract({ ...market, functionName: "verifierOf", args: [BigInt(version)] });
  if (given !== undefined) {
    if (!/^[1-9]\d{0,2}$/.test(given) || Number(given) > count) {
      throw new UsageError(`--verifier: not a version from 1 to ${count}: ${given}`, "versions count from 1");
    }
    const [, , withdrawn] = await verifier(Number(given));
    if (!withdrawn) return Number(given);
    throw new UsageError(`--verifier: version ${given} is withdrawn`, "give one that is in use");
  }
  const versions = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const [, keyHash, withdrawn] = await verifier(i + 1);
      const multiplier = await client.readContract({
        ...market,
        functionName: "multiplierAt",
        args: [keyHash, programKey, BigInt(epochAt(system, now))],
      });
      return { version: i + 1, fits: !withdrawn && multiplier > 0n };
    }),
  );
  const [fit, ...others] = versions.filter(({ fits }) => fits);
  if (fit !== undefined && others.length === 0) return fit.version;
  throw new UsageError(
    fit === undefined
      ? `--program: ${programKey} is listed under no verifier`
      : `--program: ${programKey} is listed under several verifiers`,
    `name the verifier's version with --verifier, from 1 to ${count}`,
  );
}

/** As SP1 and Pico make it of public values, or as it is given. @throws UsageError for both or neither. */
export function digestOf({ digest, publicValues }: Pick<RequestFlags, "digest" | "publicValues">): Hex {
  if ((digest === undefined) === (publicValues === undefined)) {
    const given =
      digest === undefined
        ? "neither --digest nor --public-values is"
        : "--digest and --public-values are both";
    throw new UsageError(`${given} given`, "give the digest, or the public values that it is made of");
  }
  if (digest !== undefined) return asPublicInput({ text: digest, source: "--digest" });
  // SP1 prints them with 0x, and writes them to files without.
  const digits = (publicValues as string).replace(/^0x/, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) {
    throw new UsageError("--public-values: not bytes", "give them in hexadecimal");
  }
  const hashed = createHash("sha256").update(Buffer.from(digits, "hex")).digest("hex");
  return numberToHex(BigInt(`0x${hashed}`) & DIGEST_BITS, { size: 32 });
}

function asInput(text: string): string {
  if (!URL.canParse(text)) {
    throw new UsageError(`--input: not a URL: ${text}`, "such as https://…, ipfs://… or data:…");
  }
  if (Buffer.byteLength(text) <= MAX_INPUT) return text;
  throw new UsageError(
    `--input: longer than ${MAX_INPUT} bytes`,
    "put the input elsewhere, and give its address",
  );
}

const STATUS = ["none", "open", "fulfilled", "missed", "unassigned", "cancelled", "withdrawn"] as const;
const OPEN = 1;

interface Asked {
  readonly id: Hex;
  readonly status: (typeof STATUS)[number];
  /** What happens next, or has happened. */
  readonly phase: string;
  readonly until: bigint | null;
  readonly maxFee: bigint;
  readonly price: bigint | null;
  readonly bids: number;
  readonly winner: Address | null;
  readonly programKey: Hex;
  readonly deadline: bigint;
  /** What ends it, and brings its refund. */
  readonly ending: "cancel" | "expire" | null;
}

export interface RequestsFlags extends ChainFlags, SignerFlags {
  readonly limit: string;
}

/**
 * An account's requests, the latest first, and what is owed to it, in wei.
 * @throws UsageError for a limit that is none from 1 to 9999; ChainError if the chain cannot be read
 */
export async function requests(
  context: Context,
  text: string | undefined,
  flags: RequestsFlags,
): Promise<void> {
  const limit = /^[1-9]\d{0,3}$/.test(flags.limit) ? BigInt(flags.limit) : undefined;
  if (limit === undefined) {
    throw new UsageError(`--limit: not a number from 1 to 9999: ${flags.limit}`, "write it in digits");
  }
  const session = await openSession(context, flags);
  const who = await accountOf(context, session.chain, { text, source: "[address]" }, flags);
  const { symbol } = session.system;
  const { asked, credit, now, total } = await requestsOf(session, who, limit);
  if (flags.json) {
    printJson(context, { requester: getAddress(who), credit, total, requests: asked });
    return;
  }
  const rows = asked.map(({ id, phase, until, maxFee, price, bids, winner }) => [
    `${id.slice(0, 10)}…`,
    until === null ? phase : `${phase} ${moment(until, now)}`,
    amount(maxFee),
    String(bids),
    winner === null ? "–" : shortAddress(winner),
    price === null ? "–" : amount(price),
  ]);
  const head = ["request", "state", "at most", "bids", "winner", "price"];
  const shown = asked.length === 0 ? `${getAddress(who)} has asked for nothing yet` : table(head, rows, 2);
  const owed = credit > 0n || asked.some(({ ending }) => ending === "expire");
  context.out(
    `${shown}\n\nrefunded and not taken: ${tokens(credit, symbol)}${owed ? ": `provender refund` pays all that is due" : ""}\n`,
  );
}

export interface RefundFlags extends SendFlags {
  readonly to?: string;
}

/**
 * Ends what of an account's requests is over, or the one that is named, and pays out what is owed to it.
 * @throws UsageError for an unknown request; ChainError `not-ready` for one that cannot be ended now, `refused` for one that has
 */
export async function refund(context: Context, text: string | undefined, flags: RefundFlags): Promise<void> {
  const named = text === undefined ? undefined : asWord({ text, source: "[request]" });
  const given = flags.to === undefined ? undefined : asSomebody({ text: flags.to, source: "--to" });
  const session = await openSession(context, flags);
  const signer = await openSigner(context, session.chain, flags);
  const { symbol } = session.system;
  const { asked, credit, now } = await requestsOf(session, signer.address, RECENT, named);
  const market = { address: session.system.market, abi: iProofMarketAbi } as const;
  const ending = asked.filter(
    (each) => each.ending === "expire" || (named !== undefined && each.ending !== null),
  );
  const [one] = asked;
  if (named !== undefined && ending.length === 0 && credit === 0n) {
    if (one !== undefined && one.until === null) {
      throw new ChainError("refused", `request ${named} has ended: ${one.phase}`, "nothing of it is owed");
    }
    throw new ChainError(
      "not-ready",
      `request ${named} cannot be ended now: ${one?.phase ?? "unknown"}${one?.until ? ` ${moment(one.until, now)}` : ""}`,
      "a request that has bids ends by itself: it is proven, or refunded after its deadline",
    );
  }
  const sum = ending.reduce((total, { maxFee }) => total + maxFee, credit);
  if (sum === 0n) {
    if (flags.json) printJson(context, { amount: 0n, ended: [], transactions: [] });
    else
      context.out(
        "nothing is owed: no request of this account has ended without a proof since the last refund\n",
      );
    return;
  }
  const to = given ?? signer.address;
  const intents: Intent[] = [
    ...ending.map(({ id, maxFee, ending: how }) => ({
      says: `${how === "cancel" ? "cancel" : "end"} request ${id}, for ${tokens(maxFee, symbol)} back`,
      call: { ...market, functionName: how as string, args: [id] },
    })),
    {
      says: `pay ${tokens(sum, symbol)} to ${getAddress(to)}`,
      call: { ...market, functionName: "withdrawCredit", args: [to] },
    },
  ];
  const { transactions } = await perform(context, session, signer, intents, flags);
  const ended = ending.map(({ id }) => id);
  if (flags.json) printJson(context, { amount: sum, to: getAddress(to), ended, transactions });
  else context.out(`${flags.dryRun ? "would be paid" : "paid"}: ${tokens(sum, symbol)}\n`);
}

/** Of the latest so many, `refund` ends what is over. */
const RECENT = 200n;

/** The latest requests of an account, or the one that is named, as of one block: their ids follow from its address. */
async function requestsOf({ chain, system }: Session, who: Address, limit: bigint, named?: Hex) {
  const { client, chainId } = chain;
  const { number: blockNumber, timestamp: now } = await headOf({ chain });
  const market = { address: system.market, abi: iProofMarketAbi, blockNumber } as const;
  const [total, credit, grace] = await Promise.all([
    client.readContract({ ...market, functionName: "requestNonce", args: [who] }),
    client.readContract({ ...market, functionName: "credits", args: [who] }),
    client.readContract({ ...market, functionName: "expiryGrace" }),
  ]);
  const ids: Hex[] = [];
  for (let nonce = total; nonce > 0n && total - nonce < limit && named === undefined; nonce--) {
    ids.push(idOf(chainId, system.market, who, nonce - 1n));
  }
  if (named !== undefined) ids.push(named);
  const read = await readMany(client, {
    ...{ abi: iProofMarketAbi, functionName: "requestOf", blockNumber },
    calls: ids.map((id) => ({ address: system.market, args: [id] as const })),
  });
  const asked = ids.map((id, i) => {
    const found = read[i];
    if (found === undefined || found.status === 0) {
      throw new UsageError(`[request]: there is no request ${id}`, "`provender requests` lists them");
    }
    if (named !== undefined && found.requester.toLowerCase() !== who) {
      throw new UsageError(
        `[request]: ${id} is of ${getAddress(found.requester)}, not of ${getAddress(who)}`,
        "sign with the account that asked",
      );
    }
    return askedOf(id, found, now);
  });
  return { asked, credit, now, total, grace };
}

function idOf(chainId: bigint, market: Address, requester: Address, nonce: bigint): Hex {
  const types = [{ type: "uint256" }, { type: "address" }, { type: "address" }, { type: "uint256" }] as const;
  return keccak256(encodeAbiParameters(types, [chainId, market, requester, nonce]));
}

interface Stored {
  readonly status: number;
  readonly programKey: Hex;
  readonly maxFee: bigint;
  readonly commitEnd: bigint;
  readonly revealEnd: bigint;
  readonly deadline: bigint;
  readonly commitCount: bigint;
  readonly leader: Address;
  readonly price: bigint;
}

function askedOf(id: Hex, stored: Stored, now: bigint): Asked {
  const { status, maxFee, price, commitCount, leader, programKey, deadline } = stored;
  const won = leader !== NOBODY;
  return {
    ...{ id, maxFee, programKey, deadline, bids: Number(commitCount) },
    status: STATUS[status] ?? "none",
    price: won ? price : null,
    winner: won ? getAddress(leader) : null,
    ...phaseOf(stored, now),
  };
}

function phaseOf(
  { status, commitEnd, revealEnd, deadline, commitCount, leader }: Stored,
  now: bigint,
): Pick<Asked, "phase" | "until" | "ending"> {
  if (status !== OPEN) return { phase: ENDED[status] ?? "ended", until: null, ending: null };
  const unbid = commitCount === 0n ? "cancel" : null;
  if (now <= commitEnd) return { phase: "takes bids until", until: commitEnd, ending: unbid };
  if (now <= revealEnd) return { phase: "opens bids until", until: revealEnd, ending: unbid };
  if (leader === NOBODY) {
    const bids = commitCount === 0n ? "nobody bid" : "no bid was opened";
    return { phase: `${bids}: refund due since`, until: revealEnd, ending: "expire" };
  }
  if (now <= deadline) return { phase: "to be proven by", until: deadline, ending: null };
  return { phase: "not proven: refund due since", until: deadline, ending: "expire" };
}

const ENDED = [
  "",
  "open",
  "proven",
  "not proven, refunded",
  "no bid was opened, refunded",
  "cancelled",
  "verifier withdrawn, refunded",
];
