// SPDX-License-Identifier: AGPL-3.0-only
import { expect, test } from "vitest";
import { within } from "../../../script/demo/within.ts";

test("the demo waits for what comes, and says what did not", async () => {
  await expect(within("a", Promise.resolve(7))).resolves.toBe(7);
  await expect(within("a", Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  const never = new Promise(() => {});
  await expect(within("Ada's node to start", never, { seconds: 0.05 })).rejects.toThrow(
    "waited 0.05 seconds in vain for Ada's node to start",
  );
  const more = () => "its last line";
  await expect(within("a", never, { seconds: 0.05, more })).rejects.toThrow("for a\nits last line");
});
