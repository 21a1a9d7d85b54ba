// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { readStatus } from "../../../service/epoch/status.ts";
import { listen } from "../../../service/http/server.ts";
import { chain, setScene, system } from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";

setScene();

/** A promise, and what fulfils it. */
function gate<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

describe("a server that is told to stop", () => {
  it("answers what was begun, takes nothing new, and ends", async () => {
    const asked = gate<void>();
    const go = gate<void>();
    const app = await sceneApi({
      status: async () => {
        asked.resolve();
        await go.promise;
        return readStatus(chain.client, system);
      },
    });
    const stop = new AbortController();
    const ready = gate<string>();
    const ended = listen(app, { host: "127.0.0.1", port: 0, signal: stop.signal, onReady: ready.resolve });
    const url = await ready.promise;
    const begun = fetch(`${url}/status`);
    await asked.promise;
    stop.abort();
    await expect
      .poll(() => fetch(`${url}/health`).catch(() => "refused"), { timeout: 45_000 })
      .toBe("refused");
    go.resolve();
    const answer = await begun;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ currentEpoch: 2 });
    await ended;
  });

  it("ends at once where nothing was begun, also if it is told before it listens", async () => {
    const app = await sceneApi();
    const urls: string[] = [];
    const signal = AbortSignal.abort();
    await listen(app, { host: "127.0.0.1", port: 0, signal, onReady: (url) => urls.push(url) });
    expect(urls).toHaveLength(1);
    await expect(fetch(`${urls[0]}/health`)).rejects.toThrow();
  });
});
