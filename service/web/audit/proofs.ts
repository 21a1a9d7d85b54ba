// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Client, getAddress, type Hex } from "viem";
import { readContract } from "viem/actions";
import { hashDigits } from "../../audit/hashing-browser.ts";
import { domainFor, leafFor } from "../../audit/tree.ts";
import { iProverRegistryAbi, iRewardDistributorAbi } from "../../chain/abi.ts";
import type { Network } from "../network.ts";
import type { Claim } from "../source/types.ts";
import type { KeptLeaves } from "./leaves.ts";

interface Row {
  readonly prover: Address;
  readonly cumulative: string;
  readonly cumulativeCommission: string;
}

let last: { readonly artifact: Uint8Array; readonly leaves: KeptLeaves } | undefined;

/** Claims against a root, from the artifact that leads to it. @throws Error if it leads to another one */
export function leavesOf(artifact: Uint8Array, network: Network, client: Client | undefined): KeptLeaves {
  if (last?.artifact !== artifact) last = { artifact, leaves: readLeaves(artifact, network, client) };
  return last.leaves;
}

function readLeaves(artifact: Uint8Array, network: Network, client: Client | undefined): KeptLeaves {
  const { root, rows } = JSON.parse(new TextDecoder().decode(artifact)) as {
    root: Hex;
    rows: readonly Row[];
  };
  // In lower case, as the artifact has it, since its digits are hashed.
  const distributor = network.distributor.toLowerCase() as Address;
  const domain = domainFor(BigInt(network.chainId), distributor);
  // Who never earned anything has no leaf.
  const earned = rows.filter(({ cumulative }) => cumulative !== "0");
  const entries = new Map(
    earned.map(({ prover, cumulative, cumulativeCommission }) => {
      const entry = {
        prover,
        cumulative: BigInt(cumulative),
        cumulativeCommission: BigInt(cumulativeCommission),
      };
      return [prover.toLowerCase(), { entry, leaf: leafFor(domain, entry) }];
    }),
  );
  const levels = levelsOf([...entries.values()].map(({ leaf }) => leaf).sort());
  const top = levels.at(-1)?.[0] ?? domain;
  if (top !== root) throw new Error(`the artifact leads to the root ${top}, not to ${root}`);
  return {
    root,
    async claim(prover) {
      const found = entries.get(prover.toLowerCase());
      if (found === undefined || client === undefined) return null;
      return claimOf(client, network, { root, ...found.entry, merkleProof: proofOf(levels, found.leaf) });
    },
  };
}

/** From the sorted leaves up to the root: pairs ascend, an odd node goes up as it is. */
function levelsOf(leaves: readonly Hex[]): (readonly Hex[])[] {
  const levels = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) {
    const above: Hex[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Hex, level[i + 1]];
      above.push(right === undefined ? left : pairHash(left, right));
    }
    level = above;
  }
  return levels;
}

function pairHash(a: Hex, b: Hex): Hex {
  const [lower, higher] = a < b ? [a, b] : [b, a];
  return hashDigits(lower.slice(2) + higher.slice(2));
}

function proofOf(levels: readonly (readonly Hex[])[], leaf: Hex): Hex[] {
  let index = levels[0]?.indexOf(leaf) ?? -1;
  return levels.flatMap((level) => {
    const sibling = level[index ^ 1];
    index >>= 1;
    return sibling === undefined ? [] : [sibling];
  });
}

type Leaf = Pick<Claim, "root" | "cumulative" | "cumulativeCommission" | "merkleProof"> & { prover: Address };

async function claimOf(
  client: Client,
  { distributor, registry }: Network,
  leaf: Leaf,
): Promise<Claim | null> {
  const read = { address: distributor, abi: iRewardDistributorAbi } as const;
  const [latest, active, record] = await Promise.all([
    readContract(client, { ...read, functionName: "latestPost" }),
    readContract(client, { ...read, functionName: "activePost" }),
    readContract(client, {
      ...{ address: registry, abi: iProverRegistryAbi, functionName: "proverRecord", args: [leaf.prover] },
    } as const),
  ]);
  const post = [active, latest].find(({ root, postNumber }) => root === leaf.root && postNumber > 0n);
  // Another root is paid from by now: this one's proofs lead nowhere.
  if (post === undefined) return null;
  return {
    ...leaf,
    ...{
      prover: getAddress(leaf.prover),
      epoch: Number(post.epoch),
      status: post.active ? "active" : "pending",
    },
    ...{
      claimableFrom: post.claimableAt,
      attestations: Number(post.attestations),
      quorum: Number(post.quorum),
    },
    ...{ claimed: record.claimed, claimable: leaf.cumulative - record.claimed },
  };
}
