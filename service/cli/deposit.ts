// SPDX-License-Identifier: AGPL-3.0-only
import { domainSeparator, erc20Abi, erc4626Abi, getAddress, zeroHash } from "viem";
import { iDepositRouterAbi } from "../chain/abi.ts";
import { isAnswered } from "../chain/errors.ts";
import { PERMIT_TYPES, permitAbi, permitOf } from "../chain/permit.ts";
import type { Signer } from "../chain/signer.ts";
import { lower } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import { tokens } from "./amounts.ts";
import { asAddress } from "./config.ts";
import { UsageError } from "./errors.ts";
import type { Session } from "./session.ts";
import { allowing, type Intent, type SendFlags } from "./transactions.ts";

/** How long a permit holds: long enough to be mined. */
const PERMIT_SECONDS = 3_600n;
/** Of the shares that are expected, in basis points: a reward may arrive meanwhile. */
const LEAST_SHARES_BPS = 9_950n;

export interface DepositFlags extends SendFlags {
  readonly permit: boolean;
  readonly router?: string;
}

export interface Deposit {
  readonly vault: Address;
  /** In wei. */
  readonly assets: bigint;
  /** Whose vault it is, for people. */
  readonly prover: Address;
  readonly now: bigint;
}

/**
 * What puts tokens into a vault: one transaction by way of the deposit router, where there is one and the token takes
 * permits, or else an allowance and a deposit. Amounts in wei.
 * @throws UsageError for a router that is none; what the client or the signer does
 */
export async function depositing(
  session: Session,
  signer: Signer,
  { vault, assets, prover, now }: Deposit,
  flags: DepositFlags,
): Promise<Intent[]> {
  const router =
    flags.router === undefined
      ? session.config.router
      : asAddress({ text: flags.router, source: "--router" });
  const { chain, system } = session;
  const { address: owner } = signer;
  const says = `deposit ${tokens(assets, system.symbol)} in the vault of prover ${getAddress(prover)}, for shares of ${getAddress(owner)}`;
  const permit =
    flags.permit && router !== undefined
      ? await permitFor(session, owner, { router, isNamed: flags.router !== undefined }, assets, now)
      : undefined;
  if (permit === undefined || router === undefined) {
    return [
      ...(await allowing(session, owner, vault, assets, "the vault")),
      { says, call: { address: vault, abi: erc4626Abi, functionName: "deposit", args: [assets, owner] } },
    ];
  }
  const expected = await chain.client.readContract({
    ...{ address: vault, abi: erc4626Abi, functionName: "previewDeposit", args: [assets] },
  });
  const least = (expected * LEAST_SHARES_BPS) / 10_000n;
  const { deadline } = permit.message;
  // A dry run signs nothing: there an approval stands for the permit.
  const { v, r, s } = flags.dryRun ? UNSIGNED : permitOf(await signer.signTyped(permit), deadline);
  const approval = { address: system.token, abi: erc20Abi, functionName: "approve", args: [router, assets] };
  return [
    {
      says: `${says}, in one transaction, by a signed permit for the deposit router ${getAddress(router)}`,
      call: {
        ...{ address: router, abi: iDepositRouterAbi, functionName: "depositAtLeastWithPermit" },
        args: [vault, assets, least, owner, deadline, v, r, s],
      },
      stagedBy: approval,
    },
  ];
}

const UNSIGNED = { v: 27, r: zeroHash, s: zeroHash } as const;

/**
 * What an owner signs for a permit of `value` wei until an hour from `now`, in seconds; undefined where the record's
 * router is another registry's, or the token takes no permits of the usual form.
 * @throws UsageError where a flag names a router that is not this registry's
 */
async function permitFor(
  { chain: { client, chainId }, system }: Session,
  owner: Address,
  { router, isNamed }: { readonly router: Address; readonly isNamed: boolean },
  value: bigint,
  now: bigint,
) {
  const token = { address: system.token, abi: permitAbi } as const;
  const optional = <T>(reading: Promise<T>) =>
    reading.catch((error: unknown) => {
      if (isAnswered(error)) return undefined;
      throw error;
    });
  const [registry, separator, nonce, name, version = "1"] = await Promise.all([
    optional(client.readContract({ address: router, abi: iDepositRouterAbi, functionName: "registry" })),
    optional(client.readContract({ ...token, functionName: "DOMAIN_SEPARATOR" })),
    optional(client.readContract({ ...token, functionName: "nonces", args: [owner] })),
    client.readContract({ address: system.token, abi: erc20Abi, functionName: "name" }),
    optional(client.readContract({ ...token, functionName: "version" })),
  ]);
  if (registry === undefined || lower(registry) !== system.registry) {
    if (!isNamed) return undefined;
    throw new UsageError(
      `--router: ${getAddress(router)} is no deposit router of this deployment`,
      "give the one of its record, or leave it out",
    );
  }
  if (nonce === undefined) return undefined;
  const domain = { name, version, chainId: Number(chainId), verifyingContract: system.token };
  if (domainSeparator({ domain }) !== separator) return undefined;
  const deadline = now + PERMIT_SECONDS;
  const message = { owner, spender: router, value, nonce, deadline };
  return { domain, types: PERMIT_TYPES, primaryType: "Permit", message } as const;
}
