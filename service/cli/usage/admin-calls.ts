// SPDX-License-Identifier: AGPL-3.0-only

type Where = "distributor" | "registry" | "market";
/** pendingOwner: whom the owner has offered the ownership. */
export type Role = "owner" | "guardian" | "pendingOwner";

export interface AdminCall {
  readonly contract: Where;
  readonly functionName: string;
  readonly role: Role;
  /** For --help. */
  readonly description: string;
  /** What has to be given, in order: names as --help shows them. */
  readonly given: readonly (readonly [name: string, description: string])[];
  readonly options?: readonly (readonly [flags: string, description: string])[];
}

const ADDRESS = (whose: string) => [["address", whose]] as const;
const PROVER = ADDRESS("the prover's address");
const MARKET = ADDRESS("the market's address");
const IN_WEI = ["--wei", "amounts are in wei, not in tokens"] as const;
const FROM =
  "an epoch's number, or a date in UTC (2027-01-31, 2027-01-31T12:00Z, `in 2d`): the first epoch from then on";

/** Every function that the owner or the guardian alone may call, by the command that calls it. */
export const ADMIN_CALLS = {
  "set-publisher": {
    ...{ contract: "distributor", functionName: "setPublisher", role: "owner" },
    description: "name the account that posts roots",
    given: ADDRESS("the new publisher"),
  },
  "add-auditor": {
    ...{ contract: "distributor", functionName: "setAuditor", role: "owner" },
    description: "list an auditor: it has a say from the next post on",
    given: ADDRESS("the auditor"),
  },
  "remove-auditor": {
    ...{ contract: "distributor", functionName: "setAuditor", role: "owner" },
    description: "end an auditor's right to attest and veto",
    given: ADDRESS("the auditor"),
  },
  "set-quorum": {
    ...{ contract: "distributor", functionName: "setQuorum", role: "owner" },
    description: "how many auditors must attest a root, from the next post on",
    given: [["count", "at most the number of listed auditors"]],
  },
  "set-window": {
    ...{ contract: "distributor", functionName: "setChallengeWindow", role: "owner" },
    description: "how long a root may be challenged, from the next post on",
    given: [["duration", "such as 12h: at least 1m, at most a quarter of an epoch"]],
  },
  "add-segment": {
    ...{ contract: "distributor", functionName: "addSegment", role: "owner" },
    description: "budget and policy from a future epoch on",
    given: [],
    options: [
      ["--from-epoch <epoch or date>", FROM],
      ["--policy <file>", "the policy, in JSON; without it the last segment's goes on"],
      ["--budget <amount>", "tokens an epoch; without it the last segment's goes on"],
      IN_WEI,
    ],
  },
  "withdraw-surplus": {
    ...{ contract: "distributor", functionName: "withdrawSurplus", role: "owner" },
    description: "take out what exceeds all promises, or a part of it",
    given: [["amount", "in tokens, or `all`"]],
    options: [["--to <address>", "who receives it"], IN_WEI],
  },
  veto: {
    ...{ contract: "distributor", functionName: "veto", role: "guardian" },
    description: "stop the pending root without an audit; `provender veto` audits first",
    given: [["post", "the pending post's number, as `provender epoch status` shows it"]],
  },
  "set-guardian": {
    ...{ contract: "registry", functionName: "setGuardian", role: "owner" },
    description: "name the account that may pause, jail, veto and withdraw verifiers",
    given: ADDRESS("the new guardian"),
  },
  "set-treasury": {
    ...{ contract: "registry", functionName: "setTreasury", role: "owner" },
    description: "name the account that receives slashes and protocol fees",
    given: ADDRESS("the new treasury"),
  },
  "transfer-ownership": {
    ...{ contract: "registry", functionName: "transferOwnership", role: "owner" },
    description:
      "offer the ownership: the present owner stays until the other accepts; the zero address withdraws it",
    given: ADDRESS("the next owner"),
  },
  "accept-ownership": {
    ...{ contract: "registry", functionName: "acceptOwnership", role: "pendingOwner" },
    description: "accept the ownership that was offered",
    given: [],
  },
  "list-market": {
    ...{ contract: "registry", functionName: "listMarket", role: "owner" },
    description: "let a market lock and slash stake, 14 days and the unbonding delay from then",
    given: MARKET,
  },
  "delist-market": {
    ...{ contract: "registry", functionName: "delistMarket", role: "owner" },
    description: "let a market only release and slash what it has locked",
    given: MARKET,
  },
  jail: {
    ...{ contract: "registry", functionName: "jail", role: "guardian" },
    description: "keep a prover from bidding, and its vault from deposits",
    given: PROVER,
  },
  unjail: {
    ...{ contract: "registry", functionName: "unjail", role: "owner" },
    description: "free a prover into the state that it was jailed from",
    given: PROVER,
  },
  pause: {
    ...{ contract: "registry", functionName: "pause", role: "guardian" },
    description: "stop deposits, requests and commits, and exit requests for a week at most",
    given: [],
  },
  unpause: {
    ...{ contract: "registry", functionName: "unpause", role: "owner" },
    description: "lift the pause",
    given: [],
  },
  "add-verifier": {
    ...{ contract: "market", functionName: "addVerifier", role: "owner" },
    description: "add a verifier contract as the next version",
    given: ADDRESS("the verifier contract"),
  },
  "withdraw-verifier": {
    ...{ contract: "market", functionName: "withdrawVerifier", role: "guardian" },
    description: "refuse zk proofs under a verifier for good: its open requests can only be refunded",
    given: [["version", "the verifier's version"]],
  },
  "set-multiplier": {
    ...{ contract: "market", functionName: "setMultiplier", role: "owner" },
    description: "how much a program's work counts, from a future epoch on",
    given: [
      ["version", "the verifier's version"],
      ["program-key", "the program's key, 32 bytes"],
      ["multiplier", "a factor, such as 1x or 1.25x; 0x: it does not count"],
    ],
    options: [["--from-epoch <epoch or date>", FROM]],
  },
  "set-parameters": {
    ...{ contract: "market", functionName: "setParameters", role: "owner" },
    description: "change the market's terms for later requests; what is not given stays",
    given: [],
    options: [
      ["--protocol-fee <percent>", "the treasury's part of every fee, such as 10%"],
      ["--lock <percent>", "the least lock, as a part of the fee offered, such as 100%"],
      ["--max-stake-multiple <factor>", "the most that a request may ask for as stake, in fees, such as 10x"],
      ["--min-fee <amount>", "the least fee that a request may offer, in tokens"],
      ["--bond <amount>", "what a sealed bid locks, in tokens"],
      ["--max-open <count>", "the most assignments of one prover at a time"],
      IN_WEI,
    ],
  },
} as const satisfies Record<string, AdminCall>;

export type AdminName = keyof typeof ADMIN_CALLS;
