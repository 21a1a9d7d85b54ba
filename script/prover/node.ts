// SPDX-License-Identifier: AGPL-3.0-only
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { bytesToHex } from "viem";
import { asChainError } from "../../service/chain/errors.ts";
import type { Hex } from "../../service/core/types.ts";
import type { Backend } from "./backends.ts";
import {
  byUrgency,
  type Candidate,
  candidateOf,
  type Decision,
  decide,
  examine,
  prepareJob,
} from "./candidates.ts";
import type { CostRule } from "./cost.ts";
import type { Bid, Journal } from "./journal.ts";
import { type Action, commitmentOf, feeOf, type Market, type Request } from "./market.ts";
import { nextStep, type Standing, type Step } from "./plan.ts";
import type { NewRequest } from "./requests.ts";
import { Retry } from "./retry.ts";

/** One line of the node's log. */
export type Report = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface NodeParams {
  readonly market: Market;
  readonly newRequests: (head: bigint) => Promise<NewRequest[]>;
  readonly journal: Journal;
  readonly backends: readonly Backend[];
  readonly costs: CostRule;
  readonly report: Report;
}

/** A bid of ours on its way through an auction. */
interface Tracked {
  readonly bid: Bid;
  readonly retry: Retry;
  /** The chain's time at which there is something to do about it. */
  wakeAt: bigint;
  /** Collateral that its reveal may come to lock, beyond what is locked now; none once it is revealed. */
  promised: bigint;
  revealed: boolean;
  /** Whether a transaction is on its way, or a zk proof is being made. */
  busy: boolean;
  zkProof?: Hex;
}

/**
 * A prover at work: finds requests, bids what its costs say, reveals, proves and fulfils. Every step follows from the
 * chain and the journal, so that it can be killed at any moment and started again.
 */
export async function proverNode(params: NodeParams): Promise<{ tick: () => Promise<void> }> {
  const { market, newRequests, journal, backends, costs, report } = params;
  const candidates = new Map<Hex, Candidate>();
  const bids = new Map<Hex, Tracked>();
  const seen = new Set<Hex>();
  /** One zk proof at a time: each keeps the machine busy. */
  let lastProof: Promise<void> = Promise.resolve();

  for (const bid of await journal.all()) {
    track(bid, 0n);
    report("resumed", { request: bid.id, fee: bid.fee });
  }

  function track(bid: Bid, promised: bigint): void {
    seen.add(bid.id);
    bids.set(bid.id, { bid, retry: new Retry(), wakeAt: 0n, promised, revealed: false, busy: false });
  }

  async function tick(): Promise<void> {
    const { number, timestamp } = await market.head();
    for (const request of await newRequests(number)) {
      if (seen.has(request.id)) continue;
      seen.add(request.id);
      candidates.set(request.id, candidateOf(request));
    }
    await advance(timestamp);
    await bidFor(timestamp);
    await advance(timestamp);
  }

  /** Takes the next step of every bid that has one. */
  async function advance(now: bigint): Promise<void> {
    const due = [...bids.values()].filter(({ busy, wakeAt, retry }) => !busy && wakeAt <= now && retry.due);
    const views = await Promise.all(
      due.map(({ bid }) => Promise.all([market.request(bid.id), market.standing(bid)])),
    );
    const steps = new Map(
      due.map((tracked, i) => {
        const [request, standing] = views[i] as (typeof views)[number];
        tracked.promised = promisedBy(standing, request);
        tracked.revealed = standing === "revealed";
        return [tracked, { request, step: nextStep(request, standing, market.prover, now) }];
      }),
    );
    const deadline = (tracked: Tracked) => Number(steps.get(tracked)?.request.deadline);
    await each(
      due.sort((a, b) => deadline(a) - deadline(b)),
      (tracked) => {
        const { request, step } = steps.get(tracked) as { request: Request; step: Step };
        return take(tracked, request, step);
      },
    );
  }

  async function take(tracked: Tracked, request: Request, step: Step): Promise<void> {
    const { bid } = tracked;
    switch (step.kind) {
      case "wait":
        tracked.wakeAt = step.until;
        return;
      case "commit":
        return send(tracked, "commit", [bid.id, market.prover, commitmentOf(bid, market.prover)]);
      case "reveal":
        return send(tracked, "reveal", [bid.id, market.prover, bid.fee, bid.salt]);
      case "fulfil":
        if (tracked.zkProof !== undefined) return send(tracked, "fulfil", [bid.id, tracked.zkProof]);
        report("proving", { request: bid.id, price: request.price, deadline: request.deadline });
        proveLater(tracked, request);
        return;
      case "end":
        await journal.remove(bid.id);
        bids.delete(bid.id);
        report("ended", { request: bid.id, outcome: step.outcome });
    }
  }

  async function send<A extends Action>(
    tracked: Tracked,
    action: A,
    args: Parameters<typeof market.send<A>>[1],
  ): Promise<void> {
    const { mined } = await market.send(action, args);
    whileBusy(tracked, async () => {
      const receipt = await mined();
      tracked.retry.succeeded();
      const { transactionHash: transaction } = receipt;
      report(DONE[action], { request: tracked.bid.id, fee: feeOf(receipt) ?? tracked.bid.fee, transaction });
    });
  }

  function proveLater(tracked: Tracked, request: Request): void {
    whileBusy(tracked, () => {
      const proof = lastProof.then(async () => {
        const began = performance.now();
        const make = await prepareJob(market, backends, request, tracked.bid.inputUri);
        if (make === undefined) throw new Error("no backend proves this any more");
        tracked.zkProof = await make();
        report("proven", { request: tracked.bid.id, ms: Math.round(performance.now() - began) });
      });
      lastProof = proof.catch(() => undefined);
      return proof;
    });
  }

  /** The rest of the node's work goes on meanwhile. */
  function whileBusy(tracked: Tracked, action: () => Promise<void>): void {
    tracked.busy = true;
    action()
      .catch((error: unknown) => failed(tracked.bid.id, tracked.retry, error))
      .finally(() => {
        tracked.busy = false;
        tracked.wakeAt = 0n;
      });
  }

  /** Bids for what can be proven and paid for. */
  async function bidFor(now: bigint): Promise<void> {
    const due = [...candidates.values()].filter(({ retry }) => retry.due);
    if (due.length === 0) return;
    const capacity = await market.capacity();
    // All at once: a requester whose input is slow to come keeps nobody else waiting.
    await Promise.all(
      due.map((candidate) =>
        each([candidate], async () => {
          const decision = await examine(market, backends, candidate, now);
          if (decision !== undefined) refuse(candidate, decision);
        }),
      ),
    );
    await each(byUrgency(due), async (candidate) => {
      const { id, inputUri, request, prove } = candidate;
      if (request === undefined || prove === undefined || !candidates.has(id)) return;
      const unrevealed = [...bids.values()].filter(({ revealed }) => !revealed);
      const promised = unrevealed.reduce((sum, { promised }) => sum + promised, 0n);
      const load = { capacity, promised, unrevealed: unrevealed.length, jobsInHand: bids.size };
      const decision = decide(costs, request, load);
      if (decision.fee === undefined) {
        refuse(candidate, decision);
        return;
      }
      const bid = { id, inputUri, fee: decision.fee, salt: bytesToHex(randomBytes(32)) };
      await journal.put(bid);
      candidates.delete(id);
      track(bid, promisedBy("none", request));
    });
  }

  function refuse(candidate: Candidate, { kind, reason, detail }: Decision): void {
    if (kind === "never") candidates.delete(candidate.id);
    if (reason === undefined || reason === candidate.reason) return;
    candidate.reason = reason;
    report("not-bid", { request: candidate.id, reason, ...(detail === undefined ? {} : { detail }) });
  }

  /** One after the other; what fails is reported, rests, and hinders no other. */
  async function each<T extends Tracked | Candidate>(
    items: readonly T[],
    action: (item: T) => Promise<void>,
  ): Promise<void> {
    for (const item of items) {
      try {
        await action(item);
      } catch (error) {
        failed("bid" in item ? item.bid.id : item.id, item.retry, error);
      }
    }
  }

  function failed(request: Hex, retry: Retry, error: unknown): void {
    retry.failed();
    report("failed", { request, error: messageOf(error) });
  }

  return { tick };
}

const DONE = { commit: "committed", reveal: "revealed", fulfil: "fulfilled" } as const;

function promisedBy(standing: Standing, { lockAmount, bond }: Request): bigint {
  if (standing === "revealed") return 0n;
  // A sealed bid has its bond locked, which its reveal releases first.
  if (standing === "sealed") return lockAmount > bond ? lockAmount - bond : 0n;
  return lockAmount > bond ? lockAmount : bond;
}

function messageOf(error: unknown): string {
  const known = asChainError(error);
  return known instanceof Error ? known.message : String(known);
}

/** Ticks until the signal fires. An endpoint that is down for a while only costs time. */
export async function runUntil(
  { tick }: { tick: () => Promise<void> },
  { everyMs, signal, report }: { everyMs: number; signal: AbortSignal; report: Report },
): Promise<void> {
  const retry = new Retry();
  while (!signal.aborted) {
    if (retry.due) {
      await tick().then(
        () => retry.succeeded(),
        (error: unknown) => {
          retry.failed();
          report("failed", { error: messageOf(error) });
        },
      );
    }
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
