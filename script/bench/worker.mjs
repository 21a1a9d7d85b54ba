// SPDX-License-Identifier: AGPL-3.0-only
import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BENCH = fileURLToPath(new URL("../bench.mjs", import.meta.url));
const RUN = fileURLToPath(new URL("../run.mjs", import.meta.url));

/**
 * The command line of a process in which a topic's `work` does `task`: put together as `provender` itself is, since what
 * translates sources as they are loaded would be 57 MB of each figure. @param {string} topic @param {unknown} task
 */
function workerCommand(topic, task) {
  return ["--expose-gc", RUN, BENCH, "--worker", topic, JSON.stringify(task)];
}

/**
 * What a topic's `work` returns from a new process, so that nobody pays for another's garbage or profits from its
 * warm-up.
 * @param {string} topic
 * @param {unknown} task
 */
export async function inWorker(topic, task) {
  const { stdout } = await promisify(execFile)(process.execPath, workerCommand(topic, task));
  return JSON.parse(stdout);
}

/** A process in which a topic's `work` goes on, and sends messages. @param {string} topic @param {unknown} task */
export function startWorker(topic, task) {
  return spawn(process.execPath, workerCommand(topic, task), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

/**
 * @template T
 * @param {() => T | Promise<T>} action
 * @returns {Promise<{ result: T, cpuSeconds: number, seconds: number }>}
 */
export async function measured(action) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const result = await action();
  const { user, system } = process.cpuUsage(cpu);
  return { result, cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - began) / 1e3 };
}

/** The most that this process ever held, in megabytes. */
export function peakMegabytes() {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
