// SPDX-License-Identifier: AGPL-3.0-only
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { negotiate } from "@fastify/accept-negotiator";
import type { App } from "./instance.ts";

/** The best first. */
const CODINGS = ["br", "gzip"] as const;
export type Coding = (typeof CODINGS)[number];

/** The best coding of ours that a request takes, by its Accept-Encoding; null if it takes none of them. */
export function codingOf(accepted: string | string[] | undefined): Coding | null {
  return negotiate(String(accepted ?? ""), [...CODINGS]);
}

/** Levels are those of zlib, 0 to 9; brotli's are about as hard. */
export function encode(coding: Coding, bytes: string | Uint8Array, level: number): Promise<Buffer> {
  if (coding === "gzip") return promisify(gzip)(bytes, { level });
  return promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: level } });
}

/** Characters from which on less to send is worth the work: lists are longer, a proof is not. */
const LONG = 4_096;
/** Half a millisecond for a list of a hundred, to a seventh of it. */
const QUICK = 4;

/** Compresses long answers for whoever takes that; they keep their ETag, as one of the same contents. */
export function compressAnswers(app: App): void {
  app.addHook("onSend", async ({ headers }, reply, payload) => {
    if (typeof payload !== "string" || payload.length < LONG) return payload;
    reply.header("vary", "accept-encoding");
    const coding = codingOf(headers["accept-encoding"]);
    if (coding === null) return payload;
    const etag = reply.getHeader("etag");
    if (typeof etag === "string" && !etag.startsWith("W/")) reply.header("etag", `W/${etag}`);
    reply.header("content-encoding", coding).removeHeader("content-length");
    return encode(coding, payload, QUICK);
  });
}
