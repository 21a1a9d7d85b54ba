// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { newMetrics } from "../../../service/http/metrics.ts";

const OPS = fileURLToPath(new URL("../../../service/ops/", import.meta.url));
const isInstalled = (command: string) => spawnSync(command, ["--version"]).error === undefined;

it.each(["alerts.yml", "alerts.test.yml", "dashboard.json"])(
  "%s names only metrics that a server has",
  async (file) => {
    const names = new Set(readFileSync(`${OPS}${file}`, "utf8").match(/\bprovender_[a-z_]+/g));
    expect(names.size).toBeGreaterThan(8);
    // What is measured has its help there before its first value.
    const known = new Set((await newMetrics().registry.metrics()).match(/(?<=^# HELP )\S+/gm));
    const unknown = [...names].filter((name) => !known.has(name.replace(/_(bucket|count|sum)$/, "")));
    expect(unknown).toEqual([]);
  },
);

it("every alert is one that the tests fire, or that counts events over a time", () => {
  const alerts = readFileSync(`${OPS}alerts.yml`, "utf8");
  const tests = readFileSync(`${OPS}alerts.test.yml`, "utf8");
  const rules = [...alerts.matchAll(/alert: (\S+)\n\s+expr: (.+)/g)].map(([, name = "", expr = ""]) => ({
    name,
    expr,
  }));
  expect(rules.length).toBeGreaterThan(10);
  const untested = rules.filter(({ name, expr }) => !tests.includes(name) && !/increase|rate/.test(expr));
  expect(untested).toEqual([]);
});

it.runIf(isInstalled("promtool"))("promtool takes the rules, and they fire when they should", () => {
  const run = (...args: string[]) => execFileSync("promtool", args, { cwd: OPS, encoding: "utf8" });
  expect(run("check", "rules", "alerts.yml")).toContain("SUCCESS");
  expect(run("test", "rules", "alerts.test.yml")).toContain("SUCCESS");
});

it.runIf(isInstalled("systemd-analyze"))("systemd takes the unit", () => {
  const args = ["verify", "--recursive-errors=one", `${OPS}provender.service`];
  const { status, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});
