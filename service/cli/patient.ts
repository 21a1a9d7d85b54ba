// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { isUnreachable } from "../chain/errors.ts";
import type { Context } from "./context.ts";
import { describe } from "./errors.ts";

/** Milliseconds between two tries: twice as many each time, up to the longest. */
const FIRST_REST = 2_000;
const LONGEST_REST = 60_000;

/**
 * What a command that nobody looks after begins with: endpoints that are out of service, such as a node that starts
 * with it, end it no more than they would later. Whatever time does not mend ends it.
 * @throws what `begin` does, unless an endpoint is out of service
 */
export async function whenReachable<T>({ note }: Context, begin: () => Promise<T>): Promise<T> {
  for (let rest = FIRST_REST; ; rest = Math.min(2 * rest, LONGEST_REST)) {
    try {
      return await begin();
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const { message, hint } = describe(error);
      note(`error: ${message}; ${hint}; trying again in ${rest / 1_000} s`);
    }
    await setTimeout(rest);
  }
}
