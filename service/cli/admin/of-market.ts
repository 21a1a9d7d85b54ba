// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, parseAbi } from "viem";
import { iProofMarketAbi } from "../../chain/abi.ts";
import { readMany } from "../../chain/many.ts";
import { epochAt } from "../../chain/system.ts";
import type { Hex } from "../../core/types.ts";
import { BOND_UNIT, BOUNDS, MULTIPLIER_BOUNDS } from "../../deploy/bounds.ts";
import { asTokens, tokens } from "../amounts.ts";
import type { Found } from "../config.ts";
import { UsageError } from "../errors.ts";
import { percent } from "../format.ts";
import { asFactor, asPercent } from "../percents.ts";
import { asPublicInput } from "../words.ts";
import { shortHash } from "./short-hash.ts";
import {
  change,
  epochIn,
  factor,
  fromEpoch,
  type Options,
  type Prepared,
  requireUse,
  requireWithin,
  somebodyIn,
  type World,
  wholeIn,
} from "./world.ts";

/** As the contract's MAX_MULTIPLIER_LEAD. */
const MULTIPLIER_LEAD = 1_000;
/** In basis points: more than any part may be. */
const MOST_PERCENT = 10_000_000n;

const at = ({ system, blockNumber }: World) =>
  ({ address: system.market, abi: iProofMarketAbi, blockNumber }) as const;
const verifierAbi = parseAbi(["function verifierKeyHash() view returns (bytes32)"]);

/**
 * The verifier contract `[address]`, as the version after the last.
 * @throws UsageError for what is no address, or a contract without `verifierKeyHash()`
 */
export async function addVerifier(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const verifier = somebodyIn(text, "address");
  const { client } = world;
  const [count, hash] = await Promise.all([
    client.readContract({ ...at(world), functionName: "verifierCount" }),
    client
      .readContract({ address: verifier, abi: verifierAbi, functionName: "verifierKeyHash" })
      .catch(() => undefined),
  ]);
  if (hash === undefined) {
    throw new UsageError(
      `<address>: ${getAddress(verifier)} does not say its verifierKeyHash()`,
      "give a verifier contract, such as a Groth16Verifier",
    );
  }
  const to = `${getAddress(verifier)}, key ${shortHash(hash)}`;
  const when = "at once; its programs count once they have a multiplier";
  return {
    args: [verifier],
    changes: [change(`verifier version ${count + 1n}`, ["none", to], when)],
  };
}

/**
 * Verifier `[version]`, for good; versions count from 1.
 * @throws UsageError if there is no such version
 */
export async function withdrawVerifier(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const version = wholeIn(text, "<version>");
  const [verifier, , withdrawn] = await verifierOf(world, version);
  const when = "at once, for good: open requests under it can only be refunded";
  return {
    args: [version],
    changes: [
      change(`verifier version ${version}`, [withdrawn, true], when, (is) =>
        is ? "withdrawn" : `${getAddress(verifier)}, in use`,
      ),
    ],
  };
}

async function verifierOf(world: World, version: bigint) {
  const count = await world.client.readContract({ ...at(world), functionName: "verifierCount" });
  if (version === 0n || version > count) {
    throw new UsageError(`<version>: there is no verifier version ${version}`, `versions are 1 to ${count}`);
  }
  return world.client.readContract({ ...at(world), functionName: "verifierOf", args: [version] });
}

/**
 * `[version, programKey, multiplier]` from `--from-epoch` on; the multiplier goes to the contract in basis points.
 * @throws UsageError for what is malformed or out of bounds, and for an epoch that has begun
 */
export async function setMultiplier(
  world: World,
  [versionText = "", key = "", factorText = ""]: readonly string[],
  { fromEpoch: given }: Options,
): Promise<Prepared> {
  const version = wholeIn(versionText, "<version>");
  const programKey = asPublicInput({ text: key, source: "<program-key>" });
  const multiplier = asFactor({ text: factorText, source: "<multiplier>" });
  requireWithin(multiplier, MULTIPLIER_BOUNDS, "<multiplier>", factor);
  if (given === undefined) {
    throw new UsageError("--from-epoch is missing", "give an epoch's number, or a date");
  }
  const epoch = epochIn(world, given, "--from-epoch");
  const { system, now } = world;
  const current = epochAt(system, now);
  const hint = `give ${current + 1} or later: no epoch that runs ever changes`;
  requireUse(world, epoch > current, `--from-epoch: epoch ${epoch} has begun`, hint);
  const [, keyHash] = await verifierOf(world, version);
  const [before, ...later] = await multipliersFrom(world, { keyHash, programKey, epoch });
  const what = `multiplier of program ${shortHash(programKey)} under verifier ${version}`;
  const dropped = later.find((value) => value !== before);
  const rest = dropped === undefined ? "" : "; what was set for later epochs goes";
  const one = change(what, [before ?? 0n, multiplier], `${fromEpoch(world, epoch)}${rest}`, factor);
  return {
    args: [version, programKey, multiplier, BigInt(epoch)],
    changes: [{ ...one, isSo: one.isSo && dropped === undefined }],
  };
}

/** A program's multiplier in an epoch, and in all later ones of which one may be set. */
async function multipliersFrom(
  { client, system, blockNumber, now }: World,
  { keyHash, programKey, epoch }: { keyHash: Hex; programKey: Hex; epoch: number },
): Promise<bigint[]> {
  const last = Math.max(epoch, epochAt(system, now) + MULTIPLIER_LEAD);
  const read = await readMany(client, {
    ...{ abi: iProofMarketAbi, functionName: "multiplierAt", blockNumber },
    calls: Array.from({ length: last - epoch + 1 }, (_, i) => {
      return { address: system.market, args: [keyHash, programKey, BigInt(epoch + i)] as const };
    }),
  });
  return read.map((value) => value ?? 0n);
}

type Parameters = Awaited<ReturnType<typeof parametersOf>>;
const parametersOf = (world: World) =>
  world.client.readContract({ ...at(world), functionName: "parameters" });

/** One of them: its field, what it is called, and how it is read and shown. */
interface Parameter {
  readonly field: keyof Parameters;
  readonly what: string;
  readonly flag: string;
  readonly given: string | undefined;
  readonly read: (found: Found) => bigint;
  readonly say: (value: bigint) => string;
}

/**
 * The market's parameters with those that options give: amounts in wei, parts in basis points; the rest stays.
 * @throws UsageError if none is given, if one is out of bounds, or for a bond that is not of whole gwei
 */
export async function setParameters(world: World, _: readonly string[], options: Options): Promise<Prepared> {
  const before = await parametersOf(world);
  const part = {
    read: (found: Found) => asPercent(found, MOST_PERCENT),
    say: (value: bigint) => percent(Number(value)),
  };
  const count = { read: (found: Found) => wholeIn(found.text, found.source), say: String };
  const times = {
    read: ({ text, source }: Found) => wholeIn(text.replace(/x$/, ""), source),
    say: (value: bigint) => `${value}x`,
  };
  const money = {
    read: (found: Found) => asTokens(found, options.wei === true),
    say: (value: bigint) => tokens(value, world.system.symbol),
  };
  const { protocolFee, lock, maxStakeMultiple, minFee, bond, maxOpen } = options;
  const parameters: readonly Parameter[] = [
    {
      ...{ field: "protocolFeeBps", what: "protocol fee" },
      ...{ flag: "--protocol-fee", given: protocolFee, ...part },
    },
    {
      ...{ field: "lockBps", what: "least lock, of the fee offered" },
      ...{ flag: "--lock", given: lock, ...part },
    },
    {
      ...{ field: "maxStakeMultiple", what: "most stake to ask for, in fees" },
      ...{ flag: "--max-stake-multiple", given: maxStakeMultiple, ...times },
    },
    { field: "minFee", what: "least fee", flag: "--min-fee", given: minFee, ...money },
    { field: "bond", what: "bond of a sealed bid", flag: "--bond", given: bond, ...money },
    {
      ...{ field: "maxOpenAssignments", what: "open assignments of a prover" },
      ...{ flag: "--max-open", given: maxOpen, ...count },
    },
  ];
  const given = parameters.filter((one) => one.given !== undefined);
  if (given.length === 0) throw new UsageError("no parameter is given", "give what is to change; see --help");
  const next: Parameters = { ...before };
  const when = "for requests made from now on; those that exist keep theirs";
  const changes = given.map(({ field, what, flag, given: text = "", read, say }) => {
    next[field] = read({ text, source: flag });
    requireWithin(next[field], BOUNDS[`market.${field}`], flag, say);
    return change(what, [before[field], next[field]], when, say);
  });
  if (next.bond % BOND_UNIT !== 0n) {
    throw new UsageError("--bond: the contract keeps it in whole gwei", "give at most 9 decimals");
  }
  return { args: [next], changes };
}
