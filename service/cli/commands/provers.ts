// SPDX-License-Identifier: AGPL-3.0-only
import { asEpoch } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { isOtherNetwork, openNetwork } from "../network.ts";
import { finishedFigures } from "../network-epoch.ts";
import { figuresJson, figuresText } from "../network-report.ts";
import type { ChainFlags } from "../session.ts";
import { ownProvers } from "./provers-own.ts";

export interface ProversFlags extends ChainFlags {
  readonly epoch?: string;
  readonly sort?: string;
}

/**
 * Lists all provers, or of another network what an epoch pays each.
 * @throws UsageError for --epoch or --sort where it is not meant; ChainError if the chain cannot be read
 */
export async function run(context: Context, flags: ProversFlags): Promise<void> {
  const { sort, epoch: text, ...others } = flags;
  if (!isOtherNetwork(context, others)) {
    if (text !== undefined) {
      throw new UsageError(
        "--epoch is for --network provernet",
        "of Provender's own contracts `provender epoch run --epoch N` shows an epoch",
      );
    }
    await ownProvers(context, { ...others, sort });
    return;
  }
  if (text === undefined || sort !== undefined) {
    throw new UsageError("--network provernet wants --epoch, and no --sort", "name an epoch that has ended");
  }
  const epoch = asEpoch(text);
  const session = await openNetwork(context, others);
  try {
    const figures = await finishedFigures(session, epoch);
    if (flags.json) printJson(context, figuresJson(figures));
    else context.out(figuresText(figures));
  } finally {
    await session.database.close();
  }
}
