// SPDX-License-Identifier: AGPL-3.0-only
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Fault } from "../chain/endpoints/fault.ts";

/**
 * endpoints: one contradicted the others. logs: they contradict the contracts' state. artifact: a stored file is not
 * what it is called. root: the chain holds another.
 */
type Mismatch = (typeof MISMATCHES)[number];
const MISMATCHES = ["endpoints", "logs", "artifact", "root"] as const;
type Task = (typeof TASKS)[number];
const TASKS = ["job", "claim", "expire"] as const;
/** Of what happened once, a rate needs to have seen nothing before it: so it is there from the first scrape on. */
const ROUTE = "/metrics";

/** What the service counts and shows to Prometheus. Whoever sees something happen tells it here. */
export interface Metrics {
  readonly registry: Registry;
  /** Which endpoints may fail, by host. */
  readonly endpoints: (hosts: readonly string[]) => void;
  readonly rpcRequest: () => void;
  readonly rpcFault: (fault: Pick<Fault, "host" | "kind">) => void;
  readonly mismatch: (kind: Mismatch) => void;
  /** Roots posted, provers paid, requests ended. */
  readonly done: (task: Task, count: number) => void;
  readonly failed: (task: Task) => void;
  /** A transaction that the chain contradicted, and that was made anew. */
  readonly remade: () => void;
  readonly answered: (request: Answered) => void;
  readonly gauges: Gauges;
}

interface Answered {
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** The state of things, set when it is asked for. */
export type Gauges = Readonly<Record<keyof typeof GAUGES, (value: number) => void>> & {
  readonly lastRoot: (root: { epoch: number; status: string; root: string } | undefined) => void;
};

const GAUGES = {
  chainUp: ["chain_up", "1 if the chain answered when this was asked for"],
  syncLag: ["sync_lag_seconds", "Seconds since the last block that was read"],
  headBlock: ["head_block", "The last block that was read"],
  currentEpoch: ["current_epoch", "The epoch that runs now"],
  lastEpoch: ["last_posted_epoch", "The last epoch for which a root was posted"],
  epochAge: ["epoch_age_seconds", "Seconds since the end of the last epoch whose root is active"],
  epochsDue: ["epochs_due", "Epochs that have ended and have no root"],
  epochsOverdue: ["epochs_overdue", "Epochs that should have a root by now and have none"],
  rootVetoed: ["root_vetoed", "1 if the last root was vetoed, and none was posted anew"],
  outboxPending: [
    "outbox_pending_seconds",
    "Seconds since the transaction under way was first seen; 0: none is",
  ],
  funds: ["funds_tokens", "Tokens that the distributor holds"],
  shortfall: ["shortfall_tokens", "Tokens that its promises exceed the funds by"],
  runway: ["funding_runway_epochs", "Epochs, the running one first, whose budgets the funds cover"],
  signerBalance: ["signer_balance_ether", "What the key that posts can pay for gas with"],
} as const;

const PREFIX = "provender_";
/** A proof takes a tenth of a millisecond, a slow endpoint many seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counters at zero; gauges are absent until they are set. */
export function newMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `${PREFIX}${name}`, help, labelNames, registers });
  const rpcRequests = counter("rpc_requests_total", "HTTP requests sent to RPC endpoints", []);
  const rpcErrors = counter("rpc_errors_total", "Failures of RPC endpoints", ["endpoint", "kind"]);
  const mismatches = counter("mismatches_total", "Things that should agree and do not", ["kind"]);
  const done = counter("done_total", "Roots posted, provers paid, requests ended", ["task"]);
  const failures = counter("task_failures_total", "Tasks that failed, to be tried again", ["task"]);
  const remade = counter("transactions_remade_total", "Transactions that the chain contradicted", []);
  for (const kind of MISMATCHES) mismatches.inc({ kind }, 0);
  for (const task of TASKS) {
    done.inc({ task }, 0);
    failures.inc({ task }, 0);
  }
  const seconds = new Histogram({
    name: `${PREFIX}http_request_seconds`,
    help: "How long answers took",
    labelNames: ["route", "status"] as const,
    buckets: BUCKETS,
    registers,
  });
  for (const status of [200, 500]) seconds.zero({ route: ROUTE, status });
  return {
    registry,
    endpoints(hosts) {
      for (const endpoint of hosts) rpcErrors.inc({ endpoint, kind: "unreachable" }, 0);
    },
    rpcRequest: () => rpcRequests.inc(),
    rpcFault: ({ host, kind }) => {
      rpcErrors.inc({ endpoint: host, kind });
      if (kind === "contradicted") mismatches.inc({ kind: "endpoints" });
    },
    mismatch: (kind) => mismatches.inc({ kind }),
    done: (task, count) => done.inc({ task }, count),
    failed: (task) => failures.inc({ task }),
    remade: () => remade.inc(),
    answered: ({ route, status, seconds: taken }) => seconds.observe({ route, status }, taken),
    gauges: { ...gaugesIn(registry), lastRoot: lastRootIn(registry) },
  };
}

function gaugesIn(registry: Registry) {
  const entries = Object.entries(GAUGES).map(([key, [name, help]]) => {
    const gauge = new Gauge({ name: `${PREFIX}${name}`, help, registers: [registry] });
    // Absent until it is known: a zero would be taken for one.
    gauge.remove();
    return [key, (value: number) => gauge.set(value)];
  });
  return Object.fromEntries(entries) as Readonly<Record<keyof typeof GAUGES, (value: number) => void>>;
}

function lastRootIn(registry: Registry): Gauges["lastRoot"] {
  const gauge = new Gauge({
    name: `${PREFIX}last_root_info`,
    help: "The last root that was posted",
    labelNames: ["epoch", "status", "root"] as const,
    registers: [registry],
  });
  return (root) => {
    gauge.reset();
    if (root !== undefined) gauge.set(root, 1);
  };
}
