// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { iProverVaultAbi } from "../../chain/abi.ts";
import { readMany } from "../../chain/many.ts";
import type { Address } from "../../core/types.ts";
import { exitWorth, listMoves, type Pool, type PositionRecord, readStaker } from "../../store/stakers.ts";
import { addressOf } from "../address.ts";
import type { Api } from "../api.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Moves, MovesQuery, Positions, StakerParams } from "../schemas/stakers.ts";
import { pointOf, synced } from "../synced.ts";
import { textOf } from "../text.ts";

/** Milliseconds until a reading of database and chain is given up. */
const TIMEOUT = 15_000;

/** A staker's positions and moves. */
export function stakerRoutes(app: App, api: Api): void {
  app.get(
    "/v1/stakers/:address/positions",
    {
      handlerTimeout: TIMEOUT,
      schema: {
        operationId: "getPositions",
        tags: ["stakers"],
        summary: "What an address has staked over all vaults: worth, put in, gained, and its exits",
        params: StakerParams,
        response: { 200: refTo(Positions), default: refTo(ErrorBody) },
      },
    },
    async ({ params }) => {
      const holder = addressOf(params.address);
      const { position } = await synced(api);
      const staker = await readStaker(api.database, api.deployment, holder);
      const at = staker.synced ?? position;
      const pools = await poolsOf(api, staker.positions, at.block);
      const positions = staker.positions.map((one) => positionOf(one, holder, pools, at.time));
      const sum = (values: readonly string[]) =>
        String(values.reduce((total, value) => total + BigInt(value), 0n));
      return {
        synced: pointOf(at),
        address: getAddress(holder),
        total: {
          worth: sum(positions.map(({ worth }) => worth)),
          exiting: sum(positions.flatMap(({ exits }) => exits.map(({ worth }) => worth))),
          gained: sum(positions.map(({ gained }) => gained)),
          rounding: sum(positions.map(({ rounding }) => rounding)),
        },
        positions,
      };
    },
  );

  app.get(
    "/v1/stakers/:address/moves",
    {
      schema: {
        operationId: "listMoves",
        tags: ["stakers"],
        summary: "Deposits, exits, claims and transfers of an address, the newest first",
        params: StakerParams,
        querystring: MovesQuery,
        response: { 200: refTo(Moves), default: refTo(ErrorBody) },
      },
    },
    async ({ params, query: { limit, before } }) => {
      const holder = addressOf(params.address);
      const { position } = await synced(api);
      const number = before === undefined ? undefined : Number(before);
      const page = await listMoves(api.database, api.deployment, { holder, limit, before: number });
      return {
        synced: pointOf(page.synced ?? position),
        moves: page.moves.map(({ kind, prover, shares, assets, block, time }) => ({
          kind,
          prover: getAddress(prover),
          ...{ shares, assets },
          block: String(block),
          time: textOf(time),
        })),
        next: textOf(page.next),
      };
    },
  );
}

/** The unbonding pools of the vaults that hold exits of the address, at the database's block. */
async function poolsOf(
  { chain }: Api,
  positions: readonly PositionRecord[],
  blockNumber: bigint,
): Promise<Map<Address, Pool>> {
  const vaults = positions.filter(({ exits }) => exits.length > 0).map(({ vault }) => vault);
  const states = await readMany(chain.client, {
    ...{ abi: iProverVaultAbi, functionName: "unbondingState", blockNumber },
    calls: vaults.map((address) => ({ address })),
  });
  return new Map(
    vaults.flatMap((vault, i): [Address, Pool][] => {
      const state = states[i];
      return state === undefined
        ? []
        : [[vault, { assets: state[0], shares: state[1], generation: state[2] }]];
    }),
  );
}

function positionOf(
  { prover, vault, held, worth, putIn, takenOut, vesting, rounding, exits }: PositionRecord,
  controller: Address,
  pools: ReadonlyMap<Address, Pool>,
  now: bigint,
) {
  const pool = pools.get(vault) ?? { assets: 0n, shares: 0n, generation: 0n };
  return {
    prover: getAddress(prover),
    vault: getAddress(vault),
    shares: String(held),
    worth: String(worth),
    putIn: String(putIn),
    takenOut: String(takenOut),
    vesting: String(vesting),
    gained: String(worth + takenOut - putIn),
    rounding: String(rounding),
    exits: exits.map((exit) => {
      const left = String(exitWorth(exit, pool));
      return {
        number: String(exit.number),
        controller: getAddress(controller),
        shares: String(exit.shares),
        priced: String(exit.priced),
        ...{ worth: left, slashable: left },
        requestedAt: String(exit.requestedAt),
        dueAt: String(exit.dueAt),
        claimable: now >= exit.dueAt,
      };
    }),
  };
}
