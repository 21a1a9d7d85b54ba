// SPDX-License-Identifier: AGPL-3.0-only
import type { Position } from "../store/deployment.ts";
import type { Api } from "./api.ts";
import { ApiError } from "./errors.ts";
import type { ProverReader } from "./provers.ts";

/** Where the database is. @throws ApiError while nothing is in it. */
export async function synced({
  provers: reader,
}: Pick<Api, "provers">): Promise<{ readonly reader: ProverReader; readonly position: Position }> {
  const position = await reader.position();
  if (position === undefined) {
    throw new ApiError("not-synced", "this server has not read what provers did yet: try again later");
  }
  return { reader, position };
}

/** A block, as it is answered. */
export function pointOf({ block, time }: Pick<Position, "block" | "time">) {
  return { number: String(block), timestamp: String(time) };
}
