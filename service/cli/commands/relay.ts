// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import { sendSignedAttestations } from "../../chain/signed-attestation.ts";
import { readAttestation } from "../attestation-file.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type ChainFlags, chainOptions, openSession } from "../session.ts";
import { openSigner, type SignerFlags, signerOptions } from "../signing.ts";

export function register(program: Command, context: Context): void {
  signerOptions(chainOptions(program.command("relay")))
    .description("bring auditors' signed attestations to the distributor, in one transaction; anybody may")
    .argument("<file...>", "files of `provender attest --sign`, all for one post")
    .action((files: string[], flags: ChainFlags & SignerFlags) => relay(context, files, flags));
}

async function relay(context: Context, files: string[], flags: ChainFlags & SignerFlags): Promise<void> {
  const { chain, system } = await openSession(context, flags);
  const attestations = await Promise.all(files.map((file) => readAttestation(context, file, system)));
  const [first, ...others] = attestations;
  if (first === undefined) throw new UsageError("<file...>: there is no attestation", "give one");
  if (others.some(({ postNumber, root }) => postNumber !== first.postNumber || root !== first.root)) {
    throw new UsageError("the attestations are for several posts", "relay those for each post by themselves");
  }
  const signer = await openSigner(context, chain, flags);
  const signed = attestations.map(({ auditor, signature }) => ({ auditor, signature }));
  const options = { log: context.note };
  const receipt = await sendSignedAttestations(
    ...([chain.client, system.distributor, signer, first, signed, options] as const),
  );
  const { transactionHash: transaction } = receipt;
  if (flags.json) printJson(context, { transaction, attestations: attestations.length });
  else context.out(`relayed ${attestations.length} attestations in transaction ${transaction}\n`);
}
