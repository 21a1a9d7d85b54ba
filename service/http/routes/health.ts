// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Api, App } from "../app.ts";
import { Health } from "../schemas.ts";

/** Says that the process answers, and which deployment it serves; it asks nobody else. */
export function healthRoutes(app: App, { system, version }: Api): void {
  app.get("/health", { schema: { response: { 200: Health } } }, () => ({
    status: "ok" as const,
    version,
    chainId: String(system.chainId),
    distributor: getAddress(system.distributor),
  }));
}
