// SPDX-License-Identifier: AGPL-3.0-only
import {
  type Address,
  type ContractFunctionParameters,
  decodeEventLog,
  encodeAbiParameters,
  getAbiItem,
  type Hex,
  keccak256,
  type PublicClient,
  parseAbi,
  parseAbiParameters,
  stringToHex,
  toEventSelector,
  zeroHash,
} from "viem";
import { askForLogs } from "./ask-for-logs.ts";
import { isAnswered } from "./errors.ts";
import type { Call } from "./sending.ts";
import { lower } from "./system.ts";

/** OpenZeppelin's TimelockController, as far as it is used here. */
const timelockAbi = parseAbi([
  "function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay)",
  "function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) payable",
  "function cancel(bytes32 id)",
  "function getMinDelay() view returns (uint256)",
  "function getTimestamp(bytes32 id) view returns (uint256)",
  "function hasRole(bytes32 role, address account) view returns (bool)",
  "event CallScheduled(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data, bytes32 predecessor, uint256 delay)",
  "error AccessControlUnauthorizedAccount(address account, bytes32 neededRole)",
  "error TimelockInsufficientDelay(uint256 delay, uint256 minDelay)",
  "error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)",
]);

export interface Timelock {
  readonly address: Address;
  /** Seconds. */
  readonly minDelay: bigint;
}

/** One call by way of a timelock. The same call with the same salt is the same operation, for ever. */
export interface Operation {
  readonly timelock: Timelock;
  readonly call: Call;
  readonly salt: Hex;
  readonly id: Hex;
}

/** done: it was carried out, and can never be again under its salt. */
export type Standing =
  | { readonly state: "unset" | "done" }
  | { readonly state: "waiting" | "ready"; readonly readyAt: bigint };

export type TimelockRole = "proposer" | "executor" | "canceller";

/**
 * A contract that answers as a timelock does, with its least delay in seconds; undefined for any other account.
 * @throws what the client does where the chain cannot be read
 */
export async function timelockAt(client: PublicClient, address: Address): Promise<Timelock | undefined> {
  if ((await client.getCode({ address })) === undefined) return undefined;
  try {
    const minDelay = await client.readContract({ address, abi: timelockAbi, functionName: "getMinDelay" });
    return { address, minDelay };
  } catch (error) {
    if (isAnswered(error)) return undefined;
    throw error;
  }
}

/** `salt`: any text; the empty one is zero. */
export function operationOf(timelock: Timelock, call: Call, salt: string): Operation {
  const word = salt === "" ? zeroHash : keccak256(stringToHex(salt));
  const types = parseAbiParameters("address, uint256, bytes, bytes32, bytes32");
  const id = keccak256(encodeAbiParameters(types, [call.to, 0n, call.data, zeroHash, word]));
  return { timelock, call, salt: word, id };
}

/** As the contract keeps it: 0 and 1 are no moments. */
const DONE = 1n;

/** At the latest block, whose time is `now`. */
export async function standingOf(
  client: PublicClient,
  { timelock, id }: Operation,
  now: bigint,
): Promise<Standing> {
  const readyAt = await client.readContract({
    ...{ address: timelock.address, abi: timelockAbi, functionName: "getTimestamp", args: [id] },
  });
  if (readyAt <= DONE) return { state: readyAt === 0n ? "unset" : "done" };
  return { state: readyAt <= now ? "ready" : "waiting", readyAt };
}

const CALL_SCHEDULED = getAbiItem({ abi: timelockAbi, name: "CallScheduled" });

/** A call that was proposed, and not carried out or taken back yet. */
export interface Waiting {
  readonly id: Hex;
  readonly data: Hex;
  /** Seconds. */
  readonly readyAt: bigint;
}

/**
 * What waits in a timelock for a contract whose first block is `fromBlock`, the oldest first.
 * @throws ChainError if the logs cannot be read
 */
export async function waitingFor(
  client: PublicClient,
  { timelock, call: { to } }: Pick<Operation, "timelock" | "call">,
  range: { readonly fromBlock: bigint; readonly toBlock: bigint },
): Promise<Waiting[]> {
  const { address } = timelock;
  const logs = await askForLogs(client, range, [lower(address)], [toEventSelector(CALL_SCHEDULED)]);
  const calls = logs.map(({ topics, data }) => {
    return decodeEventLog({ abi: [CALL_SCHEDULED], topics: topics as [], data }).args;
  });
  const ours = new Map(calls.filter(({ target }) => lower(target) === to).map(({ id, data }) => [id, data]));
  const waiting = await Promise.all(
    [...ours].map(async ([id, data]) => {
      const place = { address, abi: timelockAbi, blockNumber: range.toBlock } as const;
      const readyAt = await client.readContract({ ...place, functionName: "getTimestamp", args: [id] });
      return { id, data, readyAt };
    }),
  );
  return waiting.filter(({ readyAt }) => readyAt > DONE);
}

const ROLES: Readonly<Record<TimelockRole, Hex>> = {
  proposer: keccak256(stringToHex("PROPOSER_ROLE")),
  executor: keccak256(stringToHex("EXECUTOR_ROLE")),
  canceller: keccak256(stringToHex("CANCELLER_ROLE")),
};
const ANYBODY: Address = "0x0000000000000000000000000000000000000000";

/** Whether an account may do so; everybody may execute where that role is given to the zero address. */
export async function hasTimelockRole(
  client: PublicClient,
  { address }: Timelock,
  role: TimelockRole,
  account: Address,
): Promise<boolean> {
  const has = (who: Address) =>
    client.readContract({ address, abi: timelockAbi, functionName: "hasRole", args: [ROLES[role], who] });
  // Executing may be open to all; proposing never is, whoever has such a role.
  return (await has(account)) || (role === "executor" && (await has(ANYBODY)));
}

/** Of no value and no predecessor; `delay` in seconds. */
export function scheduleCall(operation: Operation, delay: bigint): ContractFunctionParameters {
  const { timelock, call, salt } = operation;
  const args = [call.to, 0n, call.data, zeroHash, salt, delay];
  return { address: timelock.address, abi: timelockAbi, functionName: "schedule", args };
}

/** The call that carries out what was scheduled. */
export function executeCall({ timelock, call, salt }: Operation): ContractFunctionParameters {
  const args = [call.to, 0n, call.data, zeroHash, salt];
  return { address: timelock.address, abi: timelockAbi, functionName: "execute", args };
}

/** The call that takes it back. */
export function cancelCall({ timelock, id }: Operation): ContractFunctionParameters {
  return { address: timelock.address, abi: timelockAbi, functionName: "cancel", args: [id] };
}
