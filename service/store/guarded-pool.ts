// SPDX-License-Identifier: AGPL-3.0-only
import type { ReservedSql, Sql } from "postgres";

/** The driver's own, as it passes it to whoever asks which connection executes a statement. */
interface DriverConnection {
  onclose: (() => void) | null;
}

/**
 * The driver writes to a reserved connection that is gone as if it were there, which ends the process; given back, it
 * would be written to again. Here a statement for such a connection is refused, and it is not given back: the pool has
 * taken it back by itself. And where none of several hosts takes writes, the driver looks for one without end: here it is
 * given up after `patience` milliseconds for each host.
 */
export function guarded(pool: Sql, patience: number): Sql {
  const { host } = pool.options;
  let held = 0;
  let ending = false;

  /** Of several hosts the driver asks one after the other, again and again, unless there is but one left. */
  const ask = (hosts: readonly string[]) => Object.assign(pool.options, { host: hosts });

  async function found(): Promise<ReservedSql> {
    if (host.length < 2) return pool.reserve();
    let late = false;
    const timer = setInterval(() => {
      // While others have one, this one waits for its turn.
      if (held > 0) return;
      late = true;
      ask(host.slice(0, 1));
    }, patience * host.length);
    try {
      return await pool.reserve();
    } catch (cause) {
      if (!late) throw cause;
      const message = `none of its hosts took writes within ${(patience * host.length) / 1_000} s`;
      throw Object.assign(new Error(message, { cause }), { code: "CONNECT_TIMEOUT" });
    } finally {
      clearInterval(timer);
      if (late && !ending) ask(host);
    }
  }

  async function reserve(): Promise<ReservedSql> {
    const reserved = await found();
    held++;
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
      held--;
      if (!gone) reserved.release();
    };
    return Object.assign(() => undefined, { unsafe, release }) as unknown as ReservedSql;
  }
  async function end(options?: { timeout?: number }): Promise<void> {
    ending = true;
    ask(host.slice(0, 1));
    await pool.end(options);
  }

  return Object.assign(() => undefined, { reserve, end }) as unknown as Sql;
}
