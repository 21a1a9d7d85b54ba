// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BOUNDS } from "../../../service/deploy/bounds.ts";
import { readDeployConfig } from "../../../service/deploy/config.ts";
import { withField } from "../helpers/with-field.ts";

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
const EXAMPLE = read("script/deploy.example.json");
const DEVELOPMENT_WORDS: string[] = JSON.parse(read("script/devzk/artifacts/verifying-key.json")).words;
const PLACE = { chainId: 31_337n, timestamp: 1_800_000_000n };

/** The example with `value` at a dotted path, or without that field. */
const edited = (path: string, value: unknown) => withField(EXAMPLE, path, value);

const reading =
  (config: unknown, place = PLACE) =>
  () =>
    readDeployConfig(JSON.stringify(config), place);
const told = (message: string) => expect.objectContaining({ message: `deploy config: ${message}` });

const AT = {
  owner: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  guardian: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  publisher: "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
  auditor: "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
  zero: `0x${"0".repeat(40)}`,
} as const;
const SOMEONE = [`0x${"0".repeat(39)}1`];

it("a config becomes what the constructors are given", () => {
  const { registry, market, distributor, verifiers, token, timelock } = reading(JSON.parse(EXAMPLE))();
  expect({ token, timelock }).toEqual({ token: undefined, timelock: undefined });
  expect(registry).toMatchObject({
    owner: AT.owner.toLowerCase(),
    vestingPeriod: 604_800n,
    minSelfStake: 10n ** 21n,
  });
  expect(market).toMatchObject({
    clockStart: PLACE.timestamp,
    epochLength: 604_800n,
    parameters: { bond: 10n ** 18n },
  });
  expect(market.programs).toMatchObject([{ verifierVersion: 1n, multiplierBps: 10_000n }]);
  expect(distributor).toMatchObject({ quorum: 1n, allowZeroQuorum: false, budget: 10n ** 23n });
  expect(Buffer.from(distributor.policy.slice(2), "hex").toString()).toBe(
    JSON.parse(EXAMPLE).distributor.policy,
  );
  expect(verifiers[0]?.words).toHaveLength(20);
});

describe("a config is refused by the name of the field:", () => {
  it.each<[string, unknown, string]>([
    ["schema", "provender.deploy/2", "schema: is not provender.deploy/1"],
    ["chainId", undefined, "chainId: is missing"],
    ["chainId", 1, "chainId: 1, but this chain's is 31337"],
    ["chainID", 1, "chainID: is not a known field"],
    ["registry.vestingPeriod", undefined, "registry.vestingPeriod: is missing"],
    ["registry.vesting", 1, "registry.vesting: is not a known field"],
    ["registry", [], "registry: is not a JSON object"],
    ["token", AT.zero, "token: is the zero address"],
    ["token", "development", "token: is not an address"],
    [
      "token",
      AT.owner.replace("C8", "c8"),
      "token: has a wrong checksum: copy it again, or write it in lower case",
    ],
    ["roles.owner", AT.zero, "roles.owner: is the zero address"],
    ["roles.owner", "me", "roles.owner: is not an address"],
    ["roles.guardian", AT.owner, "roles.guardian: is the owner"],
    ["roles.publisher", AT.owner, "roles.publisher: is the owner"],
    ["roles.publisher", AT.guardian, "roles.publisher: is the guardian"],
    ["roles.auditors", [AT.publisher], "roles.auditors[0]: is the publisher"],
    ["roles.auditors", [AT.auditor, AT.auditor.toLowerCase()], "roles.auditors[1]: is there twice"],
    ["roles.auditors", [AT.auditor, AT.zero], "roles.auditors[1]: is the zero address"],
    ["roles.auditors", ["x", 1], "roles.auditors: is not a list of addresses"],
    [
      "roles.auditors",
      Array.from({ length: 65 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "0")}`),
      "roles.auditors: has more than 64 entries",
    ],
    ["roles.owner", "timelock", "timelock: is missing, but roles.owner names it"],
    ["timelock", {}, 'roles.owner: must be "timelock", since there is one'],
    [
      "market.epochLength",
      "a week",
      "market.epochLength: is not a whole number (give large ones as decimal strings)",
    ],
    ["market.minFee", 1e21, "market.minFee: is not a whole number (give large ones as decimal strings)"],
    ["market.bond", "1000000000000000001", "market.bond: is not a multiple of 1000000000 (one gwei)"],
    ["market.clockStart", 1_800_000_001, "market.clockStart: is in the future"],
    [
      "market.clockStart",
      1_799_395_200,
      "market.clockStart: is an epoch ago or more: epoch 0 has to run at deployment",
    ],
    [
      "distributor.challengeWindow",
      151_201,
      "distributor.challengeWindow: 151201 is above 151200, a quarter of market.epochLength",
    ],
    [
      "registry.commissionNotice",
      691_199,
      "registry.commissionNotice: 691199 is below 691200, market.epochLength plus distributor.challengeWindow",
    ],
    [
      "registry.vestingPeriod",
      151_199,
      "registry.vestingPeriod: 151199 is below 151200, a quarter of market.epochLength: whoever comes just before a reward would take it along",
    ],
    [
      "registry.unbondingDelay",
      86_400,
      "market.expiryGrace: is not below registry.unbondingDelay: no request could ever be made",
    ],
    ["distributor.quorum", 3, "distributor.quorum: is more than there are roles.auditors"],
    ["distributor.quorum", 0, "distributor.quorum: is 0, but distributor.allowZeroQuorum is false"],
    ["distributor.allowZeroQuorum", "no", "distributor.allowZeroQuorum: is neither true nor false"],
    ["distributor.policy", 1, "distributor.policy: is not a string"],
    ["verifiers", [], "verifiers (entries): 0 is not within 1 to 255"],
    ["verifiers", {}, "verifiers: is not a list"],
    ["verifiers.0.name", "Pico V1", "verifiers[0].name: is not 1 to 64 of a-z 0-9 . -"],
    ["verifiers.0.words", ["0x01"], "verifiers[0].words: is not a list of words of 32 bytes each"],
    ["verifiers.0.words", [`0x${"0".repeat(64)}`], "verifiers[0].words: does not have 20 entries"],
    ["programs.0.verifier", "sp1", "programs[0].verifier: is the name of no verifier"],
    ["programs.0.programKey", "0x01", "programs[0].programKey: is not 32 bytes of hexadecimal digits"],
    [
      "programs.0.programKey",
      `0x${"f".repeat(64)}`,
      "programs[0].programKey: is not below the scalar field's order: no zk proof can be about it",
    ],
    ["programs.0.multiplierBps", 1_000_001, "programs[0].multiplierBps: 1000001 is not within 0 to 1000000"],
  ])("%s %j", (path, value, message) => {
    expect(reading(edited(path, value))).toThrow(told(message));
  });

  it("what is there twice", () => {
    const { programs, verifiers } = JSON.parse(EXAMPLE);
    expect(reading(edited("programs", [...programs, ...programs]))).toThrow(
      told("programs[1]: is there twice"),
    );
    expect(reading(edited("verifiers", [...verifiers, ...verifiers]))).toThrow(
      told("verifiers[1].name: is there twice"),
    );
  });

  it("what is no JSON object", () => {
    expect(() => readDeployConfig("[]", PLACE)).toThrow(told("the file: is not a JSON object"));
    expect(() => readDeployConfig("{", PLACE)).toThrow(/^deploy config: the file: is not JSON: /);
  });

  it.each([
    ["minDelay", 59, "timelock.minDelay: 59 is not within 60 to 5184000"],
    ["proposers", [], "timelock.proposers: is empty: nobody could act"],
    ["executors", [], "timelock.executors: is empty: nobody could act"],
  ])("a timelock that nobody can use: %s %j", (name, value, message) => {
    const timelock = { minDelay: 60, proposers: SOMEONE, executors: SOMEONE, [name]: value };
    const config = { ...edited("roles.owner", "timelock"), timelock };
    expect(reading(config)).toThrow(told(message));
  });

  it('the token "dev" on any chain but the local one', () => {
    const place = { ...PLACE, chainId: 1n };
    expect(reading(edited("chainId", 1), place)).toThrow(told('token: "dev" is only for chain 31337'));
  });

  it.each(Object.entries(BOUNDS).filter(([name]) => !name.startsWith("timelock")))(
    "%s outside its bounds, but not at them",
    (name, [min, max]) => {
      const range = `is not within ${min} to ${max}`;
      for (const value of [min - 1n, max + 1n].filter((bound) => bound >= 0n)) {
        expect(reading(edited(name, String(value)))).toThrow(told(`${name}: ${value} ${range}`));
      }
      for (const value of [min, max]) {
        // Other fields may not fit it.
        try {
          reading(edited(name, String(value)))();
        } catch (error) {
          expect(String(error)).not.toContain("is not within");
        }
      }
    },
  );
});

it("a timelock takes the owner's place", () => {
  const timelock = { minDelay: 86_400, proposers: SOMEONE, executors: SOMEONE };
  const config = reading({ ...edited("roles.owner", "timelock"), timelock })();
  expect(config.timelock).toEqual({ minDelay: 86_400n, proposers: SOMEONE, executors: SOMEONE });
  expect(config.registry.owner).toBeUndefined();
});

it("a clock may have started less than an epoch ago", () => {
  expect(reading(edited("market.clockStart", 1_799_395_201))().market.clockStart).toBe(1_799_395_201n);
});

it("the development key is for local chains only", () => {
  const message =
    "verifiers[0].words: is the development key, whose setup had a single party: only for chains 31337 and 1337";
  for (const [chainId, words, allowed] of [
    [1, DEVELOPMENT_WORDS, false],
    [11_155_111, DEVELOPMENT_WORDS.map((word) => word.toUpperCase().replace("0X", "0x")), false],
    [1_337, DEVELOPMENT_WORDS, true],
    [1, JSON.parse(EXAMPLE).verifiers[0].words, true],
  ] as const) {
    const config = { ...edited("verifiers.0.words", words), chainId, token: AT.auditor };
    const act = reading(config, { ...PLACE, chainId: BigInt(chainId) });
    if (allowed) expect(act).not.toThrow();
    else expect(act).toThrow(told(message));
  }
});
