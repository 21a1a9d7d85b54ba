// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { StoreError } from "./store.ts";

/** Where a bucket is, and who may use it. */
export interface ObjectLocation {
  /** The bucket's URL, without a slash at its end. */
  readonly bucketUrl: string;
  /** Comes before every key; without a slash at either end, and may be empty. */
  readonly prefix: string;
  /** For people: s3://bucket/prefix. */
  readonly name: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What is to be put, which may be sent more than once. */
export interface Upload {
  readonly size: number;
  /** Of all of it, in hexadecimal digits: signed, so that what arrives is what was sent. */
  readonly sha256: string;
  readonly parts: () => AsyncIterable<Uint8Array>;
}

/** An object store that speaks the S3 protocol, as every such server has known it from the start. */
export interface Objects {
  readonly where: (key: string) => string;
  /** The object's bytes as they come; undefined if there is none. */
  readonly get: (key: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  readonly has: (key: string) => Promise<boolean>;
  /** Whether it was put: with `once`, only where the server knows of no object by that key. */
  readonly put: (key: string, upload: Upload, once: boolean) => Promise<boolean>;
  /** Keys that begin with `prefix`, in ascending order. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
}

/** Milliseconds that a server may be silent. */
const PATIENCE = 30_000;
const ATTEMPTS = 4;
/** Milliseconds before the second attempt; doubled each time. */
const PAUSE = 200;
/** A condition that was not met, or that another writer is about to decide. */
const EXISTS = [412, 409];
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/**
 * A bucket of an S3 server, or a part of one. What fails in passing is asked again, four times in all.
 * @throws from each of its functions, if the server refuses or stays silent for 30 seconds
 */
export function objectsAt(location: ObjectLocation): Objects {
  const { bucketUrl, prefix, name } = location;
  const client = new AwsClient({ ...location, sessionToken: location.sessionToken ?? "", service: "s3" });
  const named = (key: string) => (prefix === "" ? key : `${prefix}/${key}`);
  const where = (key: string) => `${name}/${key}`;

  /** Passing faults are tried again; what a request that may have been carried out says then, its caller knows. */
  async function ask(
    method: string,
    url: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: Upload } = {},
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const answer = await once(method, url, headers, body).catch((cause: unknown) => cause as Error);
      const passes = answer instanceof Error || PASSING.has(answer.status);
      if (!passes) return answer;
      if (attempt === ATTEMPTS) {
        if (answer instanceof Response) return answer;
        throw unreachable(name, answer);
      }
      if (answer instanceof Response) await answer.body?.cancel();
      await setTimeout(PAUSE * 2 ** (attempt - 1));
    }
  }

  async function once(
    method: string,
    url: string,
    headers: Record<string, string>,
    body: Upload | undefined,
  ): Promise<Response> {
    const signed = await client.sign(url, {
      method,
      headers: { ...headers, "x-amz-content-sha256": body?.sha256 ?? EMPTY_SHA256 },
    });
    const silence = AbortSignal.timeout(PATIENCE + Math.ceil((body?.size ?? 0) / SLOWEST));
    // Elsewhere another signature is due: what a redirect says is told.
    const request: RequestInit & { duplex?: "half" } = {
      ...{ method, headers: signed.headers, signal: silence, redirect: "manual" },
    };
    if (body === undefined) return fetch(signed.url, request);
    const sized = new Headers(signed.headers);
    sized.set("content-length", String(body.size));
    const stream = ReadableStream.from(body.parts());
    return fetch(signed.url, { ...request, headers: sized, body: stream as never, duplex: "half" });
  }

  const urlOf = (key: string) => `${bucketUrl}/${named(key).split("/").map(encodeURIComponent).join("/")}`;

  return {
    where,

    async get(key) {
      const answer = await ask("GET", urlOf(key));
      if (answer.ok) return bodyOf(name, answer);
      const refusal = await refusalOf(answer);
      // A bucket that is not there is no store without the object.
      if (answer.status === 404 && refusal.code !== NO_BUCKET) return undefined;
      throw refused("read", where(key), refusal);
    },

    async has(key) {
      const answer = await ask("HEAD", urlOf(key));
      if (answer.status === 404) return false;
      if (!answer.ok) throw refused("read", where(key), await refusalOf(answer));
      return true;
    },

    async put(key, upload, once) {
      const condition = once ? { "if-none-match": "*" } : undefined;
      const answer = await ask("PUT", urlOf(key), {
        headers: { "content-type": "application/octet-stream", ...condition },
        body: upload,
      });
      if (once && EXISTS.includes(answer.status)) {
        await answer.body?.cancel();
        return false;
      }
      if (!answer.ok) throw refused("write", where(key), await refusalOf(answer));
      await answer.body?.cancel();
      return true;
    },

    async list(wanted) {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const query = new URLSearchParams({ "list-type": "2", prefix: named(wanted) });
        if (token !== undefined) query.set("continuation-token", token);
        const answer = await ask("GET", `${bucketUrl}/?${query}`);
        if (!answer.ok) throw refused("list", name, await refusalOf(answer));
        const text = await answer.text();
        const skipped = named("").length;
        for (const [, key = ""] of text.matchAll(/<Key>([^<]*)<\/Key>/g))
          keys.push(plain(key).slice(skipped));
        token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
        token = token === undefined ? undefined : plain(token);
      } while (token !== undefined);
      return keys.sort();
    },
  };
}

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** Bytes a millisecond. */
const SLOWEST = 100;

async function* bodyOf(name: string, { body }: Response): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) yield part;
  } catch (cause) {
    throw unreachable(name, cause as Error);
  }
}

/** The characters that XML writes in another way. */
function plain(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(\w+|#\d+);/g, (whole, name: string) =>
    name.startsWith("#") ? String.fromCodePoint(Number(name.slice(1))) : (names[name] ?? whole),
  );
}

function unreachable(name: string, cause: Error): StoreError {
  const reason = (cause.cause as NodeJS.ErrnoException | undefined)?.code ?? cause.message;
  return new StoreError(
    "unreadable",
    `the object store of ${name} does not answer: ${reason}`,
    "check that it runs, and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; what was stored is kept",
    { cause },
  );
}

const NO_BUCKET = "NoSuchBucket";

interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  /** Where the bucket is, if that is somewhere else. */
  readonly region: string | undefined;
}

async function refusalOf(answer: Response): Promise<Refusal> {
  const text = await answer.text().catch(() => "");
  const field = (name: string) => new RegExp(`<${name}>([\\w-]*)</${name}>`).exec(text)?.[1];
  const region = field("Region") ?? answer.headers.get("x-amz-bucket-region") ?? undefined;
  return { status: answer.status, code: field("Code"), region };
}

/** What is to be done, by the code that servers give. */
const HINTS: Readonly<Record<string, string>> = {
  [NO_BUCKET]: "create the bucket, or name another",
  InvalidAccessKeyId: "check AWS_ACCESS_KEY_ID, and that it is a key of this store: AWS_ENDPOINT_URL",
  SignatureDoesNotMatch: "check AWS_SECRET_ACCESS_KEY",
  ExpiredToken: "renew AWS_SESSION_TOKEN and the keys with it",
  InvalidToken: "renew AWS_SESSION_TOKEN and the keys with it, or unset it",
  RequestTimeTooSkewed: "set this machine's clock",
  AccessDenied: "the key needs s3:GetObject, s3:PutObject and s3:ListBucket on this bucket",
};

function refused(what: "read" | "write" | "list", where: string, refusal: Refusal): StoreError {
  const { status, code = "no reason given", region } = refusal;
  const elsewhere = status >= 300 && status <= 400 && region ? `set AWS_REGION=${region}` : undefined;
  const later = PASSING.has(status) ? "the store is busy or broken: try again later" : undefined;
  return new StoreError(
    what === "write" ? "unwritable" : "unreadable",
    `cannot ${what} ${where}: HTTP ${status}, ${code}`,
    HINTS[code] ??
      elsewhere ??
      later ??
      "check the bucket, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  );
}
