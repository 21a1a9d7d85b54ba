// SPDX-License-Identifier: AGPL-3.0-only
import type { ReservedSql, Sql } from "postgres";

/** The driver's own, as it passes it to whoever asks which connection executes a statement. */
interface DriverConnection {
  onclose: (() => void) | null;
}

/** Milliseconds in which the driver gives up by itself where it can. */
const LONGER = 1_000;
/** What the driver asks each new connection by itself. */
const OWN = /pg_catalog\.pg_(type|is_in_recovery)\b/;

/** Nobody hears of it where that fails, which would end the process: whoever waits for the connection gives up in time. */
function passOver(reason: unknown): void {
  const { query } = (reason ?? {}) as { query?: unknown };
  if (typeof query === "string" && OWN.test(query)) return;
  throw reason;
}

export interface PoolParams {
  /** A client of the driver with one connection. */
  readonly open: () => Sql;
  readonly most: number;
  /** Milliseconds for each host. */
  readonly patience: number;
}

/**
 * Up to `most` connections, each a client of its own that one borrower has at a time. The driver's own pool hands
 * connections to borrowers that it has turned away, where they stay. It writes to a reserved connection that is gone as
 * if it were there, which ends the process: here a statement for such a connection is refused. And where none of several
 * hosts takes writes, or a proxy in front of the server takes connections while that is gone, it looks for one without
 * end: here it is given up.
 */
export function guardedPool({ open, most, patience }: PoolParams): Sql {
  if (!process.listeners("unhandledRejection").includes(passOver)) process.on("unhandledRejection", passOver);
  const clients = new Set<Sql>();
  const idle: Sql[] = [];
  const waiting: (() => void)[] = [];
  let lent = 0;

  async function taken(): Promise<Sql> {
    // Whoever gives one back lets the next one in.
    if (lent === most) await new Promise<void>((turn) => waiting.push(turn));
    else lent++;
    const client = idle.pop() ?? open();
    clients.add(client);
    return client;
  }

  function giveBack(client: Sql, isUsable: boolean): void {
    if (isUsable) idle.push(client);
    else {
      clients.delete(client);
      void end(client, 0);
    }
    const turn = waiting.shift();
    if (turn === undefined) lent--;
    else turn();
  }

  async function reserve(): Promise<ReservedSql> {
    const client = await taken();
    const reserved = await found(client, patience).catch((error) => {
      giveBack(client, false);
      throw error;
    });
    let known = false;
    let gone = false;
    const onexecute = (connection: DriverConnection) => {
      connection.onclose = () => {
        gone = true;
      };
      // It may be given the next statement at once.
      return true;
    };
    const unsafe: ReservedSql["unsafe"] = (text, parameters) => {
      if (gone) throw Object.assign(new Error("the connection was closed"), { code: "CONNECTION_CLOSED" });
      const options: object = known ? {} : { onexecute };
      known = true;
      return reserved.unsafe(text, parameters, options);
    };
    const release = () => {
      if (!gone) reserved.release();
      giveBack(client, !gone);
    };
    return Object.assign(() => undefined, { unsafe, release }) as unknown as ReservedSql;
  }

  async function endAll({ timeout = 0 }: { timeout?: number } = {}): Promise<void> {
    await Promise.all([...clients].map((client) => end(client, timeout)));
  }

  return Object.assign(() => undefined, { reserve, end: endAll }) as unknown as Sql;
}

async function found(client: Sql, patience: number): Promise<ReservedSql> {
  const { host } = client.options;
  // The driver itself gives up one host in time, unless that answers.
  const wait = host.length < 2 ? patience + LONGER : patience * host.length;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const what = host.length < 2 ? "it did not answer" : "none of its hosts took writes";
    timer = setTimeout(() => {
      const message = `${what} within ${Math.round(wait / 1_000)} s`;
      reject(Object.assign(new Error(message), { code: "CONNECT_TIMEOUT" }));
    }, wait);
  });
  const reserving = client.reserve();
  // Once it is late, nobody asks.
  reserving.catch(() => undefined);
  try {
    return await Promise.race([reserving, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Of several hosts the driver would ask one after the other, again and again. */
async function end(client: Sql, timeout: number): Promise<void> {
  Object.assign(client.options, { host: client.options.host.slice(0, 1) });
  await client.end({ timeout }).catch(() => undefined);
}
