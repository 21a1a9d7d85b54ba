// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { getAddress } from "viem";
import { readBlock } from "../chain/blocks.ts";
import { windowsFrom } from "../networks/provernet/clock.ts";
import { readFigures } from "../networks/provernet/figures.ts";
import { type Context, printJson } from "./context.ts";
import { isRemoved } from "./database.ts";
import { moment } from "./durations.ts";
import { describe } from "./errors.ts";
import { EXIT } from "./exit.ts";
import { amount, time } from "./format.ts";
import { type CheckedPosition, type NetworkSession, openNetwork } from "./network.ts";
import { checkBeside } from "./network-beside.ts";
import { figuresJson } from "./network-report.ts";
import { whenReachable } from "./patient.ts";
import type { ChainFlags } from "./session.ts";

interface OtherServeFlags extends ChainFlags {
  readonly host: string;
}

/** Milliseconds between two looks at the chain. */
const EVERY = 15_000;

/** Follows another network's last final block, and answers over HTTP. */
export async function serveOtherNetwork(
  context: Context,
  flags: OtherServeFlags,
  perMinute: number,
): Promise<void> {
  const [{ buildNetworkApp }, { listen }] = await Promise.all([
    import("../http/network-app.ts"),
    import("../http/server.ts"),
  ]);
  const session = await whenReachable(context, () => openNetwork(context, flags));
  const ending = new AbortController();
  const { signal } = ending;
  const end = () => ending.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  let position: CheckedPosition | undefined;
  let head: { readonly number: bigint; readonly timestamp: bigint } | null = null;
  let trouble: string | undefined = "nothing is read yet";
  const following = (async () => {
    while (!signal.aborted) {
      try {
        position = await session.sync();
        const { number, timestamp } = await readBlock(session.chain.client, "latest");
        head = { number, timestamp };
        trouble = undefined;
      } catch (error) {
        if (isRemoved(error)) throw error;
        const { message } = describe(error);
        if (trouble !== message) context.note(`error: ${message}`);
        trouble = message;
      }
      await setTimeout(EVERY, undefined, { signal }).catch(() => undefined);
    }
  })().finally(end);
  const source = {
    trouble: () => trouble,
    status: async () => ({ ...(await networkStatus(session, position)), head }),
    async epoch(number: number) {
      const { database, deployment, contracts } = session;
      if (position === undefined) return undefined;
      const readTo = Number(position.time);
      const figures = await readFigures(database, deployment, contracts, number, readTo);
      return figures && figuresJson({ ...figures, position });
    },
  };
  try {
    const app = await buildNetworkApp(source, perMinute, context.version);
    const { host } = flags;
    const onReady = (url: string) => context.note(`listening on ${url}`);
    await Promise.all([
      following,
      listen(app as never, { host, port: session.config.port, signal, onReady }),
    ]);
  } finally {
    ending.abort();
    process.off("SIGINT", end).off("SIGTERM", end);
    await Promise.allSettled([following]);
    await session.database.close();
  }
}

interface EpochStatus {
  readonly epoch: number;
  readonly start: number;
  readonly end: number;
  readonly maxEpochReward: bigint;
  readonly settled: boolean;
  readonly over: boolean;
}

/** Where the reading is, and which epochs there are. */
async function networkStatus(session: NetworkSession, position: CheckedPosition | undefined) {
  const { contracts, database, deployment } = session;
  const epochs: EpochStatus[] = [];
  const windowOf = await windowsFrom(database, deployment);
  for (let epoch = 1; position !== undefined; epoch++) {
    const window = windowOf(epoch);
    if (window === undefined || BigInt(window.start) > position.time) break;
    const { start, end, maximum, provisional } = window;
    epochs.push({
      epoch,
      start,
      end,
      maxEpochReward: maximum,
      settled: !provisional,
      over: BigInt(end) <= position.time,
    });
    // Only the latest are of use to whoever asks where things are.
    if (epochs.length > LATEST) epochs.shift();
  }
  return {
    ...{ network: "provernet", chainId: contracts.chainId },
    contracts: {
      stakingController: getAddress(contracts.stakingController),
      market: getAddress(contracts.market),
      vaultFactory: getAddress(contracts.factory),
      token: getAddress(contracts.token),
      epochRewards: contracts.epochRewards && getAddress(contracts.epochRewards),
    },
    readUpTo:
      position === undefined ? null : { block: position.block, hash: position.hash, time: position.time },
    epochs,
    notVouched: position?.notVouched ?? [],
  };
}

const LATEST = 20;

/** What `epoch status` prints of another network. */
export async function statusOtherNetwork(context: Context, flags: ChainFlags): Promise<void> {
  const session = await openNetwork(context, flags);
  try {
    const status = await networkStatus(session, await session.sync());
    if (flags.json) {
      printJson(context, status);
      return;
    }
    const now = status.readUpTo?.time ?? 0n;
    const lines = status.epochs.map(
      ({ epoch, start, end, maxEpochReward, settled, over }) =>
        `epoch ${epoch}: ${time(BigInt(start))} to ${moment(BigInt(end), now)}, at most ${amount(maxEpochReward)}, ${settled ? "rewards set" : over ? "due" : "running"}`,
    );
    context.out([`read up to block ${status.readUpTo?.block}`, ...lines, ""].join("\n"));
  } finally {
    await session.database.close();
  }
}

/** What could keep another network's epochs from being read or paid, and what to do about it. */
export async function doctorOtherNetwork(context: Context, flags: ChainFlags): Promise<void> {
  const findings: { check: string; level: "ok" | "warning" | "problem"; message: string }[] = [];
  try {
    const session = await openNetwork(context, flags);
    findings.push({ check: "contracts", level: "ok", message: "the contracts answer, and belong together" });
    try {
      const position = await session.sync();
      findings.push({
        ...{ check: "logs", level: "ok" },
        message: `read up to block ${position.block}, and checked against state`,
      });
      for (const line of position.notVouched.filter((one) => one.startsWith("what "))) {
        findings.push({
          check: "state",
          level: "warning",
          message: `nothing vouches for ${line}: use another endpoint`,
        });
      }
      if (session.contracts.epochRewards === null) {
        const message = "epochRewards is null: name one of the candidates that `provender sync` prints";
        findings.push({ check: "epochs", level: "warning", message });
      }
      if (session.settings.distributor !== null) {
        for (const { check, level, message, hint } of await checkBeside(context, flags)) {
          findings.push({ check, level, message: hint === undefined ? message : `${message}; ${hint}` });
        }
      }
    } finally {
      await session.database.close();
    }
  } catch (error) {
    const { message, hint } = describe(error);
    findings.push({
      check: "network",
      level: "problem",
      message: hint === undefined ? message : `${message}; ${hint}`,
    });
  }
  if (flags.json) printJson(context, findings);
  else
    context.out(
      `${findings.map(({ check, level, message }) => `${level.padEnd(8)} ${check}: ${message}`).join("\n")}\n`,
    );
  context.exit(findings.some(({ level }) => level === "problem") ? EXIT.failed : EXIT.ok);
}
