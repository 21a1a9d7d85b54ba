// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Trouble } from "../../epoch/troubles.ts";
import type { Api } from "../api.ts";
import { asApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import type { PostedRoots } from "../posts.ts";
import { refTo } from "../schemas/common.ts";
import { Health, Readiness } from "../schemas/service.ts";

/** Milliseconds since the chain was read after which this server should be given a rest, and is only said so. */
const OLDEST = 60_000;
const TOLD_AGE = 10_000;
/** How far the database may be behind the last final block, in seconds. */
const MAX_LAG = 600n;

interface Check {
  readonly name: "chain" | "leaves" | "database" | "epochs" | "outbox";
  readonly ok: boolean;
  readonly message: string;
}

/** What this process is not there to mend is shown, and makes it no less ready for those who ask it. */
interface Weighed extends Check {
  readonly counts: boolean;
}

/** `/health` and `/ready`, for whoever supervises the process. */
export function healthRoutes(app: App, api: Api): void {
  const { system, version } = api;

  app.get(
    "/health",
    {
      config: { rateLimit: false },
      schema: {
        operationId: "getHealth",
        tags: ["service"],
        summary: "Whether the process answers, and which deployment it serves; it asks nobody else",
        response: { 200: refTo(Health) },
      },
    },
    () => ({
      status: "ok" as const,
      version,
      chainId: String(system.chainId),
      distributor: getAddress(system.distributor),
    }),
  );

  app.get(
    "/ready",
    {
      config: { rateLimit: false },
      schema: {
        operationId: "getReadiness",
        tags: ["service"],
        summary: "Whether the server has read the chain, and what it serves agrees with it",
        response: { 200: refTo(Readiness), 503: refTo(Readiness) },
      },
    },
    async (_, reply) => {
      const weighed = await checkAll(api);
      const ready = weighed.every(({ ok, counts }) => ok || !counts);
      const checks = weighed.map(({ name, ok, message }) => ({ name, ok, message }));
      return reply.status(ready ? 200 : 503).send({ ready, checks });
    },
  );
}

async function checkAll(api: Api): Promise<Weighed[]> {
  let posted: PostedRoots;
  try {
    posted = await api.posts();
  } catch (error) {
    const { code, message } = asApiError(error as Error);
    return [{ name: code === "not-synced" ? "database" : "chain", ok: false, message, counts: true }];
  }
  const { blockNumber } = posted.state;
  const age = api.posts.age() ?? 0;
  const when = age > TOLD_AGE ? `, ${Math.round(age / 1_000)} seconds ago` : "";
  const message = `read up to block ${blockNumber}${when}`;
  const chain: Check = { name: "chain", ok: age <= OLDEST, message };
  const serving = [chain, await checkLeaves(api, posted), ...(await checkDatabase(api, posted))];
  return [...serving.map((check) => ({ ...check, counts: true })), ...(await checkWork(api))];
}

/** Epochs that do not get their roots, and what was sent and is not mined: shown where there is something to show. */
async function checkWork({ troubles }: Api): Promise<Weighed[]> {
  try {
    const { found } = await troubles();
    return found.flatMap(({ kind, message, hint, own }): Weighed[] => {
      const name = CHECKED[kind];
      return name === undefined ? [] : [{ name, ok: false, message: `${message}; ${hint}`, counts: own }];
    });
  } catch (error) {
    return [{ name: "epochs", ok: false, message: asApiError(error as Error).message, counts: false }];
  }
}

/** A policy that cannot be run stops nothing before its epochs end. */
const CHECKED: Readonly<Record<Trouble["kind"], "epochs" | "outbox" | undefined>> = {
  vetoed: "epochs",
  overdue: "epochs",
  policy: undefined,
  outbox: "outbox",
};

/** Opening the active root's tree also checks it, so that the first claimer does not wait for that. */
async function checkLeaves(
  { artifacts, system }: Api,
  { state: { active }, epochs }: PostedRoots,
): Promise<Check> {
  const name = "leaves";
  if (active === undefined) return { name, ok: true, message: "no root is active yet" };
  if (active.root === system.domain) return { name, ok: true, message: "the active root has none" };
  const post = epochs.find(({ postNumber }) => postNumber === active.postNumber);
  const tree = post && (await Promise.resolve(artifacts.tree(post.datasetHash)).catch(() => undefined));
  return tree?.root === active.root
    ? { name, ok: true, message: `those of epoch ${active.epoch}'s root are here` }
    : { name, ok: false, message: `those of epoch ${active.epoch}'s root are not here` };
}

async function checkDatabase({ provers }: Api, { finalized }: PostedRoots): Promise<Check[]> {
  const name = "database";
  try {
    const position = await provers.position();
    if (position === undefined) return [{ name, ok: false, message: "nothing was read into it yet" }];
    if (position.checked === undefined) {
      return [{ name, ok: false, message: "its logs were not checked against the contracts yet" }];
    }
    const behind = finalized.timestamp - position.time;
    const message = `read up to block ${position.block}, ${
      behind > 0n ? `${behind} seconds before` : "not before"
    } the last final one`;
    return [{ name, ok: behind <= MAX_LAG, message }];
  } catch {
    return [{ name, ok: false, message: "it cannot be read" }];
  }
}
