// SPDX-License-Identifier: AGPL-3.0-only
import type { FastifyInstance } from "fastify";
import { startWorker } from "../worker.mjs";

interface Usage {
  readonly cpuSeconds: number;
  readonly megabytes: number;
}

/** A server in a process of its own, which measures itself. */
export interface ServerProcess {
  readonly url: string;
  readonly usage: () => Promise<Usage>;
  readonly stop: () => void;
}

/** In the process that serves: until whoever started it is gone. */
export async function serveHere(app: Pick<FastifyInstance, "listen">): Promise<void> {
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  process.on("message", () => process.send?.(usageHere()));
  process.on("disconnect", () => process.exit(0));
  process.send?.({ url });
}

function usageHere(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, megabytes: process.memoryUsage.rss() / 1e6 };
}

/** `task` has a topic's `work` call `serveHere`. */
export async function serveThere(topic: string, task: unknown): Promise<ServerProcess> {
  const child = startWorker(topic, task);
  const told = <T>() =>
    new Promise<T>((resolve, reject) => {
      const gone = (code: number | null) => reject(new Error(`the server ended with ${code}`));
      child.once("exit", gone);
      child.once("message", (message) => {
        child.off("exit", gone);
        resolve(message as T);
      });
    });
  const { url } = await told<{ url: string }>();
  return {
    url,
    usage() {
      const usage = told<Usage>();
      child.send("usage");
      return usage;
    },
    stop: () => void child.kill(),
  };
}
