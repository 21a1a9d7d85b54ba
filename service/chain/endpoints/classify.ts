// SPDX-License-Identifier: AGPL-3.0-only
import { type Call, spansBlocks } from "./call.ts";
import type { FaultKind } from "./fault.ts";

/** What came back instead of a result. */
export interface Refusal {
  /** The HTTP status, if there was an answer at all. */
  readonly status?: number | undefined;
  /** The code of the JSON-RPC error, if there was one. */
  readonly code?: number | undefined;
  /** In the endpoint's own words, or the network's. */
  readonly words: string;
  readonly data?: unknown;
  /** Whether it was there, and closed the connection without an answer, or in the middle of one. */
  readonly dropped?: boolean | undefined;
  /** Milliseconds that the endpoint asked to be left alone. */
  readonly retryAfter?: number | undefined;
}

export interface Judgement {
  readonly kind: FaultKind;
  /** Of what was asked for too much. */
  readonly of?: "range" | "batch" | "body";
  /** Whether less of the same may be answered, though the endpoint does not say so. */
  readonly mayBeTooMuch: boolean;
}

/** In the words of nodes: the chain executed the call, or judged the transaction, and this came of it. */
const EXECUTED =
  /revert|invalid opcode|opcode .* not defined|invalid jump|stack (under|over)flow|out of gas|vm exception|vm execution error|gas required exceeds|intrinsic gas|insufficient (funds|balance)|exceeds (the )?balance|nonce too (low|high)|old ?nonce|already known|known transaction|already ?(imported|exists)|underpriced|fee too low|less than block base fee|exceeds (the )?block gas limit|exceeds the configured cap|max initcode|contract creation code/i;
const PRUNED =
  /missing ?trie ?node|(historical )?state .*(unavailable|not available|pruned|does not exist|not found)|historical (state|backend|data).*(not |un)(available|supported)|no state (available|found)|world state (is )?(un|not )available|archive|pruned|pruning|distance to target block exceeds|not in the state history|missing state/i;
const BATCH =
  /batch (size|of|limit|length|request|too)|calls? in (1|one|a) batch|batch(es|ing)? .*(not (allowed|supported)|unsupported|disabled|exceed|limit|large|too)|batched requests|too many (calls|requests) in .*batch|maximum .*batch/i;
const BODY =
  /(request|payload|body|content|entity|message|response)( body| entity| content)? (is )?(too (large|big)|size (exceed|limit))|(request|response|body|content|payload).*(exceed|larger).*(size|limit|bytes|kb|mb)|max(imum)? (request|response|body|message) size/i;
const RANGE =
  /block ?range|ranges? (of|over|is|exceed|too|limit|\d)|blocks? (distance|limit)|too many (blocks|logs|results)|more than \d+ (results|logs|blocks)|(response|log|logs|result|results|query) .*(size|limit|exceed|too (large|big|many)|timeout|timed out)|exceed(s|ed)? (max|maximum|the).* (results|range|blocks|logs)|(up to|at most) (a |an )?[\d,]+k? blocks?|max range|limit(ed)? to .*blocks?|max(imum)? .*blocks|narrow|reduce .*(range|scope)|specify .*(range|smaller)/i;
const TOO_OFTEN =
  /\brate[ -]?limit|\blimit rate\b|request rate|call rate|rate exceeded|too many requests|per (second|minute|hour|day)|\/ ?sec(ond)?\b|compute units|throughput/i;
const LIMITED =
  /credits? (limit|exceed)|request (count|limit|quota)|(request|requests|usage|daily|call|calls|project id|quota).*(exceeded|limit (reached|exceeded))|exceeded.*(quota|requests|calls)|slow down|back ?off/i;
const OUT =
  /authenticat|unauthori[sz]ed|forbidden|api.?key|invalid (project|token)|access denied|capacity|billing|payment|upgrade|subscri|plan\b|suspended|disabled|unavailable|overload|syncing|not (yet )?(synced|ready)|maintenance|gateway|upstream|no (available|healthy)|no backends?|internal (server )?error|temporar|try again|timeout|timed out|context (canceled|deadline)|connection/i;
const BEHIND =
  /header not found|unknown block|block .*not (found|available|known)|block not found|block number .*(out of range|higher|beyond)|block is out of range|could not find block|cannot find block|unfinalized|safe block|finalized block not/i;
const UNSUPPORTED =
  /method .*(not (found|supported|available|allowed|exist|whitelisted)|does not exist|is not)|unsupported method|not (implemented|supported)|unknown (method|block tag)|invalid block tag/i;

const METHOD_CODES = [-32_601, -32_004];
/** QuickNode's and Infura's, beside HTTP's own. */
const LIMITED_CODES = [429, -32_007, -32_012, -32_029];
/** Nethermind's and OpenEthereum's for a call that failed, and the one that EIP-1474 has for a rejected transaction. */
const EXECUTION_CODES = [3, -32_015, -32_003, -32_010];
const LIMIT_EXCEEDED = -32_005;
const INTERNAL = -32_603;
/** HTTP statuses of a request, or an answer, that is too large or takes too long. */
const TOO_LARGE = [413, 504];
/** Whatever is said of a transaction is said of it, unless it is clearly of the endpoint. */
const JUDGES_TRANSACTIONS = ["eth_sendRawTransaction", "eth_estimateGas"];

/** What an endpoint's refusal of one call means: from HTTP status, code and words together. */
export function classify(refusal: Refusal, call: Call): Judgement {
  const { status = 200, code, words, data } = refusal;
  const ranged = spansBlocks(call);
  const isData = typeof data === "string" && /^0x[0-9a-f]{8,}$/i.test(data);
  if (code !== undefined && (isData || code === 3 || /execution reverted|vm exception/i.test(words))) {
    return sure("answered");
  }
  const told = `${words} ${typeof data === "string" && !isData ? data : ""}`;
  if (PRUNED.test(told) && !/upgrade|unauthori/i.test(words)) return sure("pruned");
  if (BATCH.test(words)) return { kind: "too-much", of: "batch", mayBeTooMuch: true };
  if (status === 429 || (code !== undefined && LIMITED_CODES.includes(code))) return sure("limited");
  if (ranged && RANGE.test(words) && !TOO_OFTEN.test(words)) return tooMuch("range");
  if (TOO_OFTEN.test(words) || LIMITED.test(words)) return { kind: "limited", mayBeTooMuch: false };
  if (TOO_LARGE.includes(status) || BODY.test(words)) return tooMuch(ranged ? "range" : "body");
  // By EIP-1474 any limit: of results for whoever asks for logs, of requests for everybody else.
  if (code === LIMIT_EXCEEDED) return ranged ? tooMuch("range") : sure("limited");
  if (BEHIND.test(words)) return sure("behind");
  if (code !== undefined && METHOD_CODES.includes(code)) return sure("unsupported");
  if (code !== undefined && status < 500) {
    if (EXECUTED.test(words) || EXECUTION_CODES.includes(code)) return sure("answered");
    if (UNSUPPORTED.test(words)) return sure("unsupported");
    const isOut = OUT.test(words) || code === INTERNAL || [401, 402, 403].includes(status);
    if (JUDGES_TRANSACTIONS.includes(call.method) && !isOut) return sure("answered");
    if (!isOut && status < 400) return { kind: "refused", mayBeTooMuch: true };
  }
  // In as many words as there are providers: what much is refused for, less may not be.
  return { kind: "unreachable", mayBeTooMuch: true };
}

const sure = (kind: FaultKind): Judgement => ({ kind, mayBeTooMuch: false });
const tooMuch = (of: "range" | "body"): Judgement => ({ kind: "too-much", of, mayBeTooMuch: true });
