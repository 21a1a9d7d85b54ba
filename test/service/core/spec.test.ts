// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync } from "node:fs";
import { type AbiEvent, toEventSelector } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import {
  iProofMarketAbi,
  iProverRegistryAbi,
  iProverVaultAbi,
  iRewardDistributorAbi,
} from "../../../service/chain/abi.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { encodePolicy, policyHash } from "../../../service/core/policy.ts";
import { epochVector } from "./vectors.ts";

beforeAll(initKeccak);

const spec = readFileSync(new URL("../../../service/SPEC.md", import.meta.url), "utf8");
const contracts = {
  registry: iProverRegistryAbi,
  "each vault": iProverVaultAbi,
  market: iProofMarketAbi,
  distributor: iRewardDistributorAbi,
};

describe("the specification's table of logs is the contracts'", () => {
  const rows = [...spec.matchAll(/^\| ([a-z ]+) \| `(\w+)\((.*)\)` \| `(0x[0-9a-f]{64})` \|$/gm)].map(
    ([, from = "", name = "", parameters = "", topic = ""]) => ({ from, name, parameters, topic }),
  );
  it("lists nine events", () => {
    expect(rows).toHaveLength(9);
  });
  it.each(rows.map((row) => [row.name, row] as const))("%s", (_, { from, name, parameters, topic }) => {
    const abi = contracts[from as keyof typeof contracts] as readonly { type: string; name?: string }[];
    const event = abi.find((item) => item.type === "event" && item.name === name) as AbiEvent;
    const inputs = event.inputs.map(({ type, name, indexed }) => `${type} ${name}${indexed ? "*" : ""}`);
    expect(parameters).toBe(inputs.join(", "));
    expect(topic).toBe(toEventSelector(event));
  });
});

it("the specification's example is its vector, down to the hashes", () => {
  const { input, expected } = epochVector("capped: one prover takes the whole budget");
  const [row] = expected.rows;
  const bytes = encodePolicy(input.policy);
  const table = spec.slice(spec.indexOf("### 12.1"), spec.indexOf("## 13."));
  for (const stated of [
    `of the ${bytes.length} bytes \`${new TextDecoder().decode(bytes)}\``,
    `\`${policyHash(input.policy)}\``,
    `\`${domainOf(input.chainId, input.distributor)}\``,
    `prover \`${row?.prover}\` with ${row?.amount} earned, ${row?.commission} of it commission`,
    `\`${expected.root}\``,
    `\`${expected.datasetHash}\``,
  ]) {
    expect(table).toContain(stated);
  }
});

it("the specification names every file of vectors", () => {
  const folder = new URL("../../fixtures/vectors/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".json"),
  );
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect(spec).toContain(`\`${file.replace(/^chains\W/, "")}\``);
});
