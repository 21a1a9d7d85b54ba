// SPDX-License-Identifier: AGPL-3.0-only
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import type { Hex } from "viem";
import { useSearchParams } from "wouter";
import type { AuditOutcome, CheckedReport, EpochOutcome } from "../../audit/in-browser.ts";
import type { Progress } from "../../audit/progress.ts";
import { auditHere, checkHere } from "../audit/auditor.ts";
import { keepLeaves } from "../audit/leaves.ts";
import { type Job, WALLET_URL } from "../audit/messages.ts";
import { type Page, usePage, useSource } from "../context.tsx";
import { shownCount } from "../format/amount.ts";
import { duration } from "../format/time.ts";
import { requireUrl } from "../settings.ts";
import { saveFile } from "../ui/files.ts";
import { Empty, Notice, Panel } from "../ui/states.tsx";
import { Share } from "../ui/values.tsx";
import { Verdict } from "../ui/verdict.tsx";
import { explain, reachHint } from "../wallet/errors.ts";
import { useWalletClient } from "../wallet/wallet-client.ts";

type Place = "page" | "wallet" | "url" | "bundle";

/** Milliseconds that an artifact is waited for, of a million provers over a slow line. */
const UNTIL_GIVEN = 120_000;

interface Running {
  readonly began: number;
  readonly progress: Progress | undefined;
  readonly faults: readonly string[];
}

/** The auditor's own code, run by the visitor. */
export default function Audit() {
  return (
    <>
      <h1>Audit</h1>
      <p className="lead">
        Recompute an epoch on your own machine: every log is read from an endpoint that you choose, checked
        against the contracts' state, and added up anew by the auditors' code. Nobody's result is taken over.
      </p>
      <Recompute />
      <CheckReport />
    </>
  );
}

function Recompute() {
  const page = usePage();
  const { network, source } = page;
  const [search] = useSearchParams();
  const wallet = useWalletClient(network.chainId);
  const epochs = useSource(["epochs"], (told) => told.epochs());
  const posted = epochs.data?.value.map(({ epoch }) => epoch) ?? [];
  const wanted = search.get("epoch");
  const [chosen, setChosen] = useState<string | undefined>(wanted ?? undefined);
  const epoch = chosen ?? (posted[0] === undefined ? "" : String(posted[0]));
  const [place, setPlace] = useState<Place>(network.rpc === undefined ? (wallet ? "wallet" : "url") : "page");
  const [running, setRunning] = useState<Running>();
  const [found, setFound] = useState<readonly EpochOutcome[]>([]);
  const [outcome, setOutcome] = useState<AuditOutcome>();
  const [error, setError] = useState<unknown>();
  const id = useId();
  const ending = useRef<AbortController>(undefined);
  useEffect(() => () => ending.current?.abort(), []);

  async function start(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (running !== undefined) return;
    const fields = new FormData(event.currentTarget);
    const controller = new AbortController();
    ending.current = controller;
    setError(undefined);
    setFound([]);
    setOutcome(undefined);
    setRunning({ began: performance.now(), progress: undefined, faults: [] });
    try {
      const job = await jobOf(fields, { page, place, epoch, signal: controller.signal });
      controller.signal.throwIfAborted();
      const audited = await auditHere(job, {
        signal: controller.signal,
        wallet: wallet && ((request) => wallet.request(request as never)),
        onProgress: (progress) => setRunning((before) => before && { ...before, progress }),
        onEpoch: (each) => setFound((before) => [...before, each]),
        onFault: (text) =>
          setRunning((before) =>
            before && !before.faults.includes(text)
              ? { ...before, faults: [...before.faults, text] }
              : before,
          ),
      });
      setOutcome(audited);
      keepProofs(audited, page);
    } catch (cause) {
      if (!controller.signal.aborted) setError(cause);
    } finally {
      setRunning(undefined);
    }
  }

  return (
    <>
      <Panel title="Recompute here" aside={<Share />}>
        <form onSubmit={start}>
          <div className="tools epoch">
            <label htmlFor={id}>
              <span>Epoch</span>
            </label>
            {posted.length > 0 && (wanted === null || posted.includes(Number(wanted))) ? (
              <select id={id} value={epoch} onChange={(event) => setChosen(event.target.value)}>
                {posted.map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </select>
            ) : (
              <input
                id={id}
                inputMode="numeric"
                pattern="[0-9]+"
                required
                value={epoch}
                onChange={(event) => setChosen(event.target.value)}
              />
            )}
          </div>
          <Places place={place} setPlace={setPlace} hasWallet={wallet !== undefined} />
          <details>
            <summary>More</summary>
            <Options hasApi={source.artifactUrl !== undefined} epoch={Number(epoch)} />
          </details>
          <div className="actions">
            <button
              type="submit"
              className="primary"
              aria-disabled={running !== undefined}
              disabled={epoch === ""}
            >
              {running === undefined ? "Recompute" : "Recomputing…"}
            </button>
            {running !== undefined && (
              <button type="button" onClick={() => ending.current?.abort()}>
                Cancel
              </button>
            )}
          </div>
        </form>
        {running && <ProgressBar running={running} />}
        {epochs.data && posted.length === 0 && (
          <Empty>No root has been posted yet: there is nothing to recompute.</Empty>
        )}
        {error !== undefined && <Unjudged error={error} />}
      </Panel>
      {found.map((each) => (
        <Verdict key={each.epoch} outcome={each} />
      ))}
      {outcome && <Keep outcome={outcome} />}
    </>
  );
}

function Places({
  place,
  setPlace,
  hasWallet,
}: {
  place: Place;
  setPlace: (place: Place) => void;
  hasWallet: boolean;
}) {
  const { network } = usePage();
  const id = useId();
  const choices: readonly (readonly [Place, string, boolean])[] = [
    [
      "page",
      `This page's endpoint${network.rpc ? `: ${URL.parse(network.rpc)?.host}` : ""}`,
      network.rpc !== undefined,
    ],
    ["wallet", "My wallet's endpoint", hasWallet],
    ["url", "Another endpoint", true],
    ["bundle", "A bundle that somebody recorded", true],
  ];
  return (
    <fieldset>
      <legend>Read the chain from</legend>
      {choices.map(([each, label, isThere]) => (
        <label key={each} className="choice">
          <input
            type="radio"
            name="place"
            value={each}
            checked={place === each}
            disabled={!isThere}
            onChange={() => setPlace(each)}
          />{" "}
          {label}
        </label>
      ))}
      {place === "url" && (
        <div className="stacked">
          <label htmlFor={`${id}-url`}>
            URL; several with commas between them, of which more than half must agree
          </label>
          <input
            id={`${id}-url`}
            name="url"
            inputMode="url"
            placeholder="https://…"
            required
            spellCheck={false}
          />
        </div>
      )}
      {place === "bundle" && (
        <div className="stacked">
          <label htmlFor={`${id}-bundle`}>The bundle's file</label>
          <input id={`${id}-bundle`} name="bundle" type="file" required />
        </div>
      )}
    </fieldset>
  );
}

function Options({ hasApi, epoch }: { hasApi: boolean; epoch: number }) {
  return (
    <div className="stacked">
      {hasApi && (
        <label className="choice">
          <input type="checkbox" name="compare" defaultChecked /> Compare with the published artifact, row by
          row
        </label>
      )}
      {epoch > 0 && (
        <>
          {hasApi && (
            <label className="choice">
              <input type="checkbox" name="continue" /> Continue from the artifact of epoch {epoch - 1}:
              quicker, for phones; what came before is believed
            </label>
          )}
          <label>
            Or continue from an artifact's file
            <input type="file" name="artifact" />
          </label>
        </>
      )}
      <label>
        Trusted block, as NUMBER:HASH: the endpoint has to prove all state against it
        <input name="trusted" placeholder="21843765:0x…" spellCheck={false} autoComplete="off" />
      </label>
      <label className="choice">
        <input type="checkbox" name="record" /> Record all that is read, for others to audit without network
      </label>
    </div>
  );
}

interface Asked {
  readonly signal: AbortSignal;
  readonly page: Page;
  readonly place: Place;
  readonly epoch: string;
}

async function bytesOf(field: FormDataEntryValue | null): Promise<Uint8Array | undefined> {
  return field instanceof File && field.size > 0 ? new Uint8Array(await field.arrayBuffer()) : undefined;
}

async function jobOf(fields: FormData, { page, place, epoch: text, signal }: Asked): Promise<Job> {
  const { network, source } = page;
  const epoch = Number(text);
  const isRecorded = fields.has("record");
  // As the auditor's files have it.
  const distributor = network.distributor.toLowerCase() as Hex;
  const bundle = await bytesOf(fields.get("bundle"));
  const from =
    bundle !== undefined && place === "bundle"
      ? { bundle }
      : { rpcUrl: urlOf(fields, place, network.rpc), isRecorded };
  const artifacts = new Map<number, Uint8Array>();
  const fetched = async (of: number) =>
    source.artifactUrl ? fetchBytes(source.artifactUrl(of), signal) : undefined;
  const published = fields.has("compare") ? await fetched(epoch) : undefined;
  if (published !== undefined) artifacts.set(epoch, published);
  const given = await bytesOf(fields.get("artifact"));
  const continueFrom = given ?? (fields.has("continue") && epoch > 0 ? await fetched(epoch - 1) : undefined);
  return {
    ...{ from, artifacts, continueFrom, trustedBlock: trustedOf(String(fields.get("trusted") ?? "")) },
    ...{ chainId: network.chainId, distributor, first: epoch, last: epoch },
  };
}

function urlOf(fields: FormData, place: Place, rpc: string | undefined): string {
  if (place === "wallet") return WALLET_URL;
  if (place === "page" && rpc !== undefined) return rpc;
  const urls = String(fields.get("url") ?? "").split(",");
  return urls.map((url) => requireUrl("endpoint", url.trim())).join(",");
}

function trustedOf(text: string): Job["trustedBlock"] {
  if (text.trim() === "") return undefined;
  const [, number, hash] = /^(?:(\d{1,18}):)?(0x[0-9a-fA-F]{64})$/.exec(text.trim()) ?? [];
  if (hash === undefined)
    throw new Error("trusted block: give its number, a colon, and its hash of 64 digits");
  return { hash: hash.toLowerCase() as Hex, ...(number !== undefined && { number: BigInt(number) }) };
}

/** Nothing if the server has no copy, or does not give it in time: the audit does without. */
async function fetchBytes(url: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(UNTIL_GIVEN)]),
    });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}

/** What was recomputed and came out as posted serves for claims, where there is no API to give the proofs. */
function keepProofs({ epochs }: AuditOutcome, { network, client }: Page): void {
  const last = epochs.at(-1);
  if (last?.artifact === undefined || last.report.verdicts.root.verdict !== "match") return;
  const { artifact } = last;
  keepLeaves({
    root: last.report.recomputed?.root ?? "0x",
    // Hashing all leaves takes a while: only for whoever claims.
    claim: async (prover) =>
      (await import("../audit/proofs.ts")).leavesOf(artifact, network, client).claim(prover),
  });
}

const PHASES = {
  looked: () => "Looked at the deployment and its posts",
  logs: ({ blocks, of, logs }: Extract<Progress, { phase: "logs" }>) =>
    `Reading logs: ${shownCount(logs)} in ${shownCount(blocks)} of ${shownCount(of)} blocks`,
  state: () => "Comparing the logs with the contracts' state",
  epoch: ({ epoch }: Extract<Progress, { phase: "epoch" }>) => `Judged epoch ${epoch}`,
};

function phaseText(progress: Progress | undefined): string {
  if (progress === undefined) return "Connecting";
  return (PHASES[progress.phase] as (told: Progress) => string)(progress);
}

function ProgressBar({ running: { began, progress, faults } }: { running: Running }) {
  const done = progress?.done ?? 0;
  const passed = (performance.now() - began) / 1_000;
  const left = done > 0.05 ? (passed * (1 - done)) / done : undefined;
  return (
    <div className="running" role="status">
      <progress max={1} value={done} aria-label="Done">
        {Math.round(done * 100)} %
      </progress>
      <p>
        {phaseText(progress)}
        {left !== undefined && left >= 1 && <span className="note"> · about {duration(left)} left</span>}
      </p>
      {faults.map((fault) => (
        <p key={fault} className="note">
          {fault}
        </p>
      ))}
    </div>
  );
}

function Unjudged({ error }: { error: unknown }) {
  const { message } = explain(error);
  const { code, hint: own } = error as { code?: string; hint?: string };
  const hint = [own ?? explain(error).hint, code === "unreachable" ? reachHint() : ""]
    .filter(Boolean)
    .join(". ");
  return (
    <Notice kind="warn">
      <p>
        <strong>UNJUDGED</strong>: {message}
        {hint && <>. {hint}</>}
      </p>
    </Notice>
  );
}

function Keep({ outcome }: { outcome: AuditOutcome }) {
  const names = outcome.epochs.map(({ epoch }) => epoch).join("-");
  const { report, bundle } = outcome;
  return (
    <div className="actions">
      <button type="button" onClick={() => saveFile(`report-${names}.json`, new Uint8Array(report))}>
        Save the report
      </button>
      {bundle && (
        <button type="button" onClick={() => saveFile(`bundle-${names}.json.gz`, new Uint8Array(bundle))}>
          Save the bundle
        </button>
      )}
      {outcome.epochs.map(
        ({ epoch, artifact }) =>
          artifact && (
            <button
              key={epoch}
              type="button"
              onClick={() => saveFile(`artifact-${epoch}.json`, new Uint8Array(artifact))}
            >
              Save the artifact of epoch {epoch}
            </button>
          ),
      )}
    </div>
  );
}

function CheckReport() {
  const [checked, setChecked] = useState<CheckedReport>();
  const [error, setError] = useState<unknown>();
  const id = useId();
  const check = async (file: File | undefined) => {
    setChecked(undefined);
    setError(undefined);
    if (file === undefined) return;
    try {
      setChecked(await checkHere(new Uint8Array(await file.arrayBuffer())));
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <Panel title="Check another auditor's report">
      <div className="stacked">
        <label htmlFor={id}>
          A report's file: does it follow from itself? Recompute its epochs to see what the chain says.
        </label>
        <input
          id={id}
          type="file"
          accept=".json,application/json"
          onChange={(event) => void check(event.target.files?.[0])}
        />
      </div>
      {error !== undefined && <Unjudged error={error} />}
      {checked && (
        <Notice kind={checked.objections.length === 0 ? "good" : "bad"}>
          <div>
            <p>
              {checked.objections.length === 0
                ? "It follows from itself. "
                : "It does not follow from itself: "}
              {checked.epochs
                .map(({ epoch, verdict }) => `epoch ${epoch}: ${verdict.toUpperCase()}`)
                .join(", ")}
            </p>
            <ul>
              {checked.objections.map((objection) => (
                <li key={JSON.stringify(objection)}>{objectionText(objection)}</li>
              ))}
            </ul>
          </div>
        </Notice>
      )}
    </Panel>
  );
}

function objectionText(objection: unknown): string {
  const { message } = objection as { message?: string };
  return message ?? JSON.stringify(objection);
}
