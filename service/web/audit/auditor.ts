// SPDX-License-Identifier: AGPL-3.0-only
import type { AuditOutcome, CheckedReport, EpochOutcome } from "../../audit/in-browser.ts";
import type { Progress } from "../../audit/progress.ts";
import type { Job, Order, Tale, Trouble } from "./messages.ts";
import workerUrl from "./worker.ts?worker&url";

class AuditTrouble extends Error {
  override readonly name = "AuditTrouble";
  readonly code: string | undefined;
  readonly hint: string | undefined;

  constructor({ code, message, hint }: Trouble) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export interface Listening {
  readonly onProgress: (progress: Progress) => void;
  readonly onEpoch: (epoch: EpochOutcome) => void;
  readonly onFault: (text: string) => void;
  /** Asks the wallet, where that is the endpoint. */
  readonly wallet: ((request: { method: string; params?: unknown }) => Promise<unknown>) | undefined;
  readonly signal: AbortSignal;
}

interface ScriptUrls {
  readonly createPolicy: (
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ) => { createScriptURL: (url: string) => string };
}

let policy: { createScriptURL: (url: string) => string } | undefined;

/** This worker's address, and no other, may become a script. */
function trusted(url: string): string {
  const types = (globalThis as { trustedTypes?: ScriptUrls }).trustedTypes;
  if (types === undefined) return url;
  policy ??= types.createPolicy("provender", {
    createScriptURL(asked) {
      if (asked !== workerUrl) throw new TypeError(`no script of this page: ${asked}`);
      return asked;
    },
  });
  return policy.createScriptURL(url);
}

function startWorker(): { worker: Worker; order: (order: Order) => void } {
  const worker = new Worker(trusted(workerUrl), { type: "module", name: "audit" });
  return { worker, order: (order) => worker.postMessage(order) };
}

/** Has what keeps a worker from working at all told. */
function onBroken(worker: Worker, tell: (trouble: AuditTrouble) => void): void {
  worker.addEventListener("error", ({ message }) => {
    const trouble = { code: undefined, message: message || "the auditor did not load", hint: undefined };
    tell(new AuditTrouble(trouble));
  });
}

/** Audits in a worker of its own, which ends with it. @throws AuditTrouble that says why nothing could be judged */
export async function auditHere(job: Job, listening: Listening): Promise<AuditOutcome> {
  const { worker, order } = startWorker();
  const { signal, wallet } = listening;
  const cancel = () => order({ kind: "cancel" });
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await new Promise<AuditOutcome>((resolve, reject) => {
      onBroken(worker, reject);
      worker.addEventListener("message", ({ data }: MessageEvent<Tale>) => {
        switch (data.kind) {
          case "progress":
            return listening.onProgress(data.progress);
          case "epoch":
            return listening.onEpoch(data.epoch);
          case "fault":
            return listening.onFault(data.text);
          case "audited":
            return resolve(data.outcome);
          case "failed":
            return reject(new AuditTrouble(data.trouble));
          case "ask":
            void answerOf(wallet, data.request).then((answer) =>
              order({ kind: "answer", id: data.id, answer }),
            );
        }
      });
      order({ kind: "audit", job });
    });
  } finally {
    signal.removeEventListener("abort", cancel);
    worker.terminate();
  }
}

async function answerOf(
  wallet: Listening["wallet"],
  request: { method: string; params?: unknown },
): Promise<object> {
  try {
    return { result: await wallet?.(request) };
  } catch (error) {
    const { code = -32_000, message } = error as { code?: number; message: string };
    return { error: { code, message } };
  }
}

/** Another auditor's report, by itself. @throws AuditTrouble if it is none */
export async function checkHere(report: Uint8Array): Promise<CheckedReport> {
  const { worker, order } = startWorker();
  try {
    return await new Promise<CheckedReport>((resolve, reject) => {
      onBroken(worker, reject);
      worker.addEventListener("message", ({ data }: MessageEvent<Tale>) => {
        if (data.kind === "checked") resolve(data.report);
        if (data.kind === "failed") reject(new AuditTrouble(data.trouble));
      });
      order({ kind: "check", report });
    });
  } finally {
    worker.terminate();
  }
}
