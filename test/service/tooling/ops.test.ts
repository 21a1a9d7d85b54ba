// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { newMetrics } from "../../../service/http/metrics.ts";
import { temporaryFolder } from "../helpers/folder.ts";

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

describe.runIf(isInstalled("systemd-analyze"))("systemd takes the unit", () => {
  const taken = (unit: string) => {
    const args = ["verify", "--recursive-errors=one", unit];
    const { status, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    return [status, stderr];
  };

  it("by itself", () => expect(taken(`${OPS}provender.service`)).toEqual([0, ""]));

  it("with the key and the work that its drop-in adds, and not with a fault in that", () => {
    const folder = temporaryFolder();
    const unit = join(folder, "provender.service");
    copyFileSync(`${OPS}provender.service`, unit);
    mkdirSync(`${unit}.d`);
    const dropIn = readFileSync(`${OPS}provender-job.conf`, "utf8");
    writeFileSync(`${unit}.d/provender-job.conf`, dropIn);
    expect(taken(unit)).toEqual([0, ""]);
    writeFileSync(`${unit}.d/provender-job.conf`, dropIn.replace("LoadCredential=", "LoadCredentials="));
    expect(taken(unit)[1]).toContain("LoadCredentials");
  });

  it("which has the program sign with what systemd hands it", () => {
    const dropIn = readFileSync(`${OPS}provender-job.conf`, "utf8");
    const handed = [...dropIn.matchAll(/^LoadCredential=(\w+):(\S+)$/gm)].map(([, name, path]) => [
      name,
      path,
    ]);
    // What its head has root write is what is handed over.
    for (const [, path = ""] of handed) expect(dropIn.split("[Service]")[0]).toContain(path);
    const variables = [...dropIn.matchAll(/(PROVENDER_\w+)=%d\/(\w+)/g)].map(([, name, file]) => [
      name,
      file,
    ]);
    expect(variables).toEqual([
      ["PROVENDER_KEYSTORE", "keystore"],
      ["PROVENDER_PASSWORD_FILE", "password"],
    ]);
    expect(handed.map(([name]) => name)).toEqual(variables.map(([, file]) => file));
  });
});

it("every metric that a rule or a panel names is there from the first scrape on, or with the chain's first answer", async () => {
  const metrics = newMetrics();
  metrics.endpoints(["one.example"]);
  const shown = await metrics.registry.metrics();
  const expressions =
    readFileSync(`${OPS}alerts.yml`, "utf8")
      .match(/(?<=expr: ).+/g)
      ?.join("\n") ?? "";
  const counted = new Set(expressions.match(/\bprovender_\w+_(?:total|bucket|count)\b/g));
  expect(counted.size).toBeGreaterThan(4);
  for (const name of counted) expect(shown, name).toMatch(new RegExp(`^${name}(\\{.*\\})? 0$`, "m"));
  // A rule's own label too.
  expect(shown).toMatch(/^provender_http_request_seconds_count\{.*status="500".*\} 0$/m);
});
