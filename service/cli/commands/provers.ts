// SPDX-License-Identifier: AGPL-3.0-only
import { asEpoch } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { isOther, openNetwork } from "../network.ts";
import { finishedFigures } from "../network-epoch.ts";
import { figuresJson, figuresText } from "../network-report.ts";
import type { ChainFlags } from "../session.ts";

export interface ProversFlags extends ChainFlags {
  readonly epoch: string;
}

export async function run(context: Context, flags: ProversFlags): Promise<void> {
  const epoch = asEpoch(flags.epoch);
  if (!isOther(context, flags)) {
    throw new UsageError(
      "provers is for --network provernet",
      "of Provender's own contracts `provender epoch run --epoch N` shows the same",
    );
  }
  const session = await openNetwork(context, flags);
  try {
    const figures = await finishedFigures(session, epoch);
    if (flags.json) printJson(context, figuresJson(figures));
    else context.out(figuresText(figures));
  } finally {
    await session.database.close();
  }
}
