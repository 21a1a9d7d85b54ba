// SPDX-License-Identifier: AGPL-3.0-only

import { ChainError } from "../chain/errors.ts";
import { type EpochFigures, readFigures } from "../networks/provernet/figures.ts";
import { moment } from "./durations.ts";
import { time } from "./format.ts";
import type { CheckedPosition, NetworkSession } from "./network.ts";

/** An epoch's figures, and up to which block its logs were read. */
export interface ReadEpoch extends EpochFigures {
  readonly position: CheckedPosition;
}

/**
 * Reads what is final, and gives the figures of an epoch that has ended by then.
 * @throws ChainError `unknown-epoch` if there is none, `not-ready` before it is over
 */
export async function finishedFigures(session: NetworkSession, epoch: number): Promise<ReadEpoch> {
  const { contracts, database, deployment } = session;
  if (contracts.epochRewards === null) {
    throw new ChainError(
      "unknown-epoch",
      "network-config.epochRewards is null: without it there are no epochs",
      "name EpochRewards; `provender sync` prints which contracts may be it",
    );
  }
  const position = await session.sync();
  const figures = await readFigures(database, deployment, contracts, epoch);
  if (figures === undefined) {
    throw new ChainError(
      "unknown-epoch",
      `epoch ${epoch} has no window: EpochRewards has no configuration for it`,
      "the first epoch is 1; others have windows once they are configured, at network-config.startBlock or later",
    );
  }
  const { end } = figures.window;
  if (position.time < BigInt(end)) {
    throw new ChainError(
      "not-ready",
      `epoch ${epoch} is not over: it ends at ${moment(BigInt(end), position.time)}, and the last final block is of ${time(position.time)}`,
      "try again after it",
    );
  }
  return { ...figures, position };
}
