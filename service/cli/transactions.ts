// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Abi,
  type Address,
  type ContractFunctionParameters,
  erc20Abi,
  getAddress,
  type TransactionReceipt,
} from "viem";
import { ChainError, isAnswered } from "../chain/errors.ts";
import type { Signer } from "../chain/signer.ts";
import { simulateAll } from "../chain/simulate-all.ts";
import { transact } from "../chain/transact.ts";
import type { Hex } from "../core/types.ts";
import { tokens } from "./amounts.ts";
import type { Context } from "./context.ts";
import { withAdvice } from "./refusals.ts";
import type { ChainFlags, Session } from "./session.ts";
import type { SignerFlags } from "./signing.ts";

/** The flags of every command that sends for a role. */
export interface SendFlags extends ChainFlags, SignerFlags {
  /** Amounts are in wei. */
  readonly wei?: true;
  readonly dryRun?: true;
}

interface ContractCall {
  readonly address: Address;
  readonly abi: Abi | readonly unknown[];
  readonly functionName: string;
  readonly args: readonly unknown[];
}

/** One call of a contract, and what it does, for people. */
export interface Intent {
  readonly says: string;
  readonly call: ContractCall;
  /** What a dry run makes before the call, in the place of a signature that it does not ask for. */
  readonly stagedBy?: ContractCall;
}

/** Says what is going to happen, before it does; of a dry run, what would. */
export function announce({ note }: Context, dryRun: boolean, says: string): void {
  note(`${dryRun ? "would" : "will"} ${says}`);
}

/** Says what it is about once: before anything is sent, or else at the end. */
export function once<Told = void>(say: (told: Told) => void): (told: Told) => void {
  let isSaid = false;
  return (told) => {
    if (!isSaid) say(told);
    isSaid = true;
  };
}

/** Ends a dry run. */
export function nothingSent({ note }: Context, but = ""): void {
  note(`dry run: nothing was sent${but}`);
}

export interface Sent {
  /** Empty after a dry run. */
  readonly transactions: readonly Hex[];
  readonly receipts: readonly TransactionReceipt[];
}

/**
 * Says what will happen, and simulates each call on top of those before it; then sends one after the other, each
 * simulated again right before. With `dryRun` it sends nothing.
 * @throws ChainError that names the contract's error, and says what to do and what was sent before.
 */
export async function perform(
  context: Context,
  { chain }: Pick<Session, "chain">,
  signer: Signer,
  intents: readonly Intent[],
  { dryRun }: SendFlags,
): Promise<Sent> {
  const receipts: TransactionReceipt[] = [];
  for (const { says } of intents) announce(context, dryRun === true, says);
  try {
    const calls = intents.flatMap(({ call, stagedBy }) =>
      dryRun && stagedBy !== undefined ? [stagedBy, call] : [call],
    ) as ContractFunctionParameters[];
    // A single one is simulated right before it is sent.
    const simulated = dryRun || calls.length > 1 ? await simulateAll(chain.client, signer.address, calls) : 1;
    if (dryRun) {
      const left =
        simulated < calls.length
          ? "; only its first call was simulated, as this endpoint takes no state override"
          : "";
      nothingSent(context, left);
      return { transactions: [], receipts };
    }
    for (const { call } of intents) {
      receipts.push(await transact(chain.client, signer, call as never, { log: context.note }));
    }
  } catch (error) {
    throw withAdvice(
      error,
      receipts.map(({ transactionHash }) => transactionHash),
    );
  }
  return { transactions: receipts.map(({ transactionHash }) => transactionHash), receipts };
}

/**
 * The calls that let `spender` move as much of the account's tokens as is needed, in wei; none where it may already. Some
 * tokens, such as USDT, change no allowance that is left over to another: there it is taken back first.
 */
export async function allowing(
  { chain: { client }, system }: Pick<Session, "chain" | "system">,
  owner: Address,
  spender: Address,
  needed: bigint,
  what: string,
): Promise<Intent[]> {
  const token = { address: system.token, abi: erc20Abi } as const;
  const allowed = await client.readContract({ ...token, functionName: "allowance", args: [owner, spender] });
  if (allowed >= needed) return [];
  const approve = (amount: bigint) =>
    ({ ...token, functionName: "approve", args: [spender, amount] }) as const;
  const isRefused =
    allowed > 0n &&
    (await client.simulateContract({ ...approve(needed), account: owner }).then(
      () => false,
      (error) => isAnswered(error) || Promise.reject(error),
    ));
  return [
    ...(isRefused
      ? [
          {
            says: `take back what ${what} may still take, ${tokens(allowed, system.symbol)}: the token changes no allowance that is left over`,
            call: approve(0n),
          },
        ]
      : []),
    {
      says: `allow ${what} ${getAddress(spender)} to take ${tokens(needed, system.symbol)}, and no more`,
      call: approve(needed),
    },
  ];
}

/** @throws ChainError if the account holds less than `needed` wei of the token. */
export async function requireTokens(
  { chain: { client }, system }: Pick<Session, "chain" | "system">,
  owner: Address,
  needed: bigint,
): Promise<void> {
  const { token: address, symbol } = system;
  const held = await client.readContract({
    address,
    abi: erc20Abi,
    functionName: "balanceOf",
    args: [owner],
  });
  if (held >= needed) return;
  throw new ChainError(
    "refused",
    `${getAddress(owner)} holds ${tokens(held, symbol)}, and ${tokens(needed, symbol)} are needed`,
    "send it tokens, or give less; nothing was sent",
  );
}
