// SPDX-License-Identifier: AGPL-3.0-only
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { asChainError, ChainError } from "../chain/errors.ts";
import { DatabaseError, StoreError, UnavailableStore } from "../store/store.ts";

/** Every error that the API answers with, its HTTP status, and what it means. */
export const ERRORS = {
  "not-modified": [
    304,
    "What was asked for has not changed: the answer has no body, and the client says this.",
  ],
  "invalid-request": [400, "Part of the request is not what it should be; `field` names it."],
  "not-found": [404, "There is no such path, or not with this method."],
  "unknown-epoch": [404, "No root has been posted for this epoch."],
  "unknown-prover": [404, "Nobody with this address has earned anything, or registered."],
  "unknown-request": [404, "No request has this id."],
  "no-root": [404, "No root has been posted, or none is active yet."],
  "no-artifact": [404, "The epoch is posted, but this server has no copy of its artifact."],
  "too-slow": [408, "The request did not arrive in time."],
  "too-large": [413, "The request, its address or its headers are too large."],
  "rate-limited": [429, "Too many requests from one address: `retry-after` says how many seconds to wait."],
  internal: [500, "Something unexpected happened, and was logged."],
  "damaged-artifact": [500, "This server's copy of the artifact cannot be read."],
  "chain-unreachable": [503, "The RPC endpoint does not answer: try again later."],
  "database-unreachable": [503, "This server's database cannot be read: try again later."],
  "store-unreachable": [503, "The object store does not answer: try again later."],
  "leaves-missing": [503, "A root is there, but this server has no copy of the artifact with its leaves."],
  "not-synced": [503, "This server has not read the chain far enough yet: try again later."],
  "timed-out": [503, "The answer took too long: try again later."],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof ERRORS;

/** Is answered as `{ error }`, with the status of its code. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  /** The part of the request that is wrong, by name. */
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

/** Answers `{ error }` with its code, message and field; what is not the caller's fault is logged. */
export function answerError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { code, message, field } = asApiError(error);
  const [status] = ERRORS[code];
  if (status >= 500) request.log.error(forLog(error), message);
  return reply.status(status).send({ error: { code, message, ...(field && { field }) } });
}

/** Milliseconds for which a connection that was refused may go on sending: cut off at once, it would lose the answer. */
const LINGER = 1_000;
const refused = new WeakSet<Socket>();

/**
 * Answers what Node itself refuses, before there is a request: broken, too large, or too slow. Called again for each
 * piece that still comes, which is thereby read and forgotten.
 */
export function answerBroken(error: Error & { code?: string }, socket: Socket): void {
  if (refused.has(socket) && error.code !== "ECONNRESET") return;
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = BROKEN[error.code ?? ""] ?? "invalid-request";
  const [status, message] = ERRORS[code];
  const body = JSON.stringify({ error: { code, message } });
  refused.add(socket);
  const end = setTimeout(() => socket.destroy(), LINGER);
  socket.once("close", () => clearTimeout(end));
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const BROKEN: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "too-slow",
  HPE_HEADER_OVERFLOW: "too-large",
};

/** Errors of the chain carry the endpoint's URL, and that may carry a key: only their first line is kept. */
function forLog(error: Error): object {
  return asChainError(error) instanceof ChainError
    ? { reason: error.message.split("\n", 1)[0] }
    : { err: error };
}

/** What is told of any error: nothing that holds a path, a URL or a key. */
export function asApiError(thrown: FastifyError | Error): ApiError {
  const error = asChainError(thrown);
  if (error instanceof ApiError) return error;
  if (error instanceof ChainError) {
    if (error.code === "unreachable" || error.code === "pruned") {
      return new ApiError("chain-unreachable", "the RPC endpoint does not answer: try again later");
    }
    if (error.code === "not-ready") return new ApiError("not-synced", `${error.message}: try again later`);
    return new ApiError("internal", "the chain gave an unexpected answer");
  }
  if (error instanceof DatabaseError) {
    return new ApiError("database-unreachable", "this server's database cannot be read: try again later");
  }
  if (error instanceof UnavailableStore) {
    return new ApiError("store-unreachable", "the object store does not answer: try again later");
  }
  if (error instanceof StoreError) {
    return new ApiError("damaged-artifact", "this server's copy of the artifact cannot be read");
  }
  return asRefusal(thrown as FastifyError);
}

/** What the framework refused. */
function asRefusal({ validation, validationContext, statusCode, code, message }: FastifyError): ApiError {
  const [problem] = validation ?? [];
  if (problem !== undefined) {
    const field = problem.instancePath.slice(1) || validationContext;
    const what = EXPLAINED[field ?? ""] ?? problem.message ?? "invalid";
    return new ApiError("invalid-request", `${field}: ${what}`, field);
  }
  if (code === "FST_ERR_HANDLER_TIMEOUT") return new ApiError("timed-out", "the answer took too long");
  if (statusCode === 413) return new ApiError("too-large", "the request is too large");
  if (statusCode !== undefined && statusCode < 500) {
    // It may repeat what was sent, however long.
    return new ApiError("invalid-request", message.slice(0, MAX_MESSAGE));
  }
  // What it was stays in the log: messages of the unexpected may hold addresses of endpoints and files.
  return new ApiError("internal", "something went wrong: it has been logged");
}

const MAX_MESSAGE = 200;

/** What a field should have been, better said than by its pattern. */
const EXPLAINED: Record<string, string> = {
  address: "not an address: give 0x and 40 hexadecimal digits",
  after: "not an address: give the `next` of the page before",
  epoch: "not an epoch: give its number in digits",
};
