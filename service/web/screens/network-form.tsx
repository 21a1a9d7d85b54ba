// SPDX-License-Identifier: AGPL-3.0-only
import { type FormEvent, useState } from "react";
import { readSettings, searchOf } from "../settings.ts";

/** Asks which deployment to show, where nothing names one, or something that is none. */
export function NetworkForm({ isBare }: { isBare: boolean }) {
  const [error, setError] = useState<string>();
  const before = new URLSearchParams(location.search);
  const open = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => String(fields.get(name) ?? "").trim();
    try {
      const given = readSettings(
        `?${new URLSearchParams({ rpc: text("rpc"), distributor: text("distributor") })}`,
      );
      if (given.rpc === undefined || given.distributor === undefined) throw new Error("give both");
      location.assign(`${location.pathname}${searchOf(given)}${location.hash}`);
    } catch (cause) {
      setError((cause as Error).message);
    }
  };
  return (
    <section className="panel narrow">
      <h1>Which network?</h1>
      <p>
        {isBare && "There is no server of Provender beside this page. "}An endpoint of the chain and the
        distributor's address are enough for provers, stake, claims, epochs and the audit; histories need a
        server.
      </p>
      <form onSubmit={open} className="stacked">
        <label>
          RPC endpoint
          <input
            name="rpc"
            type="text"
            inputMode="url"
            defaultValue={before.get("rpc") ?? ""}
            placeholder="https://…"
            required
          />
        </label>
        <label>
          Distributor
          <input
            name="distributor"
            type="text"
            defaultValue={before.get("distributor") ?? ""}
            placeholder="0x…"
            spellCheck={false}
            required
          />
        </label>
        {error && (
          <p className="error" role="alert">
            {error}
          </p>
        )}
        <button type="submit" className="primary">
          Open
        </button>
      </form>
    </section>
  );
}
