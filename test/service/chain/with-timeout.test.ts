// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { withTimeout } from "../../../service/chain/with-timeout.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
/** Ends when the signal fires, with its reason. */
const ended = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });

describe("what has to be done within a time", () => {
  it("is ended then, however often memory is tidied up meanwhile", async () => {
    const outer = new AbortController();
    const waiting = withTimeout(300, outer.signal, ended);
    const outcome = expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });
    for (let i = 0; i < 10; i++) {
      await setTimeout(10);
      collectGarbage();
    }
    await outcome;
  });

  it("is ended by the signal outside, before or while it goes on", async () => {
    const [before, during] = [new AbortController(), new AbortController()];
    before.abort("too late");
    await expect(withTimeout(60_000, before.signal, ended)).rejects.toBe("too late");
    const waiting = withTimeout(60_000, during.signal, ended);
    during.abort("enough");
    await expect(waiting).rejects.toBe("enough");
  });

  it("gives what it comes to, and lets go of the signal outside", async () => {
    const outer = new AbortController();
    let inner: AbortSignal | undefined;
    const result = await withTimeout(60_000, outer.signal, async (signal) => {
      inner = signal;
      return "done";
    });
    outer.abort();
    expect([result, inner?.aborted]).toEqual(["done", false]);
  });
});
