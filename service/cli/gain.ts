// SPDX-License-Identifier: AGPL-3.0-only
import { erc4626Abi, getAbiItem, type Hex, padHex, parseEventLogs, toEventSelector } from "viem";
import { iProverVaultAbi } from "../chain/abi.ts";
import { askForLogs } from "../chain/ask-for-logs.ts";
import { roundingOf } from "../core/share-price.ts";
import type { Address } from "../core/types.ts";
import { NOBODY } from "./config.ts";
import type { Session } from "./session.ts";

const DEPOSIT = toEventSelector(getAbiItem({ abi: erc4626Abi, name: "Deposit" }));
const TRANSFER = toEventSelector(getAbiItem({ abi: erc4626Abi, name: "Transfer" }));
const PRICED = toEventSelector(getAbiItem({ abi: iProverVaultAbi, name: "ExitPriced" }));
interface Held {
  readonly vault: Address;
  /** In wei. */
  readonly value: bigint;
  /** What 10^18 shares are worth, in wei. */
  readonly sharePrice: bigint;
}

interface Gain {
  /** In wei, exactly: less than 0 is a loss. */
  readonly gain: bigint;
  /** The most, in wei, that roundings alone may have made of it. */
  readonly rounding: bigint;
}

/**
 * What an account has gained in a vault by the logs: what its shares are worth and what its exits were priced at, less what it
 * deposited. Undefined where shares were sent to it or by it: nobody knows what those cost.
 */
export async function gainOf(
  { chain, system }: Pick<Session, "chain" | "system">,
  { vault, value, sharePrice }: Held,
  account: Address,
  toBlock: bigint,
): Promise<Gain | undefined> {
  const who = padHex(account, { size: 32 });
  const nobody = padHex(NOBODY, { size: 32 });
  const logs = (topic: Hex, ...indexed: (readonly Hex[] | null)[]) =>
    askForLogs(chain.client, { fromBlock: system.startBlock, toBlock }, [vault], [topic], indexed);
  const [deposits, exits, sent, received] = await Promise.all([
    logs(DEPOSIT, null, [who]),
    logs(PRICED, [who]),
    logs(TRANSFER, [who]),
    logs(TRANSFER, null, [who]),
  ]);
  const others = [...sent.map(({ topics }) => topics[2]), ...received.map(({ topics }) => topics[1])];
  if (others.some((other) => other !== nobody)) return undefined;
  const paid = parseEventLogs({ abi: erc4626Abi, eventName: "Deposit", logs: deposits as never });
  const left = parseEventLogs({ abi: iProverVaultAbi, eventName: "ExitPriced", logs: exits as never });
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, each) => total + each, 0n);
  return {
    gain: value + sum(left.map(({ args }) => args.assets)) - sum(paid.map(({ args }) => args.assets)),
    rounding: roundingOf(paid.length + left.length, sharePrice),
  };
}
