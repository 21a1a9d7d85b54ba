// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, parseEther, parseEventLogs } from "viem";
import { statementOf } from "../../../script/devzk/machine.ts";
import { type Run, runUri } from "../../../script/devzk/run.ts";
import { proofMarketAbi } from "../../abi.ts";
import { type Network, PROOFS, type Role, send } from "./network.ts";

/** The development key's version, after those of the other zk proofs. */
const DEVELOPMENT_VERSION = BigInt(PROOFS.length + 1);
export const PHASE = 600n;
export const MAX_FEE = parseEther("10");

export interface Asked {
  readonly requester?: Role;
  readonly maxFee?: bigint;
  readonly inputUri?: string;
}

/** One request for a run of the development zkVM, open for bids for ten minutes, and ten to reveal them. */
export async function askFor(network: Network, run: Run, asked: Asked = {}): Promise<Hex> {
  return ask(
    network,
    { ...statementOf(run.program, run.input), version: DEVELOPMENT_VERSION },
    {
      inputUri: runUri(run),
      ...asked,
    },
  );
}

export async function ask(
  network: Network,
  statement: { readonly programKey: Hex; readonly publicValuesDigest: Hex; readonly version: bigint },
  { requester = "requester", maxFee = MAX_FEE, inputUri = "" }: Asked,
): Promise<Hex> {
  const { timestamp } = await network.client.getBlock({ blockTag: "pending" });
  const { version: verifierVersion, programKey, publicValuesDigest } = statement;
  const params = {
    ...{ programKey, publicValuesDigest, verifierVersion, maxFee, inputUri },
    minStake: 0n,
    commitDuration: PHASE,
    revealDuration: PHASE,
    deadline: timestamp + 6n * PHASE,
  };
  const { logs } = await send(network, network.who[requester], {
    address: network.market,
    functionName: "request",
    args: [params],
  });
  const [requested] = parseEventLogs({ abi: proofMarketAbi, eventName: "Requested", logs });
  if (requested === undefined) throw new Error("the request left no event");
  return requested.args.id;
}

export function requestOf({ client, market }: Network, id: Hex) {
  return client.readContract({
    address: market,
    abi: proofMarketAbi,
    functionName: "requestOf",
    args: [id],
  });
}
