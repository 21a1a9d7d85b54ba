// SPDX-License-Identifier: AGPL-3.0-only
import { formatEther, formatUnits, getAddress, type PublicClient } from "viem";
import { iProverRegistryAbi, iRewardDistributorAbi } from "../../chain/abi.ts";
import { readGasPrices } from "../../chain/fees.ts";
import { hasAdapter, lower, type System } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { readStatus } from "../status.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** An epoch's budget is promised two epochs ahead: below this, the foundation has no time left to act. */
const SHORT_RUNWAY = 3;
const POST_GAS = 150_000n;

/** Wiring, quorum, funding, and what is due. */
export async function checkContracts(client: PublicClient, system: System): Promise<Finding[]> {
  const distributor = { address: system.distributor, abi: iRewardDistributorAbi } as const;
  const registry = { address: system.registry, abi: iProverRegistryAbi } as const;
  const [bound, quorum, auditors, status] = await Promise.all([
    client.readContract({ ...registry, functionName: "distributor" }),
    client.readContract({ ...distributor, functionName: "quorum" }),
    client.readContract({ ...distributor, functionName: "auditorCount" }),
    readStatus(client, system),
  ]);
  const isBound = lower(bound) === system.distributor;
  const { shortfall, runway, due, unrunnable } = status;
  const units = (wei: bigint) => `${formatUnits(wei, 18)} ${system.symbol}`;
  return [
    isBound
      ? ok("contracts", "distributor, registry and market name each other")
      : problem(
          "contracts",
          `the registry ${getAddress(system.registry)} serves another distributor`,
          "give the address of the distributor in use, as in the deployment record",
        ),
    hasAdapter(system) ? BESIDE : checkVesting(system.vestingPeriod, system.epochLength),
    checkQuorum(quorum, auditors),
    shortfall > 0n
      ? problem(
          "funding",
          `${units(shortfall)} of what is promised are missing`,
          "transfer that to the distributor",
        )
      : runway !== undefined && runway < SHORT_RUNWAY
        ? warning(
            "funding",
            `the funds cover ${runway} epochs, the running one included`,
            "fund the next ones",
          )
        : ok(
            "funding",
            runway === undefined
              ? "the funds cover every epoch ahead"
              : `the funds cover ${runway} epochs, the running one included`,
          ),
    ...(unrunnable.length === 0
      ? [ok("policy", "this release runs every policy that is set")]
      : unrunnable.map(({ message, hint }) => problem("policy", message, hint))),
    ...due.flatMap(({ kind }) =>
      kind === "repost"
        ? [problem("due", "the latest root was vetoed", "find out why, then post anew")]
        : kind === "post"
          ? [warning("due", "an epoch has ended and is not posted", "run `provender epoch run --post`")]
          : [],
    ),
  ];
}

/** Exits and commissions are the other network's: neither vests, and nobody gives notice. */
const BESIDE = warning(
  "contracts",
  "registry and market are an adapter: what is paid does not vest, so that whoever stakes just before it has a part of it",
  "claim soon after a root is active, and often: `provender claim` pays in the same transaction",
);

/** As `provender deploy` asks of a config: no contract knows both times, which are in seconds. */
export function checkVesting(period: bigint, epochLength: bigint): Finding {
  const least = epochLength / 4n;
  if (period >= least) return ok("contracts", `rewards vest over ${period} s`);
  return warning(
    "contracts",
    `rewards vest over ${period} s, less than a quarter of an epoch (${least} s): whoever deposits just before one takes it along`,
    "it cannot be changed: claim often, so that single rewards are small, and deploy the next version with a longer period",
  );
}

/** Whether a root can become active at all: `quorum` attestations of so many auditors. */
export function checkQuorum(quorum: bigint, auditors: bigint): Finding {
  if (quorum > auditors) {
    return problem(
      "quorum",
      `${quorum} attestations are required, and ${auditors} auditors are listed: no root can become active`,
      "let the owner list more auditors, or lower the quorum",
    );
  }
  if (quorum === 0n) {
    return warning("quorum", "no attestation is required", "let the owner set a quorum of at least 1");
  }
  return ok("quorum", `${quorum} of ${auditors} listed auditors must attest`);
}

/** What the signer may do, and whether it can pay for it. */
export async function checkSigner(client: PublicClient, system: System, signer: Address): Promise<Finding[]> {
  const distributor = { address: system.distributor, abi: iRewardDistributorAbi } as const;
  const [publisher, { listed }, guardian, balance, prices] = await Promise.all([
    client.readContract({ ...distributor, functionName: "publisher" }),
    client.readContract({ ...distributor, functionName: "auditor", args: [signer] }),
    client.readContract({ address: system.registry, abi: iProverRegistryAbi, functionName: "guardian" }),
    client.getBalance({ address: signer }),
    readGasPrices(client),
  ]);
  const roles = [
    ...(lower(publisher) === signer ? ["the publisher"] : []),
    ...(listed ? ["a listed auditor"] : []),
    ...(lower(guardian) === signer ? ["the guardian"] : []),
  ];
  const who = getAddress(signer);
  const needed = POST_GAS * prices.fees.maxFeePerGas;
  return [
    roles.length > 0
      ? ok("roles", `${who} is ${roles.join(" and ")}`)
      : warning("roles", `${who} has no role: it may only claim for provers`, "give the key of one that has"),
    balance < needed
      ? problem(
          "signer",
          `${who} holds ${formatEther(balance)} of the chain's own currency, less than one post may cost`,
          `send it at least ${formatEther(10n * needed)}`,
        )
      : balance < 10n * needed
        ? warning("signer", `${who} can pay for fewer than 10 posts`, `send it ${formatEther(10n * needed)}`)
        : ok("signer", `${who} holds ${formatEther(balance)} of the chain's own currency`),
  ];
}
