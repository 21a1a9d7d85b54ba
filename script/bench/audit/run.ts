// SPDX-License-Identifier: AGPL-3.0-only
import { spareMemory } from "../../../service/cli/memory.mjs";
import { cli } from "../../../test/service/helpers/cli.ts";
import { ofThisProcess } from "../measured.ts";

/** `provender audit` as an auditor runs it, in a process of its own: what it says of each epoch, and what it took. */
export async function work(flags: readonly string[]) {
  spareMemory("audit");
  const { code, stdout } = await cli(["audit", "--json", ...flags], { cwd: process.cwd(), version: "bench" });
  if (code !== 0) throw new Error(`the audit ended with ${code}: ${stdout}`);
  const audits = stdout
    .trimEnd()
    .split(/\n(?=\{)/)
    .map((line) => JSON.parse(line));
  return {
    ...ofThisProcess(),
    epochs: audits.length,
    fulfilments: audits.reduce((sum, { recomputed }) => sum + recomputed.fulfilments, 0),
    /** So far, as each line says. */
    ...{ requests: Number(audits.at(-1).requests), calls: Number(audits.at(-1).calls) },
  };
}
