// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, parseAbi } from "viem";
import { iProofMarketAbi } from "../../chain/abi.ts";
import { epochAt } from "../../chain/system.ts";
import type { Hex } from "../../core/types.ts";
import { asTokens, tokens } from "../amounts.ts";
import { UsageError } from "../errors.ts";
import { percent } from "../format.ts";
import { shortHash } from "./short-hash.ts";
import {
  asBps,
  asFactor,
  type Change,
  epochIn,
  factor,
  fromEpoch,
  type Options,
  type Prepared,
  requireUse,
  somebodyIn,
  type World,
  wholeIn,
} from "./world.ts";

const at = ({ system, blockNumber }: World) =>
  ({ address: system.market, abi: iProofMarketAbi, blockNumber }) as const;
const verifierAbi = parseAbi(["function verifierKeyHash() view returns (bytes32)"]);

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
    changes: [{ what: `verifier version ${count + 1n}`, from: "none", to, when }],
  };
}

export async function withdrawVerifier(world: World, [text = ""]: readonly string[]): Promise<Prepared> {
  const version = wholeIn(text, "<version>");
  const [verifier, , withdrawn] = await verifierOf(world, version);
  const problem = `<version>: verifier ${version} is withdrawn already`;
  requireUse(world, !withdrawn, problem, "nothing is to do");
  const when = "at once, for good: open requests under it can only be refunded";
  return {
    args: [version],
    changes: [
      { what: `verifier version ${version}`, from: `${getAddress(verifier)}, in use`, to: "withdrawn", when },
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

export async function setMultiplier(
  world: World,
  [versionText = "", key = "", factorText = ""]: readonly string[],
  { fromEpoch: given }: Options,
): Promise<Prepared> {
  const version = wholeIn(versionText, "<version>");
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new UsageError(
      `<program-key>: not 32 bytes: ${key}`,
      "give 0x and 64 hexadecimal digits, as the prover's tool prints them",
    );
  }
  const multiplier = asFactor(factorText, "<multiplier>");
  if (given === undefined) {
    throw new UsageError("--from-epoch is missing", "give an epoch's number, or a date");
  }
  const epoch = epochIn(world, given, "--from-epoch");
  const { client, system, now } = world;
  const current = epochAt(system, now);
  const hint = `give ${current + 1} or later: no epoch that runs ever changes`;
  requireUse(world, epoch > current, `--from-epoch: epoch ${epoch} has begun`, hint);
  const [, keyHash] = await verifierOf(world, version);
  const programKey = key.toLowerCase() as Hex;
  const args = [keyHash, programKey, BigInt(epoch)] as const;
  const before = await client.readContract({ ...at(world), functionName: "multiplierAt", args });
  const what = `multiplier of program ${shortHash(programKey)} under verifier ${version}`;
  const when = fromEpoch(world, epoch);
  return {
    args: [version, programKey, multiplier, BigInt(epoch)],
    changes: [{ what, from: factor(before), to: factor(multiplier), when }],
  };
}

/** Field of the contract's struct, what it is called, how it is read and shown. */
type Parameters = Awaited<ReturnType<typeof parametersOf>>;
const parametersOf = (world: World) =>
  world.client.readContract({ ...at(world), functionName: "parameters" });

export async function setParameters(world: World, _: readonly string[], options: Options): Promise<Prepared> {
  const before = await parametersOf(world);
  const { symbol } = world.system;
  const inWei = options.wei === true;
  const part = (source: string) => (text: string) => asBps(text, source);
  const whole = (source: string) => (text: string) => wholeIn(text, source);
  const money = (source: string) => (text: string) => asTokens({ text, source }, inWei);
  const shown = {
    part: (value: bigint) => percent(Number(value)),
    whole: (value: bigint) => `${value}`,
    money: (value: bigint) => tokens(value, symbol),
  };
  const fields: readonly [
    keyof Parameters,
    string,
    string | undefined,
    (t: string) => bigint,
    (v: bigint) => string,
  ][] = [
    ["protocolFeeBps", "protocol fee", options.protocolFee, part("--protocol-fee"), shown.part],
    ["lockBps", "least lock, of the fee offered", options.lock, part("--lock"), shown.part],
    [
      ...(["maxStakeMultiple", "most stake to ask for, in fees", options.maxStakeMultiple] as const),
      ...([whole("--max-stake-multiple"), shown.whole] as const),
    ],
    ["minFee", "least fee", options.minFee, money("--min-fee"), shown.money],
    ["bond", "bond of a sealed bid", options.bond, money("--bond"), shown.money],
    [
      ...(["maxOpenAssignments", "open assignments of a prover", options.maxOpen] as const),
      ...([whole("--max-open"), shown.whole] as const),
    ],
  ];
  const next: Parameters = { ...before };
  const changes: Change[] = [];
  for (const [field, what, text, read, show] of fields) {
    if (text === undefined) continue;
    next[field] = read(text);
    if (next[field] === before[field]) continue;
    const when = "for requests made from now on; those that exist keep theirs";
    changes.push({ what, from: show(before[field]), to: show(next[field]), when });
  }
  const hint = "give a parameter with another value; see --help";
  requireUse(world, changes.length > 0, "nothing would change", hint);
  return { args: [next], changes };
}
