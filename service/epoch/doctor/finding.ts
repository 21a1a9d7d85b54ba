// SPDX-License-Identifier: AGPL-3.0-only

/** What one check found. */
export interface Finding {
  readonly check:
    | "endpoint"
    | "agreement"
    | "clock"
    | "contracts"
    | "roles"
    | "quorum"
    | "funding"
    | "policy"
    | "posts"
    | "outbox"
    | "due"
    | "signer"
    | "storage";
  readonly level: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to do; of what is ok, nothing. */
  readonly hint?: string;
}

type Bad = (check: Finding["check"], message: string, hint: string) => Finding;

/** Nothing to do about it. */
export const ok = (check: Finding["check"], message: string): Finding => ({ check, level: "ok", message });
/** Works now, and may not for long. */
export const warning: Bad = (check, message, hint) => ({ check, level: "warning", message, hint });
/** Something does not work: the doctor fails. */
export const problem: Bad = (check, message, hint) => ({ check, level: "problem", message, hint });
