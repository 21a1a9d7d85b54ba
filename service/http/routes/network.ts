// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, zeroAddress } from "viem";
import { epochAt } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import type { Api } from "../api.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Network } from "../schemas/network.ts";
import { pointOf, synced } from "../synced.ts";

const LEVELS = ["none", "deposits", "deposits-and-exits"] as const;

/** `/v1/network`: what the contracts are set to. */
export function networkRoute(app: App, api: Api): void {
  app.get(
    "/v1/network",
    {
      schema: {
        operationId: "getNetwork",
        tags: ["network"],
        summary: "Contracts, token, clock, rules, roles, and whether anything is paused",
        response: { 200: refTo(Network), default: refTo(ErrorBody) },
      },
    },
    async () => {
      const { system, version } = api;
      const { position } = await synced(api);
      const { factory, tokenName, decimals, staking, pause, roles, timestamp } = await api.network();
      const { rpc = null, lens, router } = api.views;
      const known = (address: Address | undefined) => (address === undefined ? null : getAddress(address));
      return {
        synced: pointOf(position),
        version,
        chainId: String(system.chainId),
        rpc,
        contracts: {
          distributor: getAddress(system.distributor),
          registry: getAddress(system.registry),
          market: getAddress(system.market),
          token: getAddress(system.token),
          factory: getAddress(factory),
          lens: known(lens),
          router: known(router),
        },
        token: { symbol: system.symbol, name: tokenName, decimals },
        clock: {
          start: String(system.clockStart),
          epochLength: String(system.epochLength),
          currentEpoch: epochAt(system, timestamp),
        },
        staking: {
          unbondingDelay: String(staking.unbondingDelay),
          vestingPeriod: String(staking.vestingPeriod),
          minSelfStake: String(staking.minSelfStake),
          maxCommissionBps: Number(staking.maxCommissionBps),
          commissionNotice: String(staking.commissionNotice),
          provers: Number(staking.provers),
        },
        pause: {
          level: LEVELS[pause.level] ?? "none",
          exitsUntil: pause.level === 2 ? String(pause.exitPauseEnd) : null,
        },
        roles: {
          owner: getAddress(roles.owner),
          pendingOwner: roles.pendingOwner === zeroAddress ? null : getAddress(roles.pendingOwner),
          guardian: getAddress(roles.guardian),
          treasury: getAddress(roles.treasury),
          publisher: getAddress(roles.publisher),
        },
      };
    },
  );
}
