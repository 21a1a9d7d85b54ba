// SPDX-License-Identifier: AGPL-3.0-only
import type { AdminName } from "../usage/admin-calls.ts";
import * as distributor from "./of-distributor.ts";
import * as market from "./of-market.ts";
import * as registry from "./of-registry.ts";
import type { Options, Prepared, World } from "./world.ts";

type Prepare = (world: World, given: readonly string[], options: Options) => Promise<Prepared>;

/** What each command calls with, and what that changes. */
export const PREPARE: Readonly<Record<AdminName, Prepare>> = {
  "set-publisher": distributor.setPublisher,
  "add-auditor": distributor.addAuditor,
  "remove-auditor": distributor.removeAuditor,
  "set-quorum": distributor.setQuorum,
  "set-window": distributor.setWindow,
  "add-segment": distributor.addSegment,
  "withdraw-surplus": distributor.withdrawSurplus,
  veto: distributor.veto,
  "set-guardian": registry.setGuardian,
  "set-treasury": registry.setTreasury,
  "transfer-ownership": registry.transferOwnership,
  "accept-ownership": registry.acceptOwnership,
  "list-market": registry.listMarket,
  "delist-market": registry.delistMarket,
  jail: registry.jail,
  unjail: registry.unjail,
  pause: registry.pause,
  unpause: registry.unpause,
  "add-verifier": market.addVerifier,
  "withdraw-verifier": market.withdrawVerifier,
  "set-multiplier": market.setMultiplier,
  "set-parameters": market.setParameters,
};
