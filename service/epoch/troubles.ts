// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Outbox } from "../chain/sending.ts";
import { epochBounds, type System } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import { StoreError } from "../store/store.ts";
import type { Schedule } from "./schedule.ts";
import type { Status } from "./status.ts";

/** What does not go on by itself, and nobody would otherwise hear of. */
export interface Trouble {
  readonly kind: "vetoed" | "overdue" | "policy" | "outbox";
  readonly message: string;
  readonly hint: string;
  /** Whether it is this process that does not do what it is there for. */
  readonly own: boolean;
}

export interface TroubleParams {
  readonly system: System;
  readonly status: () => Status | Promise<Status>;
  /** Whether this process posts, and when it may. */
  readonly posts?: boolean | undefined;
  readonly schedule?: Schedule | undefined;
  /** Where this process writes down what it sends. */
  readonly sender?: Sender | undefined;
}

export interface Sender {
  readonly client: PublicClient;
  readonly address: Address;
  readonly outbox: Pick<Outbox, "read">;
}

export interface Troubles {
  readonly found: readonly Trouble[];
  /** Epochs that should have a root by now. */
  readonly overdue: number;
  /** Seconds since the transaction under way was first seen; 0 if there is none. */
  readonly pending: number;
}

/** Seconds that an epoch's root may take, once it may be posted: its last block has to become final first. */
const PATIENCE = 3_600n;
/** Seconds that a transaction may take. */
const STUCK_AFTER = 60;

/** Looks for them; it remembers since when a transaction is under way. */
export function troubleWatch(params: TroubleParams): () => Promise<Troubles> {
  const pendingOf = params.sender === undefined ? async () => NOTHING_SENT : pendingWatch(params.sender);
  return async () => {
    const [status, sent] = await Promise.all([params.status(), pendingOf()]);
    const { posts: own = false } = params;
    const { latest, unrunnable } = status;
    const overdue = overdueEpochs(params, status);
    const found: Trouble[] = unrunnable.map((policy) => ({ ...policy, kind: "policy", own: false }));
    if (latest?.vetoed) {
      found.push({
        ...{ kind: "vetoed", own },
        message: `the root of epoch ${latest.epoch} (post ${latest.postNumber}) was vetoed`,
        hint: "find out why, then post anew: see the runbook",
      });
    } else if (overdue > 0) {
      found.push({ ...{ kind: "overdue", own }, ...overdueText(params.system, status) });
    }
    if (sent.message !== undefined) {
      const hint = "see that the account can pay for gas, and that --max-fee allows what gas costs";
      found.push({ kind: "outbox", own: true, message: sent.message, hint: sent.hint ?? hint });
    }
    return { found, overdue, pending: sent.seconds };
  };
}

/** How many that have ended, and could have been posted for an hour by now, have no root. */
function overdueEpochs({ system, schedule }: TroubleParams, status: Status): number {
  let epoch = status.nextEpoch;
  for (; epoch < status.currentEpoch; epoch++) {
    const { end } = epochBounds(system, epoch);
    // A schedule that has come to its end releases nothing any more.
    const released = schedule?.firstFiring(end) ?? end;
    if (status.timestamp <= released + PATIENCE) break;
  }
  return epoch - status.nextEpoch;
}

function overdueText(system: System, { nextEpoch, latest, timestamp }: Status) {
  const hours = (timestamp - epochBounds(system, nextEpoch).end) / 3_600n;
  const missing = latest === undefined || latest.active ? 0n : latest.quorum - latest.attestations;
  const message = `epoch ${nextEpoch} ended ${hours} ${hours === 1n ? "hour" : "hours"} ago, and has no root`;
  return missing > 0n
    ? {
        message: `${message}: the one before lacks attestations (${missing})`,
        hint: "auditors run `provender audit`, then `provender attest`",
      }
    : { message, hint: "see what the job says, and `provender doctor`" };
}

interface Pending {
  readonly seconds: number;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
}

const NOTHING_SENT: Pending = { seconds: 0 };

function pendingWatch({ client, address, outbox }: Sender): () => Promise<Pending> {
  let seen: { readonly nonce: number; readonly at: number } | undefined;
  return async () => {
    let nonce: number | undefined;
    try {
      nonce = (await outbox.read())?.nonce;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { seconds: 0, message: error.message, hint: error.hint };
    }
    const mined = nonce === undefined ? 0 : await client.getTransactionCount({ address });
    if (nonce === undefined || mined > nonce) {
      seen = undefined;
      return NOTHING_SENT;
    }
    if (seen?.nonce !== nonce) seen = { nonce, at: performance.now() };
    const seconds = Math.floor((performance.now() - seen.at) / 1_000);
    if (seconds < STUCK_AFTER) return { seconds };
    return { seconds, message: `the transaction of ${address} with nonce ${nonce} is not mined` };
  };
}
