// SPDX-License-Identifier: AGPL-3.0-only
import { expect, test } from "vitest";
import { cli } from "../helpers/cli.ts";

const DOWN = "http://127.0.0.1:1";
const DISTRIBUTOR = ["--distributor", `0x${"ab".repeat(20)}`];

test.each([
  ["--rpc", "--rpc"],
  ["--rpc", "--rpc-url"],
])("endpoints given by %s and %s are taken together", async (a, b) => {
  const { code, stderr } = await cli(["epoch", "status", a, "ftp://example.org", b, DOWN, ...DISTRIBUTOR]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("--rpc: not an http or https URL")]);
});

test.each([
  ["http://10.0.0.1:8545", "not a URL that a page may ask"],
  ["ws://127.0.0.1:8545", "not a URL that a page may ask"],
  ["https://user:key@rpc.example.org", "a user's name or password"],
])("%s is not named to everybody", async (url, complaint) => {
  const { code, stderr } = await cli(["serve", "--public-rpc", url, "--rpc", DOWN, ...DISTRIBUTOR]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
});

test.each(["0", "10", "all"])("%s is no number of proxies", async (count) => {
  const { code, stderr } = await cli(["serve", "--trust-proxy", count, "--rpc", DOWN, ...DISTRIBUTOR]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("--trust-proxy: not a number of proxies from 1 to 9"),
  ]);
});
