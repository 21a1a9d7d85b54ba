// SPDX-License-Identifier: AGPL-3.0-only
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { bytesToHex } from "viem";
import { asChainError } from "../chain/errors.ts";
import { withTimeout } from "../chain/with-timeout.ts";
import type { Hex } from "../core/types.ts";
import { type Backend, type Job, UnprovableError } from "./backends.ts";
import { byUrgency, type Candidate, candidateOf, type Decision, decide, type Limits } from "./candidates.ts";
import { type CostRule, secondsFor } from "./cost.ts";
import type { Bid, BidJournal } from "./journal.ts";
import { type Action, commitmentOf, feeOf, type Market, type Request } from "./market.ts";
import { nextStep, STATUS, type Standing, type Step } from "./plan.ts";
import type { NewRequest } from "./requests.ts";
import { Retry } from "./retry.ts";
import { turns } from "./turns.ts";

/** One line of the node's log. */
export type Report = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface NodeParams {
  readonly market: Market;
  readonly newRequests: (head: bigint) => Promise<NewRequest[]>;
  readonly journal: BidJournal;
  readonly backend: Backend;
  readonly costs: CostRule;
  readonly limits: Limits & {
    /** After which an attempt to prove is given up and made anew, where the cost rule does not say how long one takes. */
    readonly proveSeconds: number;
  };
  /** Says what it would bid, and sends nothing. */
  readonly dryRun: boolean;
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
  /** While a zk proof is being made: until when it is of use, and what stops it. */
  proving?: { readonly deadline: bigint; readonly stop: AbortController };
  zkProof?: Hex;
}

/**
 * A prover at work: finds requests, bids what its costs say, reveals, proves and fulfils. Every step follows from the
 * chain and the journal, so that it can be killed at any moment and started again. A tick throws what ends all work,
 * as a chain that cannot be read; what fails for one request is told.
 */
export async function proverNode(
  params: NodeParams,
): Promise<{ tick: () => Promise<void>; stop: () => void }> {
  const { market, newRequests, journal, backend, costs, limits, dryRun, report } = params;
  const candidates = new Map<Hex, Candidate>();
  const bids = new Map<Hex, Tracked>();
  const seen = new Set<Hex>();
  const proveInTurn = turns(limits.parallel);
  const checkInTurn = turns(CHECKS_AT_ONCE);

  for (const bid of await journal.all()) {
    track(bid, 0n);
    report("resumed", { request: bid.id, fee: bid.fee });
  }

  function track(bid: Bid, promised: bigint, zkProof?: Hex): void {
    seen.add(bid.id);
    const known = zkProof === undefined ? {} : { zkProof };
    bids.set(bid.id, {
      bid,
      retry: new Retry(),
      wakeAt: 0n,
      promised,
      revealed: false,
      busy: false,
      ...known,
    });
  }

  async function tick(): Promise<void> {
    const { number, timestamp } = await market.head();
    // Nobody listens any more to a backend that is late.
    for (const { proving } of bids.values())
      if (proving && timestamp > proving.deadline) proving.stop.abort(LATE);
    for (const candidate of candidates.values()) {
      const { request, stop, checked } = candidate;
      if (request === undefined || timestamp <= request.commitEnd) continue;
      stop.abort(LATE);
      if (checked !== "no") refuse(candidate, { kind: "never", reason: "checked-too-late" });
    }
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
    const { id, inputUri } = tracked.bid;
    const { deadline, programKey } = request;
    const stop = new AbortController();
    tracked.proving = { deadline, stop };
    whileBusy(tracked, () =>
      proveInTurn(deadline, stop.signal, async () => {
        const began = performance.now();
        const seconds = secondsFor(costs, programKey);
        const patience = seconds === undefined ? limits.proveSeconds : PATIENCE * seconds;
        const job = await jobOf(request, id, inputUri);
        const zkProof = await withTimeout(patience * 1_000, stop.signal, async (signal) =>
          backend.prove(job, { deadline, signal }).catch((error: unknown) => {
            const timedOut = signal.aborted && !stop.signal.aborted;
            throw timedOut ? new Error(`the backend gave no zk proof within ${patience} seconds`) : error;
          }),
        );
        if (zkProof === undefined) throw new Error("no backend proves this any more");
        if (!(await market.verifies(request, zkProof))) {
          throw new Error(
            "the backend's zk proof is wrong: the verifier refuses it, and it is not handed in",
          );
        }
        tracked.zkProof = zkProof;
        report("proven", { request: id, ms: Math.round(performance.now() - began) });
      }).finally(() => {
        delete tracked.proving;
      }),
    );
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
    const due = [...candidates.values()].filter(({ retry, checked }) => retry.due && checked !== "asked");
    if (due.length === 0) return;
    const capacity = await market.capacity();
    await Promise.all(
      due.map((candidate) =>
        each([candidate], async () => {
          candidate.request ??= await market.request(candidate.id);
        }),
      ),
    );
    await each(byUrgency(due), async (candidate) => {
      const { id, inputUri, request, zkProof } = candidate;
      if (request === undefined) return;
      if (request.status !== STATUS.open || now > request.commitEnd) {
        candidates.delete(id);
        return;
      }
      const unrevealed = [...bids.values()].filter(({ revealed }) => !revealed);
      const promised = unrevealed.reduce((sum, { promised }) => sum + promised, 0n);
      const load = { capacity, promised, unrevealed: unrevealed.length, jobsInHand: bids.size };
      const decision = decide(costs, request, load, limits);
      if (decision.fee === undefined) {
        refuse(candidate, decision);
        return;
      }
      if (candidate.checked === "no") {
        checkLater(candidate, request);
        return;
      }
      candidates.delete(id);
      if (dryRun) {
        report("would-bid", {
          request: id,
          fee: decision.fee,
          maxFee: request.maxFee,
          lock: request.lockAmount,
        });
        return;
      }
      const bid = { id, inputUri, fee: decision.fee, salt: bytesToHex(randomBytes(32)) };
      await journal.put(bid);
      track(bid, promisedBy("none", request), zkProof);
    });
  }

  /** Asks the backend whether it can prove a request. However long that takes, bids of others go on. */
  function checkLater(candidate: Candidate, request: Request): void {
    const { id, inputUri, stop } = candidate;
    const { commitEnd: deadline } = request;
    candidate.checked = "asked";
    checkInTurn(deadline, stop.signal, async () => {
      const answer = await backend.check(await jobOf(request, id, inputUri), {
        deadline,
        signal: stop.signal,
      });
      if (answer === undefined) return refuse(candidate, { kind: "never", reason: "no-backend" });
      if (answer !== true && !(await market.verifies(request, answer))) {
        return refuse(candidate, { kind: "never", reason: "wrong-proof" });
      }
      if (answer !== true) candidate.zkProof = answer;
      candidate.checked = "yes";
    })
      .catch((error: unknown) => {
        candidate.checked = "no";
        if (error instanceof UnprovableError) {
          refuse(candidate, { kind: "never", reason: "unprovable", detail: error.message });
        } else if (error !== LATE) failed(id, candidate.retry, error);
      })
      .catch((error: unknown) => failed(id, candidate.retry, error));
  }

  async function jobOf(
    { verifierVersion, programKey, publicValuesDigest }: Request,
    id: Hex,
    inputUri: string,
  ): Promise<Job> {
    const verifierKeyHash = await market.keyHash(verifierVersion);
    return { chainId: market.chainId, id, verifierKeyHash, programKey, publicValuesDigest, inputUri };
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

  /** Ends what backends are doing. */
  function stop(): void {
    for (const { proving } of bids.values()) proving?.stop.abort(LATE);
    for (const candidate of candidates.values()) candidate.stop.abort(LATE);
  }

  return { tick, stop };
}

const CHECKS_AT_ONCE = 4;
/** So many times as long as the operator says that a zk proof takes. */
const PATIENCE = 3;
const LATE = new Error("the backend was too late");

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
  { tick, stop }: { tick: () => Promise<void>; stop: () => void },
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
  stop();
}
