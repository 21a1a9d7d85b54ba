// SPDX-License-Identifier: AGPL-3.0-only
import type { Settings } from "./settings.ts";
import type { ApiClient, DeploymentNames } from "./source/api-client.ts";

/** One deployment, and how this page reaches it. */
export interface Network extends DeploymentNames {
  readonly api: ApiClient | undefined;
  readonly settings: Settings;
}

/** Milliseconds until a server that doesn't answer counts as absent. */
export const PATIENCE = 10_000;

/** A server that the address names does not answer. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/** Nobody has said which deployment to show. */
export class NoNetworkError extends Error {
  override readonly name = "NoNetworkError";
}
