// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, it } from "vitest";
import {
  artifactOf,
  datasetHash,
  decodeArtifact,
  encodeArtifact,
  epochInputOf,
} from "../../../service/core/artifact.ts";
import { encodeCanonical, type Json } from "../../../service/core/canonical.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import { InputError } from "../../../service/core/errors.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { EpochInput, Hex } from "../../../service/core/types.ts";
import { refusalOf } from "../helpers/refusal.ts";
import { epochVector, epochVectors, readVectors } from "./vectors.ts";

beforeAll(initKeccak);

const encode = (input: EpochInput) => encodeArtifact(artifactOf(computeEpoch(input)));

describe("an artifact is read back as the epoch that was worked by hand:", () => {
  it.each(epochVectors.map((vector) => [vector.name, vector] as const))("%s", (_, { input, expected }) => {
    const bytes = encode(input);
    expect(datasetHash(bytes)).toBe(expected.datasetHash);
    const artifact = decodeArtifact(bytes);
    expect(encodeArtifact(artifact)).toEqual(bytes);
    expect(encode(epochInputOf(artifact))).toEqual(bytes);
  });
});

describe("an artifact has the bytes of the vector:", () => {
  const { artifacts } = readVectors<{ artifacts: { name: string; canonical: string; datasetHash: Hex }[] }>(
    "artifacts",
  );
  it.each(artifacts.map((artifact) => [artifact.name, artifact] as const))("%s", (name, artifact) => {
    const bytes = encode(epochVector(name).input);
    expect(new TextDecoder().decode(bytes)).toBe(artifact.canonical);
    expect(datasetHash(bytes)).toBe(artifact.datasetHash);
  });
});

it("the order of provers, misses and leaves changes no byte", () => {
  const { input } = epochVector(
    "a second epoch continues cumulative amounts, and a prover who earns nothing keeps its leaf",
  );
  const backwards = {
    ...input,
    provers: input.provers.toReversed(),
    misses: input.misses.toReversed(),
    previous: { ...input.previous, leaves: input.previous.leaves.toReversed() },
  };
  expect(datasetHash(encode(backwards))).toBe(datasetHash(encode(input)));
});

describe("an artifact edited by hand", () => {
  const name = "a second epoch continues cumulative amounts, and a prover who earns nothing keeps its leaf";
  type Editable = { rows: Record<string, unknown>[]; [key: string]: unknown };
  const edited = (edit: (json: Editable) => void): Uint8Array => {
    const json = JSON.parse(new TextDecoder().decode(encode(epochVector(name).input)));
    edit(json);
    return encodeCanonical(json as Json);
  };
  const set = (path: string, value: unknown) =>
    edited((json) => {
      const keys = path.split(".");
      const last = keys.pop() as string;
      const target = keys.reduce(
        (at, key) => at[key] as Record<string, unknown>,
        json as Record<string, unknown>,
      );
      target[last] = value;
    });
  const cases: [string, () => Uint8Array, string][] = [
    ["a wei more for one prover", () => set("rows.1.amount", "501"), "previous.leaves"],
    [
      "a wei more for one prover, in its cumulative amount too",
      () => {
        return edited((json) => {
          Object.assign(json.rows[1] as object, { amount: "501", cumulative: "751" });
        });
      },
      "artifact.added",
    ],
    ["another sum", () => set("added", "1101"), "artifact.added"],
    ["another total", () => set("total", "1851"), "artifact.total"],
    ["another previous total", () => set("previousTotal", "751"), "artifact.total"],
    ["a previous total below its leaves", () => set("previousTotal", "749"), "previous.total"],
    ["another carry", () => set("carryOut", "151"), "artifact.carryOut"],
    ["another rest", () => set("dropped", "1"), "artifact.dropped"],
    ["another root", () => set("root", `0x${"12".repeat(32)}`), "artifact.root"],
    ["another previous root", () => set("previousRoot", `0x${"12".repeat(32)}`), "previous.leaves"],
    ["another policy", () => set("policy.params.capNumerator", "2"), "artifact.policyHash"],
    ["a budget that the amounts exceed", () => set("budget", "800"), "artifact.added"],
    ["another distributor", () => set("distributor", `0x${"12".repeat(20)}`), "previous.leaves"],
    ["a row left out", () => edited((json) => json.rows.splice(1, 1)), "fulfilments.count"],
    ["rows out of order", () => edited((json) => json.rows.reverse()), "artifact.rows"],
    ["a miss taken away", () => set("misses", []), "misses"],
    ["a fulfilment taken away", () => set("fulfilments.count", 1), "fulfilments.count"],
    ["an unknown key", () => set("note", "hello"), "artifact.note"],
    ["a key taken away", () => edited((json) => delete json.budget), "artifact.budget"],
    ["an unknown limit", () => set("rows.0.limitedBy", "luck"), "artifact.rows[0].limitedBy"],
    ["a number where money belongs", () => set("rows.0.work", 0), "artifact.rows[0].work"],
    ["money with a leading zero", () => set("rows.0.work", "00"), "artifact.rows[0].work"],
    ["an address in upper case", () => set("rows.0.vault", `0x${"AB".repeat(20)}`), "artifact"],
    [
      "more commission than the prover ever had",
      () => set("rows.1.commission", "34"),
      "artifact.rows[1].cumulativeCommission",
    ],
    [
      "commission from an epoch that paid nothing",
      () => set("rows.2.cumulativeCommission", "1"),
      "artifact.rows[2].cumulativeCommission",
    ],
    ["another schema", () => set("schema", "provender.artifact/2"), "artifact.schema"],
    ["another spec version", () => set("specVersion", 1), "artifact.specVersion"],
  ];
  it.each(cases)("%s is refused", (_, make, field) => {
    let caught: unknown;
    try {
      decodeArtifact(make());
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InputError);
    expect((caught as InputError).field).toBe(field);
  });

  it.each([
    ...["window", "window.start", "window.end", "snapshot", "snapshot.number", "snapshot.hash"],
    ...["fulfilments", "fulfilments.count", "fulfilments.accumulator", "chainId", "distributor", "epoch"],
    ...["policyHash", "budget", "carryIn", "carryOut", "dropped", "added", "total", "previousRoot"],
    ...["previousTotal", "claimedAt", "root", "misses", "misses.0", "misses.0.prover", "rows", "rows.0"],
    ...["misses.0.deadlineEpoch", "misses.0.requestId", "rows.1.prover", "rows.1.vault", "rows.1.amount"],
    ...["rows.1.commission", "rows.1.commissionBps", "rows.1.cumulative", "rows.1.cumulativeCommission"],
    ...["rows.1.fees", "rows.1.fulfilments", "rows.1.misses", "rows.1.protocolFees", "rows.1.stake"],
  ])("nonsense in place of %s is refused", (path) => {
    const field = `artifact.${path}`.replace(/\.(\d)/g, "[$1]");
    expect(refusalOf(() => decodeArtifact(set(path, "nonsense")))).toMatchObject({ field, code: "invalid" });
  });

  const HINT = "the file was edited or made by other software: fetch it again by its dataset hash";
  const VERSION = "not 2, the version of the specification that this release reads";
  const ANEW = "read it with the release that made it, or make it anew with `provender sync`";
  const LIMITS = "write one of none, stake, fee-match, min-stake, excluded";
  it.each([
    [
      "schema",
      "provender.artifact/2",
      "invalid",
      "another schema",
      "this release reads provender.artifact/1",
    ],
    ["specVersion", 1, "invalid", VERSION, ANEW],
    ["rows.0.limitedBy", "luck", "invalid", "unknown limit", LIMITS],
    ["added", "1101", "mismatch", "states 1101, its rows give 1100", HINT],
    ["budget", "800", "mismatch", "1100 is above budget and carry, 1050", HINT],
    [
      "rows.1.commission",
      "34",
      "out-of-range",
      "leaves a commission of -1 for earlier epochs, which paid 250",
      HINT,
    ],
  ])("of %s made %s says what is wrong", (path, value, code, message, hint) => {
    expect(refusalOf(() => decodeArtifact(set(path, value)))).toMatchObject({ code, message, hint });
  });

  it("lists out of order are refused, with the order that they should have", () => {
    const rows = refusalOf(() => decodeArtifact(edited((json) => json.rows.reverse())));
    expect(rows).toEqual({
      code: "not-canonical",
      field: "artifact.rows",
      message: "out of order",
      hint: "sort them by address",
    });
    const misses = edited((json) => {
      const [miss] = json.misses as Record<string, unknown>[];
      json.misses = [{ ...miss, requestId: `0x${"22".repeat(32)}` }, miss];
      for (const row of json.rows) if (row.prover === miss?.prover) row.misses = 2;
    });
    expect(refusalOf(() => decodeArtifact(misses))).toMatchObject({
      field: "artifact.misses",
      hint: "sort them by deadline epoch, then request id",
    });
  });

  it("spaces, line ends and a second copy of a key are refused", () => {
    const text = new TextDecoder().decode(encode(epochVector(name).input));
    const refuse = (other: string) =>
      expect(() => decodeArtifact(new TextEncoder().encode(other))).toThrow(/canonical form|not JSON/);
    refuse(`${text}\n`);
    refuse(text.replace(",", ", "));
    refuse(text.replace("{", '{"added":"1100",'));
    refuse(text.slice(0, -1));
    refuse(`\uFEFF${text}`);
  });
});
