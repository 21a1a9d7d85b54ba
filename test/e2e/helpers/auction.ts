// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Hex, keccak256, parseEther, parseEventLogs } from "viem";
import { proofMarketAbi } from "../../abi.ts";
import { type Network, PROOFS, pass, send, type ZkProof } from "./network.ts";

export interface Assignment {
  readonly id: Hex;
  readonly winner: Address;
  /** What the winner will be paid, protocol fee included. */
  readonly price: bigint;
}

const PHASE = 600n;
const MAX_FEE = parseEther("100");

/** One request for a proof, sealed bids in tokens, and who won. */
export async function auction(
  network: Network,
  proof: ZkProof,
  bids: readonly (readonly [prover: Address, fee: string])[],
): Promise<Assignment> {
  const { client, market, who } = network;
  const { timestamp } = await client.getBlock();
  const params = {
    programKey: proof.programKey,
    publicValuesDigest: proof.publicValuesDigest,
    verifierVersion: BigInt(PROOFS.indexOf(proof) + 1),
    maxFee: MAX_FEE,
    minStake: 0n,
    commitDuration: PHASE,
    revealDuration: PHASE,
    deadline: timestamp + 3n * PHASE,
    inputUri: `https://example.org/${proof.name}`,
  };
  const { logs } = await send(network, who.requester, {
    address: market,
    functionName: "request",
    args: [params],
  });
  const [requested] = parseEventLogs({ abi: proofMarketAbi, eventName: "Requested", logs });
  if (requested === undefined) throw new Error("the request left no event");
  const { id } = requested.args;
  for (const [prover, fee] of bids) {
    const commitment = await client.readContract({
      address: market,
      abi: proofMarketAbi,
      functionName: "commitmentFor",
      args: [id, prover, parseEther(fee), keccak256(prover)],
    });
    await send(network, prover, { address: market, functionName: "commit", args: [id, prover, commitment] });
  }
  await pass(network, PHASE + 1n);
  for (const [prover, fee] of bids) {
    const args = [id, prover, parseEther(fee), keccak256(prover)];
    await send(network, prover, { address: market, functionName: "reveal", args });
  }
  await pass(network, PHASE + 1n);
  const { leader, price } = await client.readContract({
    address: market,
    abi: proofMarketAbi,
    functionName: "requestOf",
    args: [id],
  });
  return { id, winner: leader, price };
}

/** The winner's real zk proof, verified on chain; gives the work that it counts for. */
export async function fulfil(
  network: Network,
  { id, winner }: Assignment,
  { zkProof }: ZkProof,
): Promise<{ fee: bigint; protocolFee: bigint; countedWeight: bigint }> {
  const { logs } = await send(network, winner, {
    address: network.market,
    functionName: "fulfil",
    args: [id, zkProof],
  });
  const [fulfilled] = parseEventLogs({ abi: proofMarketAbi, eventName: "Fulfilled", logs });
  if (fulfilled === undefined) throw new Error("the fulfilment left no event");
  return fulfilled.args;
}
