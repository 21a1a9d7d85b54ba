// SPDX-License-Identifier: AGPL-3.0-only
import { createHmac } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { getAddress } from "viem";
import { authorized } from "../chain/authorization.ts";
import type { System } from "../chain/system.ts";
import { isHttpUrl } from "./config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

/** What somebody may want to be woken for. */
type NoticeKind = "posted" | "vetoed" | "mismatch" | "late" | "underfunded" | "low-balance";

export interface Notice {
  readonly kind: NoticeKind;
  readonly message: string;
  /** An epoch, a root, a transaction: whatever the message is about. */
  readonly details?: Readonly<Record<string, string | number>> | undefined;
}

export interface Notifier {
  /** Sends it, and comes back once it is taken or given up. */
  readonly send: (notice: Notice) => Promise<void>;
  /** Sends those that were not there at the last look. */
  readonly watch: (notices: readonly Notice[]) => Promise<void>;
}

const SECRET = "PROVENDER_NOTIFY_SECRET";
/** Milliseconds until the next try; after the last it is given up. */
const PAUSES = [1_000, 5_000, 25_000, 125_000];
const TIMEOUT = 10_000;

export interface NotifierOptions {
  readonly url: string;
  readonly secret: string;
  /** What every notice carries: whose deployment it is of. */
  readonly about: Readonly<Record<string, string>>;
  readonly warn: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly pauses?: readonly number[] | undefined;
}

/**
 * Posts JSON: `kind`, `message`, `details`, `time` in seconds, `chainId` and `distributor`. The header
 * `x-provender-signature` is `sha256=` and the HMAC-SHA256 of the body under the secret, in hexadecimal digits. Any answer
 * but 2xx is tried again with the same body, at last after two and a half minutes.
 */
export function notifierOf({ url, secret, about, warn, signal, pauses = PAUSES }: NotifierOptions): Notifier {
  let known = new Set<string>();

  async function send(notice: Notice): Promise<void> {
    const body = JSON.stringify({ ...notice, ...about, time: String(Math.floor(Date.now() / 1_000)) });
    const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    for (let tries = 0; ; tries++) {
      const failure = await post(body, signature);
      if (failure === undefined) return;
      const pause = pauses[tries];
      if (pause === undefined || signal?.aborted) {
        // The URL may carry a key.
        warn(`--notify: ${notice.kind} was not taken: ${failure}`);
        return;
      }
      await setTimeout(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async function post(body: string, signature: string): Promise<string | undefined> {
    const at = authorized(url);
    const headers = {
      "content-type": "application/json",
      "x-provender-signature": signature,
      ...at.headers,
    };
    try {
      const answer = await fetch(at.url, {
        ...{ method: "POST", headers, body, redirect: "error" },
        signal: AbortSignal.timeout(TIMEOUT),
      });
      await answer.arrayBuffer();
      return answer.ok ? undefined : `it answers ${answer.status}`;
    } catch (error) {
      return error instanceof Error && error.name === "TimeoutError"
        ? "it does not answer"
        : "it cannot be reached";
    }
  }

  return {
    send,
    async watch(notices) {
      const fresh = notices.filter(({ kind }) => !known.has(kind));
      known = new Set(notices.map(({ kind }) => kind));
      await Promise.all(fresh.map(send));
    },
  };
}

/** Whose deployment a notice is of. */
export function aboutOf({ chainId, distributor }: Pick<System, "chainId" | "distributor">) {
  return { chainId: String(chainId), distributor: getAddress(distributor) };
}

/** Of a root that was posted. */
export function postedNotice({
  result,
  datasetHash,
  transaction,
}: {
  readonly result: { readonly input: { readonly epoch: number }; readonly root: string };
  readonly datasetHash: string;
  readonly transaction?: string | undefined;
}): Notice {
  const { epoch } = result.input;
  const details = {
    epoch,
    root: result.root,
    datasetHash,
    ...(transaction !== undefined && { transaction }),
  };
  return { kind: "posted", message: `posted the root of epoch ${epoch}`, details };
}

export interface NotifyFlags {
  readonly notify?: string;
}

/** What the flag asks for, if anything. @throws UsageError for a URL that is none, or without a secret to sign by */
export function openNotifier(
  { env }: Context,
  { notify }: NotifyFlags,
  options: Omit<NotifierOptions, "url" | "secret">,
): Notifier | undefined {
  if (notify === undefined) return undefined;
  if (!isHttpUrl(notify)) {
    // The text is not repeated: such URLs carry keys.
    throw new UsageError("--notify: not an http or https URL", "such as https://example.org/hook");
  }
  const secret = env[SECRET];
  if (secret === undefined || secret === "") {
    throw new UsageError(
      `--notify: ${SECRET} is not set`,
      "set it to what the receiver checks signatures by",
    );
  }
  return notifierOf({ url: notify, secret, ...options });
}
