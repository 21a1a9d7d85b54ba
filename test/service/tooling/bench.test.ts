// SPDX-License-Identifier: AGPL-3.0-only
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { figure, median } from "../../../script/bench/figures.ts";
import { writePlots } from "../../../script/bench/plots.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { RUN } from "../helpers/run.ts";

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [RUN, "script/bench/main.ts", ...args], { encoding: "utf8" });

/** What a topic prints for programs: one object a line. */
function figuresOf(...args: string[]) {
  const { status, stdout, stderr } = bench(...args, "--runs", "1", "--json");
  expect(status, stderr).toBe(0);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("npm run bench", () => {
  it("prints one JSON object a line, ours beside each peer's, and nothing else on stdout", () => {
    const figures = figuresOf("tree", "--size", "7");
    for (const { value, peerValue, ratio } of figures) {
      expect(value).toBeGreaterThan(0);
      expect(ratio / (peerValue / value)).toBeCloseTo(1, 1);
    }
    const peers = ["merkletreejs + hash-wasm", "merkletreejs + keccak256", "@openzeppelin/merkle-tree"];
    const of = (name: string) => figures.filter((figure) => figure.name === name);
    for (const name of ["tree-7", "tree-7-peak", "tree-7-proofs"]) {
      expect(of(name).map(({ peer }) => peer)).toEqual(peers);
    }
    expect(Object.keys(figures[0])).toEqual(["name", "value", "unit", "peer", "peerValue", "ratio"]);
  }, 60_000);

  it("audits an epoch of a chain that it makes for it", () => {
    const figures = figuresOf("audit", "--size", "40");
    const names = [
      ...["audit-40", "audit-40-requests", "audit-40-calls", "audit-40-proven", "audit-40-proven-times"],
      ...["audit-40-proven-requests", "audit-40-proven-calls", "audit-40-proofs", "audit-40-proofs-modelled"],
    ];
    expect(figures.map(({ name }) => name)).toEqual(names);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  }, 300_000);

  it("audits all epochs of a history that it generates", () => {
    const figures = figuresOf("audit-growth", "--size", "500");
    const names = ["audit-growth-500", "audit-growth-500-peak", "audit-growth-500-each"];
    expect(figures.map(({ name }) => name)).toEqual(names);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  }, 120_000);

  it("starts a server as it is run, and measures it", () => {
    const figures = figuresOf("ready", "--size", "1");
    expect(figures.map(({ name }) => name)).toEqual(["ready-1x10000", "ready-1x10000-memory"]);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  }, 180_000);

  it("reads fulfilments through JSON-RPC, as many as the endpoint has", () => {
    const figures = figuresOf("ingest-rpc", "--size", "100");
    const names = ["ingest-rpc-100", "ingest-rpc-100", "ingest-rpc-100-memory"];
    expect(figures.map(({ name }) => name)).toEqual(names);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  }, 120_000);

  it.each([
    [["trees"], /'trees' is invalid.* choices are tree/],
    [["--size", "0"], /--size .*'0' is invalid. Give a number from 1/],
    [["--size", "7,1e9"], /--size .*1e9/],
    [["--runs", "x"], /--runs .*'x' is invalid. Give a number from 1/],
    [["--fast"], /unknown option '--fast'/],
  ])("refuses %j in a line", (args, message) => {
    const { status, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  it("says which topics and options there are", () => {
    const { status, stdout } = bench("--help");
    expect(status).toBe(0);
    for (const said of ["tree", "growth", "--full", "--size", "--runs", "--json", "--plots"])
      expect(stdout).toMatch(new RegExp(`^  ${said}\\b`, "m"));
  });
});

describe("plots", () => {
  const at = (size: number, value: number) =>
    figure({ name: `tree-${size}`, unit: "s", value, peer: "<b>", peerValue: 9 * value, better: "less" });

  it("show ours and each peer's at every size, and nothing of what has one size only", () => {
    const folder = temporaryFolder();
    const alone = { ...at(1_000, 5), name: "proofs-1000" };
    const paths = writePlots([at(1_000, 0.02), at(100_000, 0.4), at(1_000_000, 3), alone], folder);
    expect(paths).toEqual([`${folder}/tree.svg`]);
    const svg = readFileSync(`${folder}/tree.svg`, "utf8");
    expect(svg).toContain(">provender</text>");
    expect(svg).toContain(">&lt;b&gt;</text>");
    for (const tick of ["1 k", "10 k", "100 k", "1 M"]) expect(svg).toContain(`>${tick}</text>`);
    expect(svg).not.toContain("NaN");
  });
});

describe("a figure", () => {
  const both = { name: "a", unit: "s", value: 2, peer: "b", peerValue: 8 };

  it("is so many times better than its peer's, and meets its bar or not", () => {
    expect(figure({ ...both, better: "less" }).ratio).toBe(4);
    expect(figure({ ...both, better: "more" }).ratio).toBe(0.25);
    expect(figure({ ...both, better: "less", atLeast: 4 })).toMatchObject({ bar: "≥ 4 ×", met: true });
    expect(figure({ ...both, better: "less", atLeast: 4.1 })).toMatchObject({ met: false });
  });

  it("alone has a bar of its own", () => {
    const { name, unit, value } = both;
    expect(figure({ name, unit, value, atMost: 2 })).toMatchObject({ bar: "≤ 2", met: true });
    expect(figure({ name, unit, value, atMost: 1 })).toMatchObject({ met: false });
    expect(figure({ name, unit, value, atLeast: 3 })).toMatchObject({ bar: "≥ 3", met: false });
    expect(figure({ name, unit, value }).met).toBeUndefined();
  });

  it("is the median, not the mean", () => {
    expect(median([9, 1, 2])).toBe(2);
  });
});
