// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a run takes of the processor, and the most that this process ever held. */
export async function measured(
  action: () => unknown,
): Promise<{ cpuSeconds: number; seconds: number; megabytes: number }> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await action();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1e3;
  return { cpuSeconds: (user + system) / 1e6, seconds, megabytes: peakMegabytes() };
}

/** The most that this process ever held. On Linux, getrusage's has what the parent held before it began. */
export function peakMegabytes(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const kilobytes = /^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return (Number(kilobytes) * 1_024) / 1e6;
}

/** What this process took since its start. */
export function ofThisProcess() {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, seconds: process.uptime(), megabytes: peakMegabytes() };
}

/** Gives a new folder, which is gone afterwards. */
export async function inFolder<Result>(action: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "provender-bench-"));
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
