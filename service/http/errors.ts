// SPDX-License-Identifier: AGPL-3.0-only
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { asChainError, ChainError } from "../chain/errors.ts";
import { StoreError } from "../store/store.ts";

/** Every error that the API answers with, and its HTTP status. */
const STATUS = {
  "invalid-request": 400,
  "not-found": 404,
  "unknown-epoch": 404,
  "unknown-prover": 404,
  /** No root has been posted, or none is active yet. */
  "no-root": 404,
  /** The epoch is posted, but this server has no copy of its artifact. */
  "no-artifact": 404,
  "too-large": 413,
  internal: 500,
  "damaged-artifact": 500,
  "chain-unreachable": 503,
  /** A root is there, but this server has no copy of the artifact that holds its leaves. */
  "leaves-missing": 503,
} as const;

type ErrorCode = keyof typeof STATUS;

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

export function answerError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { code, message, field } = asApiError(error);
  if (STATUS[code] >= 500) request.log.error(forLog(error), message);
  return reply.status(STATUS[code]).send({ error: { code, message, ...(field && { field }) } });
}

/** Errors of the chain carry the endpoint's URL, and that may carry a key: only their first line is kept. */
function forLog(error: Error): object {
  return asChainError(error) instanceof ChainError
    ? { reason: error.message.split("\n", 1)[0] }
    : { err: error };
}

function asApiError(thrown: FastifyError | Error): ApiError {
  const error = asChainError(thrown);
  if (error instanceof ApiError) return error;
  if (error instanceof ChainError) {
    return error.code === "unreachable"
      ? new ApiError("chain-unreachable", "the RPC endpoint does not answer: try again later")
      : new ApiError("internal", "the chain gave an unexpected answer");
  }
  if (error instanceof StoreError) {
    return new ApiError("damaged-artifact", "this server's copy of the artifact cannot be read");
  }
  const { validation, validationContext, statusCode } = thrown as FastifyError;
  const [problem] = validation ?? [];
  if (problem !== undefined) {
    const field = problem.instancePath.slice(1) || validationContext;
    const what = EXPLAINED[field ?? ""] ?? problem.message ?? "invalid";
    return new ApiError("invalid-request", `${field}: ${what}`, field);
  }
  if (statusCode === 413) return new ApiError("too-large", "the request is too large");
  if (statusCode !== undefined && statusCode < 500) return new ApiError("invalid-request", thrown.message);
  // What it was stays in the log: messages of the unexpected may hold addresses of endpoints and files.
  return new ApiError("internal", "something went wrong: it has been logged");
}

/** What a field should have been, better said than by its pattern. */
const EXPLAINED: Record<string, string> = {
  address: "not an address: give 0x and 40 hexadecimal digits",
  epoch: "not an epoch: give its number in digits",
};
