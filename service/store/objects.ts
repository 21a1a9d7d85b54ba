// SPDX-License-Identifier: AGPL-3.0-only
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { StoreError, UnavailableStore } from "./store.ts";

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

/** What became of a put: with `once`, a server may have an object by that key, or know no such condition. */
type PutOutcome = "put" | "exists" | "unconditional";

/** An object store that speaks the S3 protocol, as every such server has known it from the start. */
export interface Objects {
  readonly where: (key: string) => string;
  /** The object's bytes as they come, gone on with where a connection ends in the middle; undefined if there is none. */
  readonly get: (key: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  readonly has: (key: string) => Promise<boolean>;
  /** Nothing was put unless it says so: with `once`, only where the server knows of no object by that key. */
  readonly put: (key: string, upload: Upload, once: boolean) => Promise<PutOutcome>;
  /** Keys that begin with `prefix`, in ascending order. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
}

/** Milliseconds for which a server may be silent, and the most that it can ask for before it is asked again. */
const PATIENCE = 30_000;
const ATTEMPTS = 4;
/** Milliseconds before the second attempt; doubled each time, unless the server names a longer time. */
const PAUSE = 200;
/** The last: another writer is about to decide. */
const PASSING = new Set([408, 429, 500, 502, 503, 504, 409]);

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** All of the body, unless it is to be read in parts. */
  readonly text: string;
  readonly parts: AsyncIterable<Uint8Array>;
}

interface Asking {
  readonly headers?: Record<string, string>;
  readonly body?: Upload;
  /** Whether the body of a good answer is read in parts. */
  readonly isLong?: boolean;
}

/**
 * A bucket of an S3 server, or a part of one. What fails in passing is asked again, four times in all.
 * @throws StoreError from each of its functions, if the server refuses; UnavailableStore, if it stays silent for
 *   `patience` milliseconds or is out of order
 */
export function objectsAt(location: ObjectLocation, patience: number = PATIENCE): Objects {
  const { bucketUrl, prefix, name } = location;
  const client = new AwsClient({ ...location, sessionToken: location.sessionToken ?? "", service: "s3" });
  const named = (key: string) => (prefix === "" ? key : `${prefix}/${key}`);
  const where = (key: string) => `${name}/${key}`;

  /** Passing faults are tried again; what a request that may have been carried out says then, its caller knows. */
  async function ask(method: string, url: string, asking: Asking = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await once(method, url, asking).catch((cause: unknown) => cause as Error);
      if (!(answer instanceof Error) && !PASSING.has(answer.status)) return answer;
      if (attempt < ATTEMPTS) await pause(attempt, answer instanceof Error ? undefined : answer.headers);
      else if (answer instanceof Error) throw unreachable(name, answer);
      else return answer;
    }
  }

  async function once(method: string, url: string, { headers, body, isLong }: Asking): Promise<Answer> {
    const signed = await client.sign(url, {
      method,
      headers: { ...headers, "x-amz-content-sha256": body?.sha256 ?? EMPTY_SHA256 },
    });
    // Not signed, as servers in between change them.
    const sent = new Headers(signed.headers);
    sent.set("accept-encoding", "identity");
    const silence = newSilence(patience);
    silence.begin();
    // Elsewhere another signature is due: what a redirect says is told.
    const asked =
      body === undefined
        ? fetch(signed.url, { method, headers: sent, signal: silence.signal, redirect: "manual" })
        : upload(signed.url, sent, body.size, silence.whileSending(body.parts()), silence.signal);
    const answer = await asked.finally(silence.end);
    const parts = silence.whileReading((answer.body ?? []) as AsyncIterable<Uint8Array>);
    const isGood = answer.status >= 200 && answer.status < 300;
    const text = isGood && isLong ? "" : await textOf(parts);
    return { status: answer.status, headers: answer.headers, text, parts };
  }

  const urlOf = (key: string) => `${bucketUrl}/${named(key).split("/").map(encodeURIComponent).join("/")}`;

  /** Asks for the rest where it ends too soon. */
  async function* bodyOf(key: string, first: Answer): AsyncGenerator<Uint8Array> {
    let [answer, at, skipped] = [first, 0, 0];
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const part of answer.parts) {
          const rest = part.subarray(Math.min(skipped, part.length));
          skipped -= part.length - rest.length;
          at += rest.length;
          if (rest.length > 0) yield rest;
        }
        return;
      } catch (cause) {
        if (attempt === ATTEMPTS) throw unreachable(name, cause as Error);
      }
      await pause(attempt);
      const range = at > 0 ? { range: `bytes=${at}-` } : {};
      answer = await ask("GET", urlOf(key), { headers: range, isLong: true });
      if (!isGood(answer)) throw refused("read", where(key), answer);
      // A server may give all of it whatever is asked for.
      skipped = answer.status === PARTIAL ? 0 : at;
    }
  }

  return {
    where,

    async get(key) {
      const answer = await ask("GET", urlOf(key), { isLong: true });
      if (isGood(answer)) return bodyOf(key, answer);
      // A bucket that is not there is no store without the object.
      if (answer.status === 404 && codeOf(answer) !== NO_BUCKET) return undefined;
      throw refused("read", where(key), answer);
    },

    async has(key) {
      const answer = await ask("HEAD", urlOf(key));
      if (answer.status === 404) return false;
      if (!isGood(answer)) throw refused("read", where(key), answer);
      return true;
    },

    async put(key, upload, once) {
      const condition = once ? { "if-none-match": "*" } : undefined;
      const headers = { "content-type": "application/octet-stream", ...condition };
      const answer = await ask("PUT", urlOf(key), { headers, body: upload });
      if (isGood(answer)) return "put";
      if (once && (answer.status === 412 || answer.status === 409)) return "exists";
      if (once && answer.status === 501) return "unconditional";
      throw refused("write", where(key), answer);
    },

    async list(wanted) {
      const keys: string[] = [];
      const begin = named(wanted);
      let token: string | undefined;
      do {
        const query = new URLSearchParams({ "list-type": "2", prefix: begin });
        if (token !== undefined) query.set("continuation-token", token);
        const answer = await ask("GET", `${bucketUrl}/?${query}`);
        const { text } = answer;
        if (!isGood(answer)) throw refused("list", name, answer);
        for (const [, key = ""] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) {
          const found = plain(key);
          if (found.startsWith(begin)) keys.push(found.slice(named("").length));
        }
        const next = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
        const isCut = /<IsTruncated>\s*true/.test(text) && next === undefined;
        // An empty list would be taken for an empty store, and part of one for all of it.
        if (!text.includes("<ListBucketResult") || isCut || (next !== undefined && plain(next) === token))
          throw noListing(name);
        token = next && plain(next);
      } while (token !== undefined);
      return keys.sort();
    },
  };
}

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const PARTIAL = 206;

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** Ends a request in which its server does nothing; how long whoever sends or reads takes is not its fault. */
function newSilence(patience: number) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = () => clearTimeout(timer);
  const begin = () => {
    end();
    const reason = new Error(`nothing for ${patience / 1_000} s`);
    timer = setTimeout(() => controller.abort(reason), patience).unref();
  };
  return {
    signal: controller.signal,
    begin,
    end,
    async *whileSending(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      end();
      for await (const part of parts) {
        begin();
        yield part;
        end();
      }
      begin();
    },
    async *whileReading(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      try {
        begin();
        for await (const part of parts) {
          end();
          yield part;
          begin();
        }
      } finally {
        end();
      }
    },
  };
}

/** As `fetch` would, which keeps all that it sent of a body until its end. */
function upload(
  url: string,
  headers: Headers,
  size: number,
  parts: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ status: number; headers: Headers; body: AsyncIterable<Uint8Array> }> {
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const all = { ...Object.fromEntries(headers), "content-length": String(size) };
    const sending = request(url, { method: "PUT", headers: all, signal }, (answer) => {
      const given = Object.entries(answer.headersDistinct).map(([name, values]) => [name, String(values)]);
      resolve({
        status: answer.statusCode ?? 0,
        headers: new Headers(given as [string, string][]),
        body: answer,
      });
    });
    sending.on("error", reject);
    // What a server refuses early is its answer, not that it takes no more.
    pipeline(Readable.from(parts, { objectMode: false, highWaterMark: 1 }), sending).catch(reject);
  });
}

/** As long as the server asks for, in seconds or up to a time. */
function pause(attempt: number, headers?: Headers): Promise<void> {
  const asked = headers?.get("retry-after") ?? "";
  const wanted = /^\d+$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - Date.now();
  const least = PAUSE * 2 ** (attempt - 1);
  return sleep(wanted > least ? Math.min(wanted, PATIENCE) : least);
}

/** The characters that XML writes in another way. */
function plain(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(\w+|#\d+|#x[\da-f]+);/gi, (whole, name: string) =>
    name.startsWith("#")
      ? String.fromCodePoint(Number(name.slice(1).replace(/^x/i, "0x")))
      : (names[name] ?? whole),
  );
}

function unreachable(name: string, cause: Error): StoreError {
  // What was to be sent could not be read: no fault of this store.
  if (cause instanceof StoreError) return cause;
  const inner = (cause.cause ?? cause) as NodeJS.ErrnoException;
  const reason = inner.code ?? inner.message;
  return new UnavailableStore(
    "unreadable",
    `the object store of ${name} does not answer: ${reason}`,
    "check that it runs, and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; what was stored is kept",
    { cause },
  );
}

function noListing(name: string): StoreError {
  return new UnavailableStore(
    "unreadable",
    `what answers for ${name} lists its objects as no S3 server does`,
    "check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL: it has to know ListObjectsV2",
  );
}

const NO_BUCKET = "NoSuchBucket";

/** What a field of an error's body says. */
function saidIn({ text }: Answer, field: string): string | undefined {
  return new RegExp(`<${field}>([\\w-]*)</${field}>`).exec(text)?.[1];
}

function codeOf(answer: Answer): string | undefined {
  return saidIn(answer, "Code");
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

function refused(what: "read" | "write" | "list", where: string, answer: Answer): StoreError {
  const { status, headers } = answer;
  const code = codeOf(answer) ?? "no reason given";
  // Where the bucket is, if that is somewhere else.
  const region = saidIn(answer, "Region") ?? headers.get("x-amz-bucket-region");
  const elsewhere = status >= 300 && status <= 400 && region ? `set AWS_REGION=${region}` : undefined;
  const isPassing = PASSING.has(status);
  const later = isPassing ? "the store is busy or broken: try again later" : undefined;
  const Kind = isPassing || status >= 500 ? UnavailableStore : StoreError;
  return new Kind(
    what === "write" ? "unwritable" : "unreadable",
    `cannot ${what} ${where}: HTTP ${status}, ${code}`,
    HINTS[code] ??
      elsewhere ??
      later ??
      "check AWS_ENDPOINT_URL, the bucket, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  );
}
