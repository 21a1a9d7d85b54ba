// SPDX-License-Identifier: AGPL-3.0-only
import { policyFault } from "../core/policy.ts";
import { UsageError } from "./errors.ts";

/**
 * Refuses a deploy config whose policy no release could run: the first epochs could then never be computed, whatever
 * segment is added later. What else may be wrong with a config is looked at elsewhere.
 */
export function requireRunnablePolicy(config: unknown): void {
  const { distributor } = (config ?? {}) as { readonly distributor?: { readonly policy?: unknown } | null };
  const policy = distributor?.policy;
  if (typeof policy !== "string") return;
  const fault = policyFault(new TextEncoder().encode(policy));
  if (fault === undefined) return;
  throw new UsageError(
    `deploy config: distributor.policy: ${fault.reason}`,
    `${fault.hint}; \`provender policy check FILE\` prints the text to give: nothing was sent`,
  );
}
