// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { vi } from "vitest";

// Nothing that a mutant has left in a module reaches the next one, and constants are made by the mutant too.
vi.resetModules();
// A mutant is noticed by the first counterexample, which nobody reads. Runs are the same each time.
fc.configureGlobal({ endOnFailure: true, numRuns: 30, seed: 1 });
