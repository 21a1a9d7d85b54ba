// SPDX-License-Identifier: AGPL-3.0-only
import { expect, test } from "vitest";
import { listening, within } from "../../../script/leash.ts";

test("waiting ends with what comes, or says what did not", async () => {
  await expect(within("a", Promise.resolve(7))).resolves.toBe(7);
  await expect(within("a", Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  const never = new Promise(() => {});
  await expect(within("Ada's node to start", never, { seconds: 0.05 })).rejects.toThrow(
    "waited 0.05 seconds in vain for Ada's node to start",
  );
  const more = () => "its last line";
  await expect(within("a", never, { seconds: 0.05, more })).rejects.toThrow("for a\nits last line");
});

test("a process is waited for until it says where it listens, and named if it ends before", async () => {
  const node = (script: string) => [process.execPath, ["-e", script]] as const;
  const says = node(
    'console.error("starting"); console.log("at http://127.0.0.1:1"); setInterval(() => {}, 1000)',
  );
  const { at, stop } = await listening("a server", /at (\S+)/, ...says);
  expect(at).toBe("http://127.0.0.1:1");
  stop();
  await expect(listening("a server", /at (\S+)/, ...node('console.error("no port")'))).rejects.toThrow(
    "a server ended\nno port",
  );
});
