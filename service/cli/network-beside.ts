// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { besideSource } from "../audit/provernet/beside.ts";
import type { ChainSource } from "../audit/source.ts";
import { iProverNetAdapterAbi } from "../chain/abi.ts";
import { ChainError } from "../chain/errors.ts";
import { hasAdapter, lower } from "../chain/system.ts";
import { checkContracts } from "../epoch/doctor/contracts.ts";
import { type Finding, ok, problem } from "../epoch/doctor/finding.ts";
import { examinePosts } from "../epoch/restore.ts";
import type { OpenDatabase } from "../epoch/sources.ts";
import { workBeside } from "../networks/provernet/epoch-input.ts";
import { openDeployment } from "../store/deployment.ts";
import { openChain, type SourceFlags } from "./audit-source.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { type NetworkSession, type OpenContracts, openNetwork, openOtherNetwork } from "./network.ts";
import { type ChainFlags, openSession, type Session } from "./session.ts";

/** A distributor of our own beside another network, and what computes its epochs. */
export interface Beside extends Session {
  readonly open: () => Promise<OpenDatabase>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the distributor that the network's configuration names. Whoever opens it closes it.
 * @throws UsageError or ChainError if that is none, or none beside this network
 */
export async function openBeside(context: Context, flags: ChainFlags): Promise<Beside> {
  const network = await openNetwork(context, flags);
  const { database, contracts, chain } = network;
  try {
    const session = await openSession(context, ownFlags(flags, network));
    const { system } = session;
    await requireAdapter(session, network);
    let synced: Promise<unknown> | undefined;
    return {
      ...session,
      close: () => database.close(),
      async open() {
        const deployment = await openDeployment(database, system);
        return {
          ...{ database, deployment },
          async beside(input) {
            synced ??= network.sync();
            await synced;
            const sources = { chain, contracts, database, deployment: network.deployment };
            return workBeside(sources, system, input);
          },
        };
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Its wiring, funds and posts, as the doctor looks at those of any distributor. */
export async function checkBeside(context: Context, flags: ChainFlags): Promise<readonly Finding[]> {
  const { open, close, ...session } = await openBeside(context, flags);
  try {
    const [found, { missing, conflicts }] = await Promise.all([
      checkContracts(session.chain.client, session.system),
      examinePosts({ ...session, ...(await open()) }),
    ]);
    return [
      ...found,
      ...missing.map((epoch) => ok("posts", `epoch ${epoch} was posted as it follows from the logs`)),
      ...conflicts.map(({ message, hint }) => problem("posts", message, hint)),
    ];
  } finally {
    await close();
  }
}

/**
 * The same distributor for an audit, which needs no database. Nothing more is asked of it once the signal fires.
 * @throws UsageError for flags that are for our own contracts
 */
export async function sourceBeside(
  context: Context,
  flags: SourceFlags,
  signal?: AbortSignal,
): Promise<ChainSource> {
  if (flags.trustedBlock !== undefined || flags.bundle !== undefined || flags.fromBundle !== undefined) {
    throw new UsageError(
      "--trusted-block, --bundle and --from-bundle are for Provender's own contracts",
      "the other network's logs are taken from endpoints: name several",
    );
  }
  const other = await openOtherNetwork(context, flags);
  const source = await openChain(context, ownFlags(flags, other), signal);
  return { ...source, state: besideSource(source.client, other.contracts) };
}

function ownFlags<Flags extends ChainFlags>(
  flags: Flags,
  { settings, config }: Pick<OpenContracts, "settings" | "config"> | NetworkSession,
): Flags {
  const { distributor } = settings;
  if (distributor === null) {
    throw new UsageError(
      "network-config.distributor is null: there is none of our own distributors beside the network",
      "name it there, or leave --network out",
    );
  }
  const { network: _, networkConfig: __, ...rest } = flags;
  return { ...rest, network: "provender", distributor, dataDir: config.dataDir } as Flags;
}

async function requireAdapter({ chain, system }: Session, { contracts }: NetworkSession): Promise<void> {
  const { client } = chain;
  const controller = hasAdapter(system)
    ? await client.readContract({
        ...{ address: system.registry, abi: iProverNetAdapterAbi },
        functionName: "stakingController",
      })
    : undefined;
  if (controller !== undefined && lower(controller) === contracts.stakingController) return;
  throw new ChainError(
    "not-a-distributor",
    `the distributor ${getAddress(system.distributor)} does not stand beside the StakingController ${getAddress(contracts.stakingController)}`,
    "name the one that `provender deploy` made with an adapter for it",
  );
}
