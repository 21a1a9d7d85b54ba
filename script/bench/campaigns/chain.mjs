// SPDX-License-Identifier: AGPL-3.0-only
// An epoch of many provers and fulfilments as an endpoint gives it: every hash is the contracts', nobody is asked twice
// for one statement, and each requester asks many provers.
import { keccak256, pad, toHex } from "viem";
import { encodePolicy, policyHash } from "../../../service/core/policy.ts";
import { foldChain } from "../../../test/service/helpers/fold-chain.ts";

/** @typedef {import("../../../test/service/helpers/recorded-chain.ts").RecordedChain} RecordedChain */

const START = 1_700_000_000;
const EPOCH = 604_800;
const PER_BLOCK = 100;
const REQUESTERS = 40;
const FEE = 10n ** 18n;
const NOTHING = /** @type {const} */ (`0x${"00".repeat(32)}`);

/** @param {number} number */
const address = (number) => pad(toHex(number), { size: 20 });
/** @param {number} i */
const requester = (i) => address(0xa000 + (i % REQUESTERS));

const guards = { exclusions: [], minStake: 0n };
/** Half of the requesters in four campaigns, the others in the open one. @type {Record<1 | 2, import("../../../service/core/types.ts").Policy>} */
const POLICIES = {
  1: {
    ...{ version: 1, id: "capped", params: { capNumerator: 1n, capDenominator: 100n } },
    guards: { ...guards, feeMatchBps: 9_000 },
  },
  2: {
    ...{
      version: 2,
      id: "capped",
      params: { capNumerator: 1n, capDenominator: 100n },
      guards,
      programs: null,
    },
    campaigns: [
      ...[0, 1, 2, 3].map((campaign) => ({
        requesters: [0, 1, 2, 3, 4].map((i) => ({ requester: requester(5 * campaign + i), reason: "known" })),
        ...{ partBps: 2_000, feeMatch: { of: /** @type {const} */ ("fee"), bps: 1_500 } },
      })),
      { requesters: null, partBps: 2_000, feeMatch: { of: "protocol-fee", bps: 9_000 } },
    ],
  },
};

/** @typedef {{ provers: number, fulfilments: number }} Size */

/** @param {Size} size @param {1 | 2} version @returns {RecordedChain} */
export function chainOf({ provers, fulfilments }, version) {
  const policy = POLICIES[version];
  const contracts = { distributor: address(0xd157), registry: address(0x4e61), market: address(0x3a4b) };
  /** @type {RecordedChain["blocks"]} */
  const blocks = [];
  /** @type {RecordedChain["logs"]} */
  const logs = [];
  let logIndex = 0;
  const block = (/** @type {number} */ timestamp) => {
    blocks.push({ number: 10 + blocks.length, timestamp, hash: keccak256(toHex(blocks.length)) });
    logIndex = 0;
  };
  const log = (
    /** @type {`0x${string}`} */ from,
    /** @type {string} */ event,
    /** @type {object} */ args,
  ) => {
    const blockNumber = 9 + blocks.length;
    logs.push({
      blockNumber,
      logIndex: logIndex++,
      address: from,
      topics: [],
      data: "0x",
      event,
      args: texts(args),
    });
  };
  const bytes = encodePolicy(policy);
  const segment = { fromEpoch: 0, budget: FEE * 10_000n, policyHash: policyHash(policy) };
  block(START);
  log(contracts.distributor, "SegmentAdded", { ...segment, policy: toHex(bytes) });
  const registered = Array.from({ length: provers }, (_, i) => ({
    ...{ prover: address(0x100000 + 7 * i), vault: address(0x900000 + 7 * i) },
  }));
  for (const [i, { prover, vault }] of registered.entries()) {
    if (i % PER_BLOCK === 0) block(START + blocks.length);
    const timestamp = START + blocks.length - 1;
    const first = {
      bps: 1_000,
      announcedAt: timestamp,
      effectiveAt: timestamp,
      sequence: 1,
      rollingHash: NOTHING,
    };
    const own = { prover, vault, commissionBps: 1_000, payout: prover, timestamp };
    log(contracts.registry, "ProverRegistered", { ...own, sequence: i + 1, rollingHash: NOTHING });
    log(contracts.registry, "CommissionChanged", { prover, source: address(0), ...first });
    log(vault, "ActiveAssetsChanged", { activeAssets: FEE * 1_000n, timestamp, rollingHash: NOTHING });
  }
  for (let i = 0; i < fulfilments; i++) {
    if (i % PER_BLOCK === 0) block(START + 10_000 + 12 * blocks.length);
    const timestamp = blocks.at(-1)?.timestamp ?? 0;
    const fee = FEE + BigInt(i);
    log(contracts.market, "Fulfilled", {
      ...{
        id: keccak256(toHex(i)),
        prover: registered[(i * 7) % provers]?.prover,
        epoch: 0,
        sequence: i + 1,
      },
      ...{ requester: requester(i), statementId: keccak256(toHex(-i >>> 0)), fee, protocolFee: fee / 20n },
      ...{ weight: fee * 10_000n, countedWeight: fee * 10_000n, timestamp },
    });
  }
  const { number, hash } = /** @type {RecordedChain["blocks"][number]} */ (blocks.at(-1));
  block(START + EPOCH + 1);
  const post = { epoch: 0, postNumber: 1, root: keccak256("0x01"), cumulativeTotal: 1n };
  const times = { postedAt: START + EPOCH + 1, claimableAt: START + EPOCH + 2 };
  const snapshot = { snapshotBlock: number, snapshotHash: hash, datasetHash: NOTHING };
  log(contracts.distributor, "RootPosted", {
    ...post,
    ...snapshot,
    ...times,
    quorum: 1,
    rollingHash: NOTHING,
  });
  block(START + EPOCH + 100);
  const none = () => ({ hash: NOTHING, count: 0 });
  /** @type {RecordedChain} */
  const chain = {
    ...{ name: `version ${version}`, chainId: "31337", token: address(0x70ce), ...contracts, blocks, logs },
    ...{ clockStart: String(START), epochLength: String(EPOCH), deploymentBlock: 10, statements: [] },
    epochs: [],
    state: {
      provers: registered.map((own) => ({
        ...{
          ...own,
          registeredAt: String(START),
          claimed: "0",
          claimedCommission: "0",
          commissionSequence: 1,
        },
        ...{ commissionHash: NOTHING, stakeState: ["0", "0x"] },
      })),
      ...{ fulfilmentAccumulators: [none(), none()], missAccumulators: [none(), none()] },
      segments: [{ ...segment, budget: String(segment.budget) }],
      latestPost: {
        ...post,
        cumulativeTotal: "1",
        postedAt: String(times.postedAt),
        claimableAt: String(times.claimableAt),
      },
      ...{
        carry: String(segment.budget - 1n),
        totalClaimed: "0",
        registrations: { count: 0, rollingHash: "0x" },
      },
      postHistory: { latestPostHash: NOTHING, rollingHash: NOTHING },
    },
  };
  foldChain(chain);
  for (const [i, own] of chain.state.provers.entries())
    own.registeredAt = String(START + 1 + Math.floor(i / PER_BLOCK));
  return chain;
}

/** @param {object} args */
function texts(args) {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, String(value)]));
}
