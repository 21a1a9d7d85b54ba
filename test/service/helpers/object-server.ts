// SPDX-License-Identifier: AGPL-3.0-only
import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ObjectLocation } from "../../../service/store/objects.ts";

const REGION = "us-east-1";
const KEYS = { accessKeyId: "AKIDTEST", secretAccessKey: "secret/of+the=test" };
/** Milliseconds that a request's time may be wrong by, and bytes of a key. */
const MOST_SKEW = 900_000;
const MAX_KEY = 1_024;
/** Keys in one answer. */
const PAGE = 2;
/** All that a client of the first hour may send. */
const KNOWN =
  /^(host|connection|cache-control|pragma|accept|accept-language|accept-encoding|sec-fetch-mode|user-agent|authorization|content-length|content-type|if-none-match|range|x-amz-date|x-amz-content-sha256)$/;

type Fault = "cut" | "short" | "stuck" | "silent" | "close";

export interface ObjectServer {
  readonly objects: Map<string, Buffer>;
  readonly location: ObjectLocation;
  readonly env: Record<string, string>;
  /** Method and key of each request. */
  readonly asked: string[];
  /** Whether it overwrites whatever the condition, or refuses every request with one. */
  ignoresConditions: boolean;
  refusesConditions: boolean;
  /** Whether it gives all of an object whatever range is asked for. */
  ignoresRanges: boolean;
  /**
   * Answers these, one after the other, in the place of what it would answer. "cut" ends a body in the middle, "short"
   * too, but as if that were all; after "silent" nothing comes any more, after "stuck" only half a body; a text is the
   * body of a good answer.
   */
  faults: (number | Fault | { readonly text: string })[];
  /** Seconds that it asks for where it is busy. */
  retryAfter: number | undefined;
  /** Of each request, when it came, in milliseconds. */
  readonly times: number[];
  /** Milliseconds by which its clock is ahead. */
  ahead: number;
  /** Called before what is held by a key is looked for. */
  onGet: ((key: string) => void) | undefined;
  /** Called once something was put. */
  onPut: ((key: string) => void) | undefined;
  /** Nobody answers until `start`; what was put stays. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** An object store that checks every signature and hash, and refuses what a server of the first hour does not know. */
export async function objectServer(bucket = "bucket", prefix = "pro/vender"): Promise<ObjectServer> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => end(response, 500, "InternalError", error.message));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const self: ObjectServer = {
    objects,
    location: {
      ...{ bucketUrl: `${url}/${bucket}`, prefix, name: `s3://${bucket}/${prefix}`, region: REGION },
      ...KEYS,
    },
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    asked: [],
    ignoresConditions: false,
    refusesConditions: false,
    ignoresRanges: false,
    faults: [],
    retryAfter: undefined,
    times: [],
    ahead: 0,
    onGet: undefined,
    onPut: undefined,
    stop,
    start: () => listen(port),
    close: stop,
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", headers } = request;
    const { pathname, searchParams } = new URL(request.url ?? "", url);
    const path = decodeURIComponent(pathname);
    const key = path.slice(bucket.length + 2);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    self.asked.push(`${method} ${key}`);
    self.times.push(performance.now());
    const fault = self.faults.shift();
    if (fault === "silent") return;
    if (fault === "close") return void request.socket.destroy();
    if (typeof fault === "object") return void response.end(fault.text);
    if (self.retryAfter !== undefined) response.setHeader("retry-after", self.retryAfter);
    if (typeof fault === "number") return end(response, fault, "SlowDown", "by order of the test");
    const unknown = Object.keys(headers).find((name) => !KNOWN.test(name));
    if (unknown !== undefined) return end(response, 501, "NotImplemented", unknown);
    if (method === "PUT" && headers["content-length"] === undefined)
      return end(response, 411, "MissingContentLength", "");
    const [id, , region] = (/Credential=([^,]*)/.exec(headers.authorization ?? "")?.[1] ?? "").split("/");
    if (id !== KEYS.accessKeyId) return end(response, 403, "InvalidAccessKeyId", "");
    if (region !== REGION)
      return end(response, 400, "AuthorizationHeaderMalformed", "wrong region", `<Region>${REGION}</Region>`);
    if (Math.abs(Date.now() + self.ahead - timeOf(String(headers["x-amz-date"]))) > MOST_SKEW)
      return end(response, 403, "RequestTimeTooSkewed", "");
    if (signatureOf(request, url) !== headers.authorization)
      return end(response, 403, "SignatureDoesNotMatch", "");
    if (createHash("sha256").update(body).digest("hex") !== headers["x-amz-content-sha256"])
      return end(response, 400, "XAmzContentSHA256Mismatch", "");
    if (path.split("/")[1] !== bucket) return end(response, 404, "NoSuchBucket", "");
    if (Buffer.byteLength(key) > MAX_KEY) return end(response, 400, "KeyTooLongError", "");
    if (searchParams.get("list-type") === "2") return list(searchParams, response);
    if (method === "GET") self.onGet?.(key);
    const held = objects.get(key);
    if (method === "PUT") {
      const isConditional = headers["if-none-match"] === "*";
      if (isConditional && self.refusesConditions) return end(response, 501, "NotImplemented", "");
      if (isConditional && held !== undefined && !self.ignoresConditions)
        return end(response, 412, "PreconditionFailed", "");
      objects.set(key, body);
      self.onPut?.(key);
      return void response.writeHead(200).end();
    }
    if (held === undefined) return end(response, 404, "NoSuchKey", key);
    const from = self.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    const given = held.subarray(from, fault === undefined ? held.length : (from + held.length) >> 1);
    const length = fault === "short" ? given.length : held.length - from;
    // Who trusts an entity tag is deceived: servers compute it in many ways.
    response.writeHead(from > 0 ? 206 : 200, { "content-length": length, etag: '"0"' });
    if (method === "HEAD") response.end();
    else if (fault === "cut") response.write(given, () => response.destroy());
    else if (fault === "stuck") response.write(given);
    else response.end(given);
  }

  function list(query: URLSearchParams, response: ServerResponse): void {
    const after = query.get("continuation-token") ?? "";
    const found = [...objects.keys()]
      .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after)
      .sort();
    const page = found.slice(0, PAGE);
    const next = found.length > PAGE ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join("");
    response.writeHead(200, { "content-type": "application/xml" });
    response.end(`<?xml version="1.0"?><ListBucketResult>${contents}${next}</ListBucketResult>`);
  }
  return self;
}

function end(response: ServerResponse, status: number, code: string, message: string, more = ""): void {
  const elsewhere = status >= 300 && status < 400 ? { location: "elsewhere" } : {};
  response.writeHead(status, { "content-type": "application/xml", ...elsewhere });
  response.end(`<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`);
}

/** As in 20260131T235959Z. */
function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, "$1-$2-$3:$4:$5"));
}

/** Any character but letters, digits and -._~ is %XX, whatever the client left as it was. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The header that the signature's definition (AWS Signature Version 4) gives. */
function signatureOf({ method = "", url = "", headers }: IncomingMessage, base: string): string {
  const signed = /SignedHeaders=([^,]*),/.exec(headers.authorization ?? "")?.[1] ?? "";
  const { pathname, searchParams } = new URL(url, base);
  searchParams.sort();
  const query = [...searchParams].map((pair) => pair.map(encoded).join("=")).join("&");
  const lines = signed.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim()}\n`);
  const hashed = headers["x-amz-content-sha256"];
  const path = pathname
    .split("/")
    .map((part) => encoded(decodeURIComponent(part)))
    .join("/");
  const canonical = [method, path, query, lines.join(""), signed, hashed].join("\n");
  const time = String(headers["x-amz-date"]);
  const scope = `${time.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const hash = createHash("sha256").update(canonical).digest("hex");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${KEYS.secretAccessKey}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, hash].join("\n")).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
}
