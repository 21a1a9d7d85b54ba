// SPDX-License-Identifier: AGPL-3.0-only
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getAddress } from "viem";
import { type ClaimSources, claimableRoot, NOTHING_STORED, proverClaim } from "../../epoch/claims.ts";
import { asAddress } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { withDatabase } from "../database.ts";
import { EXIT } from "../exit.ts";
import { amount } from "../format.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";

export interface ProofFlags extends ChainFlags {
  readonly fromChain?: true;
}

/**
 * What a prover can claim by the active root, in wei, and its merkleProof. Exit: 1 if it has earned nothing.
 * @throws UsageError for what is no address; ChainError, JobError if there is no root, or no leaves of it
 */
export async function proof(
  context: Context,
  text: string,
  { fromChain, ...flags }: ProofFlags,
): Promise<void> {
  const prover = asAddress({ text, source: "<prover>" });
  const session = await openSession(context, flags);
  const { root, claim } = await (fromChain ? withNothing : withStored)(session, async (sources) => {
    const root = await claimableRoot(sources);
    return { root, claim: await proverClaim(sources, root, prover) };
  });
  const { symbol, token, distributor } = session.system;
  const who = getAddress(prover);
  const facts = {
    prover: who,
    distributor: getAddress(distributor),
    token: { address: getAddress(token), symbol, decimals: 18 },
    epoch: root.post.epoch,
    root: root.post.root,
    claimableFrom: root.post.claimableAt,
    pending:
      root.pending === undefined
        ? null
        : { epoch: root.pending.epoch, claimableFrom: root.pending.claimableAt },
  };
  if (claim === undefined) {
    if (flags.json)
      printJson(context, { ...facts, cumulative: 0n, cumulativeCommission: 0n, merkleProof: null });
    else context.out(`${who} has earned nothing up to epoch ${root.post.epoch}\n`);
    context.exit(EXIT.failed);
    return;
  }
  if (flags.json) {
    printJson(context, { ...facts, ...claim, prover: who });
    return;
  }
  context.out(
    [
      `${who}, root of epoch ${root.post.epoch} ${root.post.root}`,
      `cumulative ${amount(claim.cumulative)} ${symbol}, commission ${amount(claim.cumulativeCommission)} of it`,
      `claimed ${amount(claim.claimed)} ${symbol}, claimable now ${amount(claim.claimable)} ${symbol}`,
      `cumulative (wei) ${claim.cumulative}`,
      `cumulativeCommission (wei) ${claim.cumulativeCommission}`,
      `merkleProof [${claim.merkleProof.join(",")}]`,
      "",
    ].join("\n"),
  );
}

type Action<T> = (sources: ClaimSources) => Promise<T>;

async function withStored<T>(session: Session, action: Action<T>): Promise<T> {
  return withDatabase(session, (open) => action({ ...session, open }));
}

/** Whatever is on disk is not looked at: the chain is read into a folder that is gone afterwards. */
async function withNothing<T>(session: Session, action: Action<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), "provender-"));
  try {
    const fresh = { ...session, config: { ...session.config, dataDir, databaseUrl: undefined } };
    return await withDatabase(fresh, (open) => action({ ...session, store: NOTHING_STORED, open }));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
