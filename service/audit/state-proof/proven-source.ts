// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { ChainError } from "../../chain/errors.ts";
import type { Address, Hex, Snapshot } from "../../core/types.ts";
import { BLOCKS_BEFORE, boundsOf, type Deployment } from "../deployment.ts";
import { findSnapshot, type Head } from "../snapshot.ts";
import type { ClaimsAt, FoundSnapshot, StateSource } from "../state-source.ts";
import { domainFor } from "../tree.ts";
import { type Ancestors, ancestorsOf, HISTORY_BLOCKS } from "./ancestors.ts";
import { addressIn, immutablesIn, vaultAddress, vaultCreationHash } from "./code.ts";
import type { Header } from "./header.ts";
import { newPreimages } from "./preimages.ts";
import { readClaims, readProvenPosts, readProvenState } from "./proven-state.ts";
import { type Witness, witnessOf } from "./witness.ts";

/** A block that somebody trusts; the number is checked if it is given. */
export interface TrustedBlock {
  readonly hash: Hex;
  readonly number?: bigint | undefined;
}

export interface ProvenSourceParams {
  /** Asked each time that the chain is looked at: a watcher's block moves on. */
  readonly trusted: () => Promise<TrustedBlock>;
  readonly witness: Witness;
  /** For what is only looked for with its help, and then proven. */
  readonly client: PublicClient;
}

/** The same by whatever the client gives, none of which is kept. */
export function provenBy(client: PublicClient, trusted: () => Promise<TrustedBlock>): StateSource {
  return provenSource({ trusted, witness: witnessOf(newPreimages(), client), client });
}

/**
 * Takes nothing but what is proven against a trusted block: all state is read at its end, posts included. Its reads
 * throw ChainError `wrong-chain` if that block has another number, `inconsistent` if the endpoint's blocks are not
 * its ancestors, and whatever else the witness throws.
 */
export function provenSource({ trusted, witness, client }: ProvenSourceParams): StateSource {
  let current: { readonly header: Header; readonly ancestors: Ancestors } | undefined;

  async function look(): Promise<Header> {
    const { hash, number } = await trusted();
    if (current?.header.hash !== hash) {
      const header = await witness.header(hash);
      current = { header, ancestors: ancestorsOf(witness, header) };
    }
    const { header } = current;
    if (number !== undefined && header.number !== number) {
      throw new ChainError(
        "wrong-chain",
        `the trusted block ${hash} has number ${header.number}, not ${number}`,
        "check the number and the hash of --trusted-block",
      );
    }
    return header;
  }

  const ancestor = async (number: bigint) => {
    await look();
    return current?.ancestors.at(number);
  };

  async function snapshot(
    deployment: Deployment,
    epoch: number,
    likely: bigint,
    final: Head,
  ): Promise<FoundSnapshot> {
    const { end } = boundsOf(deployment, epoch);
    const isLast = async (number: bigint): Promise<Snapshot | "other" | "far"> => {
      if (number < 0n || number >= final.number) return "other";
      const after = await ancestor(number + 1n);
      const block = after && (await ancestor(number));
      if (after === undefined || block === undefined) return "far";
      return block.timestamp < end && after.timestamp >= end ? { number, hash: block.hash } : "other";
    };
    const first = await isLast(likely);
    if (typeof first === "object") return first;
    const found = await findSnapshot(client, deployment, epoch, likely, final);
    const second = await isLast(found.number);
    if (typeof second === "object") return second;
    if (second === "far") {
      const unproven = `snapshot block ${found.number}: more than ${HISTORY_BLOCKS} blocks before the trusted block ${final.number}`;
      return { ...found, unproven };
    }
    throw new ChainError(
      "inconsistent",
      `the endpoint's blocks around ${found.number} are not those that the trusted block leads to`,
      "use another endpoint",
    );
  }

  async function claims(
    { registry }: Deployment,
    provers: readonly Address[],
    block: bigint,
    final: Head,
  ): Promise<ClaimsAt> {
    const header = await ancestor(block);
    if (header === undefined) {
      return {
        unproven: `claims up to block ${block}: more than ${HISTORY_BLOCKS} blocks before the trusted block ${final.number}`,
      };
    }
    try {
      return { claims: await readClaims(witness, header, registry, provers) };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
      return { unproven: `claims up to block ${block}: no proof of them was to be had (${why})` };
    }
  }

  return {
    kind: "proven",
    deployment: async (distributor) => readProvenDeployment(witness, await look(), distributor, client),
    async blocks() {
      const { hash, number, timestamp } = await look();
      const block = { hash, number, timestamp };
      return { head: block, final: block };
    },
    posts: async (deployment) => readProvenPosts(witness, await look(), deployment),
    state: async (deployment, facts) => {
      const header = await look();
      const vaultOf = await readVaults(witness, header, deployment);
      return readProvenState(witness, header, deployment, facts, vaultOf);
    },
    snapshot,
    claims,
  };
}

async function readProvenDeployment(
  witness: Witness,
  header: Header,
  address: Address,
  client: PublicClient,
): Promise<Deployment> {
  const distributor = address.toLowerCase() as Address;
  const [code, chain] = await Promise.all([witness.code(header, distributor), client.getChainId()]);
  const chainId = BigInt(chain);
  const immutables = immutablesIn("RewardDistributor", code);
  if (immutables === undefined) throw otherCode("the distributor", distributor, header, code.length);
  if (immutables.domain !== domainFor(chainId, distributor)) {
    throw new ChainError(
      "wrong-chain",
      `the trusted block is of another chain than ${chainId}: the distributor's domain is ${immutables.domain}`,
      "give a block of the endpoint's chain, or another endpoint",
    );
  }
  const [registry, market] = [addressIn(immutables.registry), addressIn(immutables.market)];
  const deploymentBlock = BigInt(immutables.deploymentBlock);
  const epochLength = BigInt(immutables.epochLength);
  return {
    chainId,
    distributor,
    registry,
    market,
    startBlock: deploymentBlock > BLOCKS_BEFORE ? deploymentBlock - BLOCKS_BEFORE : 0n,
    clockStart: BigInt(immutables.clockStart),
    epochLength,
  };
}

/** Where each prover's vault is: the registry's code names the factory, whose code holds the vault's. */
async function readVaults(
  witness: Witness,
  header: Header,
  { registry, market }: Deployment,
): Promise<(prover: Address) => Address> {
  const [registryCode, marketCode] = await Promise.all([
    witness.code(header, registry),
    witness.code(header, market),
  ]);
  const immutables = immutablesIn("ProverRegistry", registryCode);
  if (immutables === undefined) throw otherCode("the registry", registry, header, registryCode.length);
  if (immutablesIn("ProofMarket", marketCode) === undefined) {
    throw otherCode("the market", market, header, marketCode.length);
  }
  const factory = addressIn(immutables.factory);
  const code = await witness.code(header, factory);
  const isOurs =
    immutablesIn("VaultFactory", code) !== undefined && vaultCreationHash(code) === immutables.vaultCodeHash;
  if (!isOurs) throw otherCode("the vaults' factory", factory, header, code.length);
  return (prover) => vaultAddress(factory, prover, immutables.vaultCodeHash);
}

function otherCode(what: string, address: Address, { number }: Header, length: number): ChainError {
  if (length === 0) {
    return new ChainError(
      "no-code",
      `there is no contract at ${address}, ${what}, at the trusted block ${number}`,
      "check the distributor's address, and that the trusted block is not older than it",
    );
  }
  return new ChainError(
    "not-a-distributor",
    `${what} at ${address} is not the contract of this release: where it keeps its state is not known`,
    "audit it without --trusted-block, or with the release that it was deployed from",
  );
}
