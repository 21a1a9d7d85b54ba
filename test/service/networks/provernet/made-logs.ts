// SPDX-License-Identifier: AGPL-3.0-only
import {
  type AbiEvent,
  encodeAbiParameters,
  encodeEventTopics,
  encodePacked,
  type Hex,
  keccak256,
  parseAbiItem,
} from "viem";
import { logHash, type NetworkLog } from "../../../../service/networks/provernet/log.ts";
import type { Contracts } from "../../../../service/networks/provernet/open.ts";

const contract = (n: number): Hex => `0x${"c0".repeat(19)}${n.toString(16).padStart(2, "0")}`;
export const account = (n: number): Hex => `0x${n.toString(16).padStart(40, "0")}`;
const word = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

export const CONTRACTS: Contracts = {
  ...{ chainId: 31_337n, startBlock: 0n, distributor: null, token: contract(1), factory: contract(2) },
  ...{ stakingController: contract(3), market: contract(4), epochRewards: contract(5) },
};

const EVENTS = Object.fromEntries(
  [
    "VaultCreated(address indexed prover, address indexed vault, address asset, bytes32 salt)",
    "ProverInitialized(address indexed prover, address indexed vault, uint64 rate)",
    "ProverRetired(address indexed prover)",
    "Staked(address indexed prover, address indexed staker, uint256 shares, uint256 amount)",
    "UnstakeRequested(address indexed prover, address indexed staker, uint256 shares, uint256 amount)",
    "UnstakeCompleted(address indexed prover, address indexed staker, uint256 amount)",
    "RewardsAdded(address indexed prover, address indexed source, uint256 amount, uint256 commission, uint256 toStakers)",
    "CommissionRateUpdated(address indexed prover, address indexed source, uint64 oldRate, uint64 newRate, bool useDefault)",
    "ControllerSlash(uint256 assets, address to)",
    "Transfer(address indexed from, address indexed to, uint256 value)",
    "NewRequest(bytes32 indexed reqid, (uint64 nonce, bytes32 vk, bytes32 digest, string imgURL, bytes inputData, string inputURL, uint32 version, (uint96 maxFee, uint96 minStake, uint64 deadline) fee) req)",
    "NewBid(bytes32 indexed reqid, address indexed prover, bytes32 bidHash)",
    "BidRevealed(bytes32 indexed reqid, address indexed prover, uint256 fee)",
    "ProofSubmitted(bytes32 indexed reqid, address indexed prover, uint256[8] proof, uint256 actualFee)",
    "Refunded(bytes32 indexed reqid, address indexed requester, uint256 amount)",
    "ProtocolFeeBpsUpdated(uint256 oldBps, uint256 newBps)",
    "StatsReset(uint64 id, uint64 startAt)",
    "EpochConfigSet(uint32 fromEpoch, uint64 fromTime, uint64 length, uint256 maximum)",
    "EpochConfigPopped(uint32 fromEpoch, uint64 fromTime, uint64 length, uint256 maximum)",
    "RewardsSet(uint32 indexed epoch, address indexed prover, uint256 amount)",
    "EpochRewardsSet(uint32 indexed epoch, uint256 amount, uint256 sum)",
    "ProverStateChanged(address indexed prover, uint8 oldState, uint8 newState)",
    "CommissionClaimed(address indexed prover, uint256 amount)",
    "TreasuryWithdrawn(address indexed to, uint256 amount)",
    "EmergencyRecovered(address to, uint256 amount)",
    "ProtocolFeeWithdrawn(address indexed to, uint256 amount)",
    "Upgraded(address indexed implementation)",
  ].map((text) => {
    const event = parseAbiItem(`event ${text}` as "event A()") as AbiEvent;
    return [event.name, event];
  }),
);
export const SLASHED = {
  stake: parseAbiItem("event ProverSlashed(address indexed prover, uint256 amount, uint256 bps)"),
  request: parseAbiItem("event ProverSlashed(bytes32 indexed reqid, address indexed prover, uint256 amount)"),
};

/** Arguments in the order of the event's, as a contract logs them. */
export function encoded(name: string | AbiEvent, args: readonly unknown[]): { topics: Hex[]; data: Hex } {
  const event = typeof name === "string" ? (EVENTS[name] as AbiEvent) : name;
  const pairs = event.inputs.map((input, i) => ({ input, value: args[i] }));
  const indexed = pairs.filter(({ input }) => input.indexed).map(({ value }) => value);
  const rest = pairs.filter(({ input }) => !input.indexed);
  return {
    topics: encodeEventTopics({ abi: [event], args: indexed as never }) as Hex[],
    data: encodeAbiParameters(
      rest.map(({ input }) => input),
      rest.map(({ value }) => value) as never,
    ),
  };
}

export interface MadeRequest {
  readonly id: Hex;
  readonly nonce: number;
  readonly vk: Hex;
  readonly digest: Hex;
  readonly maxFee: bigint;
}

/** Logs of histories that nobody recorded: one block a call of `at`, one transaction a call of `tx`. */
export class MadeLogs {
  readonly logs: NetworkLog[] = [];
  #block = 0;
  #index = 0;
  #transaction = 0;
  #time = 0;

  at(time: number): this {
    this.#time = time;
    this.#block += 1;
    this.#index = 0;
    return this.tx();
  }

  tx(): this {
    this.#transaction += 1;
    return this;
  }

  log(address: Hex, name: string | AbiEvent, ...args: readonly unknown[]): this {
    const { topics, data } = encoded(name, args);
    const raw = { address, topics, data, blockNumber: this.#block, logIndex: this.#index++ };
    this.logs.push({
      ...raw,
      ...{ transactionHash: word(this.#transaction), time: this.#time, early: false },
      ...{ hash: logHash(raw), length: data.length },
    });
    return this;
  }

  /** The last log stands where it would before a vault was created. */
  early(): this {
    const last = this.logs.pop() as NetworkLog;
    this.logs.push({ ...last, early: true });
    return this;
  }

  joins(prover: Hex, vault: Hex, bps = 0): this {
    const { factory, stakingController, token } = CONTRACTS;
    return this.tx()
      .log(factory, "VaultCreated", prover, vault, token, word(0))
      .log(stakingController, "ProverInitialized", prover, vault, BigInt(bps));
  }

  moves(from: Hex, to: Hex, value: bigint): this {
    return this.log(CONTRACTS.token, "Transfer", from, to, value);
  }

  stakes(prover: Hex, vault: Hex, amount: bigint): this {
    this.tx().moves(account(99), vault, amount);
    return this.log(CONTRACTS.stakingController, "Staked", prover, account(99), amount, amount);
  }

  asks(
    requester: Hex,
    nonce: number,
    { statement = nonce, maxFee = 100n, deadline = 10_000, input = "0x" as Hex, paid = true } = {},
  ): MadeRequest {
    const [vk, digest] = [word(statement), word(statement + 1)];
    const id = keccak256(encodePacked(["uint64", "bytes32", "bytes32"], [BigInt(nonce), vk, digest]));
    this.tx();
    if (paid) this.moves(requester, CONTRACTS.market, maxFee);
    this.log(CONTRACTS.market, "NewRequest", id, {
      ...{ nonce: BigInt(nonce), vk, digest, imgURL: "", inputData: input, inputURL: "", version: 0 },
      fee: { maxFee, minStake: 0n, deadline: BigInt(deadline) },
    });
    return { id, nonce, vk, digest, maxFee };
  }

  reveals({ id }: MadeRequest, prover: Hex, fee: bigint): this {
    return this.tx().log(CONTRACTS.market, "BidRevealed", id, prover, fee);
  }

  /** What the controller logs of the payment first, unless it is nothing. */
  proves({ id }: MadeRequest, prover: Hex, fee: bigint, net: bigint): this {
    const { stakingController, market } = CONTRACTS;
    if (net > 0n) this.log(stakingController, "RewardsAdded", prover, market, net, 0n, net);
    return this.log(market, "ProofSubmitted", id, prover, Array(8).fill(1n), fee);
  }

  slashes(prover: Hex, amount: bigint, ofVault: bigint, vault: Hex): this {
    if (ofVault > 0n) {
      this.moves(vault, CONTRACTS.stakingController, ofVault);
      this.log(vault, "ControllerSlash", ofVault, CONTRACTS.stakingController);
    }
    return this.log(CONTRACTS.stakingController, SLASHED.stake as AbiEvent, prover, amount, 100n);
  }

  requestSlashed({ id }: MadeRequest, prover: Hex, amount: bigint): this {
    return this.log(CONTRACTS.market, SLASHED.request as AbiEvent, id, prover, amount);
  }
}
