// SPDX-License-Identifier: AGPL-3.0-only

const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;

/** Rests after a failure, longer after each, until something succeeds. */
export class Retry {
  private failures = 0;
  private notBefore = 0;

  get due(): boolean {
    return Date.now() >= this.notBefore;
  }

  failed(): void {
    this.notBefore = Date.now() + Math.min(FIRST_REST_MS * 2 ** this.failures, LONGEST_REST_MS);
    this.failures++;
  }

  succeeded(): void {
    this.failures = 0;
    this.notBefore = 0;
  }
}
