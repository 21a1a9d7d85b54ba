// SPDX-License-Identifier: AGPL-3.0-only
import { type AbiEvent, encodeAbiParameters, encodeEventTopics, getAbiItem, parseAbi } from "viem";
import type { StakeEvent } from "../../../service/core/chain-event.ts";
import type { Address, Hex } from "../../../service/core/types.ts";

const STAKE_ABI = parseAbi([
  "event Transfer(address indexed from, address indexed to, uint256 shares)",
  "event ExitPriced(address indexed controller, uint256 assets, uint256 poolShares, uint256 indexed generation)",
  "event Slashed(uint256 fromActive, uint256 fromUnbonding, uint256 generation, address indexed to)",
  "event Withdraw(address indexed sender, address indexed receiver, address indexed controller, uint256 assets, uint256 shares)",
  "event ProverStateChanged(address indexed prover, uint8 state)",
  "event RootAttested(uint256 indexed epoch, uint256 indexed postNumber, address indexed auditor, bytes32 root)",
  "event AuditorChanged(address indexed auditor, bool listed)",
]);

const NOBODY: Address = `0x${"0".repeat(39)}9`;
const REST = { to: NOBODY, sender: NOBODY, receiver: NOBODY, epoch: 7n, root: `0x${"0".repeat(64)}` };

/** The event's topics and data, as viem writes them; of what is not read there is anything. */
export function encodeStake(event: StakeEvent): { topics: Hex[]; data: Hex } {
  const item = getAbiItem({ abi: STAKE_ABI as readonly AbiEvent[], name: event.name }) as AbiEvent;
  const args: Record<string, unknown> = { ...REST, ...event };
  const inData = item.inputs.filter(({ indexed }) => !indexed);
  return {
    topics: encodeEventTopics({ abi: [item], eventName: event.name, args: args as never }) as Hex[],
    data: encodeAbiParameters(
      inData,
      inData.map(({ name }) => args[name ?? ""]),
    ),
  };
}
