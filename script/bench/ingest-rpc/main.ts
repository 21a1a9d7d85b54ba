// SPDX-License-Identifier: AGPL-3.0-only
// Reads what an endpoint has into a folder, and says how much that was, and what it took.
import { measured, peakMegabytes } from "../worker.mjs";

const READERS = {
  provender: () => import("./provender.mjs"),
  viem: () => import("./viem.mjs"),
};

const [reader, url, directory] = process.argv.slice(2) as [keyof typeof READERS, string, string];
const { read } = await READERS[reader]();
const { result: stored, seconds } = await measured(() => read(url, directory));
const { user, system } = process.cpuUsage();
// With the start of the process.
const cpuSeconds = (user + system) / 1e6;
console.log(JSON.stringify({ stored, seconds, cpuSeconds, megabytes: peakMegabytes() }));
