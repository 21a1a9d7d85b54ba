// SPDX-License-Identifier: AGPL-3.0-only
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

/** The most that this process ever held. */
export function peakMegabytes(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
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
