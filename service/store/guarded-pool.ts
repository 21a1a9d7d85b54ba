// SPDX-License-Identifier: AGPL-3.0-only
import type { ReservedSql, Sql } from "postgres";

/** The driver's own, as it passes it to whoever asks which connection executes a statement. */
interface DriverConnection {
  onclose: (() => void) | null;
}

/**
 * The driver writes to a reserved connection that is gone as if it were there, which ends the process; given back, it
 * would be written to again. Here a statement for such a connection is refused, and it is not given back: the pool has
 * taken it back by itself.
 */
export function guarded(pool: Sql): Sql {
  async function reserve(): Promise<ReservedSql> {
    const reserved = await pool.reserve();
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
    };
    return Object.assign(() => undefined, { unsafe, release }) as unknown as ReservedSql;
  }
  return Object.assign(() => undefined, { reserve, end: pool.end.bind(pool) }) as unknown as Sql;
}
