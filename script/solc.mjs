#!/usr/bin/env node
// Lets forge run the compiler that npm installed: forge wants one executable that speaks solc's own command line.
import { readFileSync } from "node:fs";
import solc from "solc";

/** Code that nobody deploys. @param {string} file */
const isTest = (file) => file.startsWith("test/contracts/") && !file.startsWith("test/contracts/gas/");

/** @typedef {Record<string, Record<string, string[]>>} Selection which outputs of which contract of which file */
/** @typedef {{ sources?: Record<string, object>, contracts?: Record<string, object>, errors?: { formattedMessage?: string }[] }} Output */

/**
 * The compiled output for an input in standard JSON. Only what can be deployed is optimized, and the measurements of its
 * gas, which would count what they add: the tests make up most of the code, and take four times as long with the optimizer.
 * (forge's own compiler profiles would compile the contracts the tests' way, too, and let the tests run those.)
 * @param {string} input
 * @returns {string}
 */
function compiled(input) {
  const { settings, ...rest } = JSON.parse(input);
  /** @type {[string, Selection[string]][]} */
  const files = Object.entries(settings?.outputSelection ?? {});
  const tests = files.filter(([file]) => isTest(file));
  if (!settings?.optimizer?.enabled || tests.length === 0) return solc.compile(input);
  const deployed = files.filter(([file]) => !isTest(file));
  const optimizer = { enabled: false };
  const parts = [
    { ...settings, outputSelection: Object.fromEntries(deployed) },
    { ...settings, optimizer, outputSelection: Object.fromEntries(tests) },
  ].map((settings) => solc.compile(JSON.stringify({ ...rest, settings })));
  return JSON.stringify(merged(parts.map((part) => JSON.parse(part))));
}

/**
 * One output of several for the same sources: these have the same numbers in each, and the same warnings.
 * @param {Output[]} outputs
 * @returns {Output}
 */
function merged(outputs) {
  const errors = new Map(
    outputs.flatMap(({ errors = [] }) => errors).map((error) => [error.formattedMessage, error]),
  );
  return {
    ...(errors.size > 0 && { errors: [...errors.values()] }),
    sources: Object.assign({}, ...outputs.map(({ sources }) => sources)),
    contracts: Object.assign({}, ...outputs.map(({ contracts }) => contracts)),
  };
}

const version = `solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`;
process.stdout.write(process.argv.includes("--version") ? version : compiled(readFileSync(0, "utf8")));
