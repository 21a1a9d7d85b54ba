// SPDX-License-Identifier: AGPL-3.0-only
import { onTestFinished } from "vitest";
import { readStatus } from "../../../service/epoch/status.ts";
import { type ApiOptions, buildApp } from "../../../service/http/app.ts";
import type { App } from "../../../service/http/instance.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { chain, directory, system } from "../audit/scene.ts";

/** The API of the scene, closed when the test is over. Nothing that was read is given twice, unless told otherwise. */
export async function sceneApi(options: Partial<ApiOptions> = {}): Promise<App> {
  const app = await buildApp({
    chain,
    system,
    store: fileStore(directory),
    version: "1.2.3",
    status: () => readStatus((options.chain ?? chain).client, system),
    maxAge: -1,
    ...options,
  });
  onTestFinished(() => app.close());
  return app;
}
