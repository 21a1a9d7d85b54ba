// SPDX-License-Identifier: AGPL-3.0-only

/** What was given cannot be audited with: not a verdict, the caller's to change. */
export class AuditError extends Error {
  override readonly name = "AuditError";
  readonly code = "invalid-file";
  readonly hint: string;

  constructor(message: string, hint = "give the artifact as it was published, unchanged") {
    super(message);
    this.hint = hint;
  }
}
