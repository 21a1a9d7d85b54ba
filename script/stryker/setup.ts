// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";

// A mutant is noticed by the first counterexample, which nobody reads. Runs are the same each time.
fc.configureGlobal({ endOnFailure: true, numRuns: 30, seed: 1 });
