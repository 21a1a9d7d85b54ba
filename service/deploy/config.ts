// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, bytesToHex, concat, type Hex, keccak256 } from "viem";
import { policyFault } from "../core/policy.ts";
import {
  BOND_UNIT,
  BOUNDS,
  MAX_AUDITORS,
  MULTIPLIER_BOUNDS,
  SCALAR_FIELD_ORDER,
  VERIFIER_COUNT,
  VESTING_DIVISOR,
  WINDOW_DIVISOR,
} from "./bounds.ts";
import {
  asAddress,
  asAddresses,
  asBool,
  asFields,
  asList,
  asText,
  asWhole,
  asWord,
  DeployConfigError,
  inRange,
  requireThat,
} from "./json-fields.ts";

const SCHEMA = "provender.deploy/1";
const ADAPTER_SCHEMA = "provender.deploy-adapter/1";
const LOCAL_CHAIN = 31_337n;
/** Whoever set up the development key can forge zk proofs under it. */
const DEVELOPMENT_KEY: Hex = "0x3fe862c554c7e08714a486bb4312e0b70f65c0ebcd6102cd0565d762978a593d";
const DEVELOPMENT_CHAINS: readonly bigint[] = [1_337n, LOCAL_CHAIN];

/** Where a config is to be deployed. */
export interface Place {
  readonly chainId: bigint;
  /** Of the latest block, in seconds. */
  readonly timestamp: bigint;
}

/** A verifying key by name: the 20 words of Groth16Verifier. */
interface VerifyingKey {
  readonly name: string;
  readonly words: readonly bigint[];
}

interface TimelockConfig {
  readonly minDelay: bigint;
  readonly proposers: readonly Address[];
  readonly executors: readonly Address[];
}

/** What the distributor is given, but for registry and market. */
interface DistributorConfig {
  readonly publisher: Address;
  readonly auditors: readonly Address[];
  readonly challengeWindow: bigint;
  readonly quorum: bigint;
  readonly allowZeroQuorum: boolean;
  readonly budget: bigint;
  /** The bytes of its canonical JSON. */
  readonly policy: Hex;
}

/** Whom and what the contracts are given, but for the addresses that deployment itself gives. Times in seconds, amounts in wei. */
export type AnyDeployConfig = DeployConfig | AdapterConfig;

/** A distributor beside a network whose contracts stand already. */
export interface AdapterConfig {
  readonly timelock: TimelockConfig | undefined;
  /** Without distributor; `owner` is undefined where it is the timelock. */
  readonly adapter: {
    readonly stakingController: Address;
    readonly owner: Address | undefined;
    readonly guardian: Address;
    readonly clockStart: bigint;
    readonly epochLength: bigint;
  };
  readonly distributor: DistributorConfig;
}

/** All contracts. */
export interface DeployConfig {
  /** Undefined: a token of our own, on the local chain. */
  readonly token: Address | undefined;
  readonly timelock: TimelockConfig | undefined;
  readonly verifiers: readonly VerifyingKey[];
  /** Without token, market and distributor; `owner` is undefined where it is the timelock. */
  readonly registry: {
    readonly owner: Address | undefined;
    readonly guardian: Address;
    readonly treasury: Address;
  } & Readonly<
    Record<
      "unbondingDelay" | "vestingPeriod" | "minSelfStake" | "maxCommissionBps" | "commissionNotice",
      bigint
    >
  >;
  /** Without registry and verifiers. */
  readonly market: {
    readonly clockStart: bigint;
    readonly epochLength: bigint;
    readonly expiryGrace: bigint;
    readonly parameters: Readonly<
      Record<
        "protocolFeeBps" | "lockBps" | "maxStakeMultiple" | "minFee" | "bond" | "maxOpenAssignments",
        bigint
      >
    >;
    readonly programs: readonly {
      readonly verifierVersion: bigint;
      readonly programKey: Hex;
      readonly multiplierBps: bigint;
    }[];
  };
  readonly distributor: DistributorConfig;
}

/**
 * Checks a config file whole, of all contracts or of an adapter, before anything is sent.
 * @throws DeployConfigError that names the field
 */
export function readAnyDeployConfig(text: string, place: Place): AnyDeployConfig {
  const json = parse(text);
  const isOfAdapter = typeof json === "object" && json !== null && "schema" in json;
  return isOfAdapter && json.schema === ADAPTER_SCHEMA
    ? readAdapterConfig(json, place)
    : readDeployConfig(text, place);
}

/** Whether a config is of an adapter. */
export const isAdapter = (config: AnyDeployConfig): config is AdapterConfig => "adapter" in config;

/**
 * The same, of all contracts.
 * @throws DeployConfigError that names the field
 */
export function readDeployConfig(text: string, place: Place): DeployConfig {
  const sections = ["token", "roles", "registry", "market", "verifiers", "programs", "distributor"] as const;
  const file = asFields(parse(text), "", ["schema", "chainId", ...sections], ["timelock"]);
  requireThat(asText(file.schema, "schema") === SCHEMA, "schema", `is not ${SCHEMA}`);
  checkChain(file.chainId, place);
  const token = readToken(file.token, place);
  const { timelock, roles, publisher, auditors } = readRoles(file.roles, file.timelock, ["treasury"]);
  const registry = { ...roles, ...readRegistry(file.registry) };
  const verifiers = readVerifiers(file.verifiers, place);
  const market = { ...readMarket(file.market, place), programs: readPrograms(file.programs, verifiers) };
  const distributor = { publisher, auditors, ...readDistributor(file.distributor, auditors.length) };
  const config = { token, timelock, verifiers, registry, market, distributor };
  checkTogether(config);
  return config;
}

function readAdapterConfig(json: unknown, place: Place): AdapterConfig {
  const sections = ["stakingController", "roles", "clock", "distributor"] as const;
  const file = asFields(json, "", ["schema", "chainId", ...sections], ["timelock"]);
  checkChain(file.chainId, place);
  const stakingController = asAddress(file.stakingController, "stakingController");
  const { timelock, roles, publisher, auditors } = readRoles(file.roles, file.timelock, []);
  const clock = asFields(file.clock, "clock", ["clockStart", "epochLength"]);
  const field = "clock.epochLength";
  const epochLength = inRange(asWhole(clock.epochLength, field), field, BOUNDS["market.epochLength"]);
  const clockStart = readClockStart(clock.clockStart, epochLength, place, "clock");
  const distributor = { publisher, auditors, ...readDistributor(file.distributor, auditors.length) };
  checkWindow(distributor.challengeWindow, epochLength, field);
  return { timelock, adapter: { stakingController, ...roles, clockStart, epochLength }, distributor };
}

function checkChain(value: unknown, place: Place): void {
  const chainId = asWhole(value, "chainId");
  requireThat(chainId === place.chainId, "chainId", `${chainId}, but this chain's is ${place.chainId}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DeployConfigError("the file", `is not JSON: ${(cause as Error).message}`);
  }
}

function readToken(value: unknown, { chainId }: Place): Address | undefined {
  if (value !== "dev") return asAddress(value, "token");
  requireThat(chainId === LOCAL_CHAIN, "token", `"dev" is only for chain ${LOCAL_CHAIN}`);
  return undefined;
}

function readRoles<Other extends string>(value: unknown, timelockValue: unknown, others: readonly Other[]) {
  const fields = asFields(value, "roles", ["owner", "guardian", "publisher", "auditors", ...others]);
  const ownedByTimelock = fields.owner === "timelock";
  if (timelockValue === undefined) {
    requireThat(!ownedByTimelock, "timelock", "is missing, but roles.owner names it");
  } else {
    requireThat(ownedByTimelock, "roles.owner", 'must be "timelock", since there is one');
  }
  const timelock = timelockValue === undefined ? undefined : readTimelock(timelockValue);
  const owner = timelock === undefined ? asAddress(fields.owner, "roles.owner") : undefined;
  const guardian = asAddress(fields.guardian, "roles.guardian");
  const publisher = asAddress(fields.publisher, "roles.publisher");
  const auditors = asAddresses(fields.auditors, "roles.auditors");
  // Whoever checks must not be whoever is checked.
  requireThat(guardian !== owner, "roles.guardian", "is the owner");
  requireThat(publisher !== owner, "roles.publisher", "is the owner");
  requireThat(publisher !== guardian, "roles.publisher", "is the guardian");
  requireThat(auditors.length <= MAX_AUDITORS, "roles.auditors", `has more than ${MAX_AUDITORS} entries`);
  const own = auditors.indexOf(publisher);
  requireThat(own < 0, `roles.auditors[${own}]`, "is the publisher");
  const rest = others.map((name) => [name, asAddress(fields[name], `roles.${name}`)]);
  const roles = { owner, guardian, ...(Object.fromEntries(rest) as Readonly<Record<Other, Address>>) };
  return { timelock, roles, publisher, auditors };
}

function readTimelock(value: unknown): TimelockConfig {
  const fields = asFields(value, "timelock", ["minDelay", "proposers", "executors"]);
  const minDelay = bounded(fields.minDelay, "timelock.minDelay");
  const people = (name: "proposers" | "executors") => {
    const list = asAddresses(fields[name], `timelock.${name}`);
    requireThat(list.length > 0, `timelock.${name}`, "is empty: nobody could act");
    return list;
  };
  return { minDelay, proposers: people("proposers"), executors: people("executors") };
}

function bounded(value: unknown, field: keyof typeof BOUNDS): bigint {
  return inRange(asWhole(value, field), field, BOUNDS[field]);
}

function readRegistry(value: unknown) {
  const names = [
    "unbondingDelay",
    "vestingPeriod",
    "minSelfStake",
    "maxCommissionBps",
    "commissionNotice",
  ] as const;
  const fields = asFields(value, "registry", names);
  return {
    unbondingDelay: bounded(fields.unbondingDelay, "registry.unbondingDelay"),
    vestingPeriod: bounded(fields.vestingPeriod, "registry.vestingPeriod"),
    minSelfStake: bounded(fields.minSelfStake, "registry.minSelfStake"),
    maxCommissionBps: bounded(fields.maxCommissionBps, "registry.maxCommissionBps"),
    commissionNotice: bounded(fields.commissionNotice, "registry.commissionNotice"),
  };
}

function readMarket(value: unknown, place: Place) {
  const times = ["clockStart", "epochLength", "expiryGrace"] as const;
  const amounts = [
    "protocolFeeBps",
    "lockBps",
    "maxStakeMultiple",
    "minFee",
    "bond",
    "maxOpenAssignments",
  ] as const;
  const fields = asFields(value, "market", [...times, ...amounts]);
  const epochLength = bounded(fields.epochLength, "market.epochLength");
  const bond = bounded(fields.bond, "market.bond");
  requireThat(bond % BOND_UNIT === 0n, "market.bond", `is not a multiple of ${BOND_UNIT} (one gwei)`);
  return {
    clockStart: readClockStart(fields.clockStart, epochLength, place, "market"),
    epochLength,
    expiryGrace: bounded(fields.expiryGrace, "market.expiryGrace"),
    parameters: {
      protocolFeeBps: bounded(fields.protocolFeeBps, "market.protocolFeeBps"),
      lockBps: bounded(fields.lockBps, "market.lockBps"),
      maxStakeMultiple: bounded(fields.maxStakeMultiple, "market.maxStakeMultiple"),
      minFee: bounded(fields.minFee, "market.minFee"),
      bond,
      maxOpenAssignments: bounded(fields.maxOpenAssignments, "market.maxOpenAssignments"),
    },
  };
}

function readClockStart(
  value: unknown,
  epochLength: bigint,
  { timestamp }: Place,
  section: "market" | "clock",
): bigint {
  const field = `${section}.clockStart`;
  if (value === "now") return timestamp;
  const clockStart = asWhole(value, field);
  requireThat(clockStart <= timestamp, field, "is in the future");
  requireThat(
    timestamp - clockStart < epochLength,
    field,
    "is an epoch ago or more: epoch 0 has to run at deployment",
  );
  return clockStart;
}

function readVerifiers(value: unknown, { chainId }: Place): VerifyingKey[] {
  const list = asList(value, "verifiers");
  inRange(BigInt(list.length), "verifiers (entries)", VERIFIER_COUNT);
  const keys: VerifyingKey[] = [];
  for (const [i, item] of list.entries()) {
    const field = `verifiers[${i}]`;
    const fields = asFields(item, field, ["name", "words"]);
    const name = asText(fields.name, `${field}.name`);
    // Names go into file names and commands.
    requireThat(/^[a-z0-9.-]{1,64}$/.test(name), `${field}.name`, "is not 1 to 64 of a-z 0-9 . -");
    requireThat(!keys.some((key) => key.name === name), `${field}.name`, "is there twice");
    keys.push({ name, words: readWords(fields.words, `${field}.words`, chainId) });
  }
  return keys;
}

function readWords(value: unknown, field: string, chainId: bigint): bigint[] {
  const isList = Array.isArray(value) && value.every((word) => /^0x[0-9a-fA-F]{64}$/.test(String(word)));
  requireThat(isList, field, "is not a list of words of 32 bytes each");
  requireThat(value.length === 20, field, "does not have 20 entries");
  requireThat(
    keccak256(concat(value as Hex[])) !== DEVELOPMENT_KEY || DEVELOPMENT_CHAINS.includes(chainId),
    field,
    "is the development key, whose setup had a single party: only for chains 31337 and 1337",
  );
  return value.map(BigInt);
}

function readPrograms(value: unknown, verifiers: readonly VerifyingKey[]) {
  const seen = new Set<string>();
  return asList(value, "programs").map((item, i) => {
    const field = `programs[${i}]`;
    const fields = asFields(item, field, ["verifier", "programKey", "multiplierBps"]);
    const index = verifiers.findIndex(({ name }) => name === fields.verifier);
    requireThat(index >= 0, `${field}.verifier`, "is the name of no verifier");
    const programKey = asWord(fields.programKey, `${field}.programKey`);
    requireThat(
      BigInt(programKey) < SCALAR_FIELD_ORDER,
      `${field}.programKey`,
      "is not below the scalar field's order: no zk proof can be about it",
    );
    requireThat(!seen.has(`${index} ${programKey}`), field, "is there twice");
    seen.add(`${index} ${programKey}`);
    const multiplier = `${field}.multiplierBps`;
    const multiplierBps = inRange(asWhole(fields.multiplierBps, multiplier), multiplier, MULTIPLIER_BOUNDS);
    return { verifierVersion: BigInt(index + 1), programKey, multiplierBps };
  });
}

function readDistributor(value: unknown, auditors: number) {
  const names = ["challengeWindow", "quorum", "allowZeroQuorum", "budget", "policy"] as const;
  const fields = asFields(value, "distributor", names);
  const quorum = asWhole(fields.quorum, "distributor.quorum");
  const allowZeroQuorum = asBool(fields.allowZeroQuorum, "distributor.allowZeroQuorum");
  requireThat(quorum <= auditors, "distributor.quorum", "is more than there are roles.auditors");
  requireThat(
    quorum !== 0n || allowZeroQuorum,
    "distributor.quorum",
    "is 0, but distributor.allowZeroQuorum is false",
  );
  return {
    challengeWindow: bounded(fields.challengeWindow, "distributor.challengeWindow"),
    quorum,
    allowZeroQuorum,
    budget: bounded(fields.budget, "distributor.budget"),
    policy: readPolicy(asText(fields.policy, "distributor.policy")),
  };
}

/** By the rules of `provender policy check`: one that nobody can run would stop the job at the end of epoch 0. */
function readPolicy(text: string): Hex {
  const bytes = new TextEncoder().encode(text);
  const fault = policyFault(bytes);
  if (fault !== undefined) {
    const hint = `${fault.hint}; \`provender policy check FILE\` says more, and nothing was sent`;
    throw new DeployConfigError("distributor.policy", fault.reason, hint);
  }
  return bytesToHex(bytes);
}

/** What no single field can get wrong. */
function checkTogether({ registry, market, distributor }: DeployConfig): void {
  const { epochLength, expiryGrace } = market;
  const { challengeWindow } = distributor;
  checkWindow(challengeWindow, epochLength, "market.epochLength");
  const leastNotice = epochLength + challengeWindow;
  requireThat(
    registry.commissionNotice >= leastNotice,
    "registry.commissionNotice",
    `${registry.commissionNotice} is below ${leastNotice}, market.epochLength plus distributor.challengeWindow`,
  );
  const leastVesting = epochLength / VESTING_DIVISOR;
  requireThat(
    registry.vestingPeriod >= leastVesting,
    "registry.vestingPeriod",
    `${registry.vestingPeriod} is below ${leastVesting}, a quarter of market.epochLength: whoever comes just before a reward would take it along`,
  );
  requireThat(
    expiryGrace < registry.unbondingDelay,
    "market.expiryGrace",
    "is not below registry.unbondingDelay: no request could ever be made",
  );
}

function checkWindow(challengeWindow: bigint, epochLength: bigint, lengthField: string): void {
  const longest = epochLength / WINDOW_DIVISOR;
  requireThat(
    challengeWindow <= longest,
    "distributor.challengeWindow",
    `${challengeWindow} is above ${longest}, a quarter of ${lengthField}`,
  );
}
