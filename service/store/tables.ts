// SPDX-License-Identifier: AGPL-3.0-only
import type { Generated, Insertable } from "kysely";

/**
 * Columns as they are in SQL. Money and sums are decimal texts: SQL stores and selects, bigint adds up. Block numbers,
 * times and counts are whole numbers below 2^53. Every table but the first belongs to one `deployment`, and each of its
 * rows follows from logs up to the deployment's synced block.
 */
export interface Tables {
  deployments: {
    id: number;
    chain_id: string;
    distributor: string;
    registry: string;
    market: string;
    clock_start: number;
    epoch_length: number;
    /** The first block whose logs are read. */
    start_block: number;
    /** The last block whose logs are in; null before the first. */
    synced_block: number | null;
    synced_hash: string | null;
    synced_time: number | null;
    /** The last block at which the logs were checked against the contracts' state. */
    checked_block: number | null;
  };
  /** The logs of a range of blocks, packed as they came. */
  pages: {
    deployment: number;
    last_block: number;
    first_block: number;
    last_hash: string;
    last_time: number;
    logs: Uint8Array;
    /** What shares are followed by, packed likewise; null if there is nothing. */
    stakes: Uint8Array | null;
  };
  provers: {
    deployment: number;
    /** Counted from 0 in the order of registration. */
    id: number;
    prover: string;
    vault: string;
    registered_at: number;
    block: number;
    /** Of all registrations up to this one; a decimal. */
    rolling_hash: string;
  };
  /**
   * What a prover did in an epoch, and its vault as the last change up to the epoch's end left it. Whoever did nothing
   * in an epoch has none. Changes before the clock's start are those of epoch −1.
   */
  epoch_activity: {
    deployment: number;
    epoch: number;
    prover: number;
    fulfilments: number;
    misses: number;
    work: string;
    fees: string;
    protocol_fees: string;
    active: string;
    active_seconds: string;
    rolling_hash: string;
    changed_at: number;
    /** The block of that change. */
    changed_in: number;
    /** All shares of the vault. */
    shares: Generated<string>;
    /** Its rewards that vest, as `share-price.ts` has them: unvested, at, end, deserted. */
    vesting: Generated<string>;
    /** What came in the epoch, as `fold-activity.ts` has it: fees, fee commission, other, slashed. */
    income: Generated<string>;
  };
  /** The market's accumulators, folded from logs: misses by their deadline's epoch. */
  epochs: {
    deployment: number;
    epoch: number;
    fulfilments: number;
    fulfilment_accumulator: string;
    misses: number;
    miss_accumulator: string;
  };
  misses: {
    deployment: number;
    deadline_epoch: number;
    sequence: number;
    /** The epoch that it was logged in, and is reported by. */
    epoch: number;
    prover: number;
    request_id: string;
    deadline: number;
    slashed: string;
    time: number;
    block: number;
  };
  commissions: {
    deployment: number;
    prover: number;
    sequence: number;
    source: string;
    bps: number;
    announced_at: number;
    effective_at: number;
    rolling_hash: string;
    block: number;
  };
  claims: {
    deployment: number;
    prover: number;
    /** Counted from 1 for each prover. */
    number: number;
    cumulative: string;
    /** Of all the prover's claims so far. */
    commission: string;
    block: number;
    /** The block's; null if the endpoint did not say it. */
    time: number | null;
  };
  segments: {
    deployment: number;
    /** Counted from 0. */
    number: number;
    from_epoch: number;
    budget: string;
    policy_hash: string;
    policy: Uint8Array;
    block: number;
  };
  posts: {
    deployment: number;
    /** The post number. */
    number: number;
    epoch: number;
    root: string;
    total: string;
    dataset_hash: string;
    /** What the publisher said: the contract takes any number. */
    snapshot_block: string;
    snapshot_hash: string;
    /** When its challenge window ends. */
    claimable_at: number;
    quorum: number;
    /** Of all posts and vetoes up to this one. */
    rolling_hash: string;
    block: number;
    /** The block of its veto. */
    vetoed_in: number | null;
    /** Of all posts and vetoes up to its veto. */
    veto_rolling_hash: string | null;
  };
  /** All requests. */
  requests: {
    deployment: number;
    id: string;
    requester: string;
    /** What was asked for, as `request-texts.ts` has it. */
    asked: string;
    /** A time that it was not made before; when it was, if that is known. */
    opened_after: number;
    opened_at: number | null;
    /** Seconds from then on until its auction is over. */
    reveal_seconds: number;
    bond: string;
    block: number;
    log_index: number;
    /** What became of it since, as `request-texts.ts` has it. */
    events: string;
    /** The block of the last of that, or its own. */
    changed_in: number;
    /** Who leads, or is assigned. */
    prover: string | null;
    ended_in: number | null;
  };
  /** Sealed bids that hold a bond, and for a while those that do no more. */
  bids: {
    deployment: number;
    request: string;
    prover: string;
    /** The last of the page that it came on; `unsealed_in` likewise. */
    block: number;
    unsealed_in: number | null;
  };
  /** Deployments of other networks than ours: their pages hold facts in place of logs. */
  networks: {
    deployment: number;
    /** JSON: keccak256 of the code at each address that may run; null until a first sync is through. */
    code_hashes: string | null;
    /** JSON: views that were not answered when what they vouch for was checked. */
    unanswered: string | null;
  };
  /** What the logs after a page are understood by; kept of the last pages, and of some before. */
  network_states: {
    deployment: number;
    last_block: number;
    /** Counted from 0 in the order of pages. */
    number: number;
    state: Uint8Array;
  };
  /** Facts that are looked for by something else than when they were logged. */
  network_facts: {
    deployment: number;
    block: number;
    log_index: number;
    /** In chain order, from 0 in every page. */
    number: number;
    kind: string;
    /** The epoch, the deadline or the time that it is found by. */
    at: number;
    fact: string;
  };
  /** The highest fee that a requester has paid for a statement; a row for each time that it rose. */
  network_statements: {
    deployment: number;
    /** The first bytes of its hash. */
    statement: Uint8Array;
    /** The first bytes of the address. */
    requester: Uint8Array;
    block: number;
    fee: string;
  };
  /** What addresses did with shares of vaults, with running sums of each address in each vault. */
  moves: {
    deployment: number;
    holder: string;
    prover: number;
    /** Counted from 1 for each holder. */
    number: number;
    kind: "deposit" | "exit" | "claim" | "received" | "sent";
    shares: string;
    /** What the shares were worth. */
    assets: string;
    /** Of the holder in this vault, with this move. */
    held: string;
    put_in: string;
    taken_out: string;
    block: number;
    time: number | null;
  };
  exits: {
    deployment: number;
    prover: number;
    controller: string;
    /** Counted from 1 for each controller in each vault. */
    number: number;
    shares: string;
    assets: string;
    pool_shares: string;
    generation: number;
    time: number;
    block: number;
  };
  slashes: {
    deployment: number;
    prover: number;
    block: number;
    log_index: number;
    from_active: string;
    from_unbonding: string;
    cause: "missed" | "unrevealed" | "other";
    request: string | null;
    time: number | null;
  };
  /** Attestations and vetoes. */
  votes: {
    deployment: number;
    block: number;
    log_index: number;
    post: number;
    kind: "attest" | "veto";
    by: string;
    time: number | null;
    transaction_hash: string | null;
  };
  /** Who was put on the list of auditors, and taken off. */
  auditors: {
    deployment: number;
    block: number;
    log_index: number;
    auditor: string;
    listed: number;
    time: number | null;
  };
  /** Provers' states, as the registry has them. */
  standings: {
    deployment: number;
    prover: number;
    block: number;
    log_index: number;
    state: number;
    time: number | null;
  };
}

/** A row that a fold makes: of which deployment it is, whoever writes it knows. */
export type NewRow<Table extends keyof Tables> = Omit<Insertable<Tables[Table]>, "deployment">;
