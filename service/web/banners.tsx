// SPDX-License-Identifier: AGPL-3.0-only
import { useChain, useHeads, useNow, usePage, useSource } from "./context.tsx";
import { shownCount } from "./format/amount.ts";
import { duration } from "./format/time.ts";
import { contradictions } from "./source/contradictions.ts";
import { readPause } from "./source/pause.ts";
import { Notice } from "./ui/states.tsx";
import { When } from "./ui/values.tsx";
import { explain } from "./wallet/errors.ts";

/** Seconds and blocks that the API may be behind before it is said. */
const BEHIND = 60n;
const BLOCKS = 3n;
/** Seconds without a block until the chain counts as one that stands still. */
const STILL = 900;

/** What holds for every screen: old, behind, contradicted, or paused. */
export default function Banners() {
  const { told, chain, error } = useHeads();
  const now = useNow();
  const { source, network } = usePage();
  const pause = useChain(["pause"], (client) => readPause(client, network.registry));
  const epochs = useSource(["epochs"], (each) => each.epochs(), {
    enabled: source.kind === "api" && chain !== undefined,
  });
  const rows = epochs.data?.at.source === "api" ? epochs.data.value : undefined;
  const contradicted = useChain(
    ["contradictions", rows?.[0]?.root],
    (client) => contradictions(client, network, rows ?? []),
    { enabled: rows !== undefined, every: 30_000 },
  );
  const behind = told && chain && source.kind === "api" ? chain.block - told.block : 0n;
  const isBehind = behind > BLOCKS && chain && told && chain.time - told.time > BEHIND;
  const silent = told && Number(told.time) < now - STILL;
  return (
    <>
      {error && told && (
        <Notice kind="warn">
          <p>What you see may be old. {explain(error).message}</p>
        </Notice>
      )}
      {contradicted.data && contradicted.data.length > 0 && (
        <Notice kind="bad">
          <div>
            <p>
              <strong>API and chain contradict each other.</strong> Believe the chain, and ask the server's
              operator.
            </p>
            <ul>
              {contradicted.data.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </div>
        </Notice>
      )}
      {isBehind && (
        <Notice kind="warn">
          <p>
            The API is {shownCount(behind)} blocks behind the chain (
            {duration(Number(chain.time - told.time))}): figures by the API are as of block{" "}
            {shownCount(told.block)}.
          </p>
        </Notice>
      )}
      {silent && !isBehind && (
        <Notice kind="warn">
          <p>
            The last block came {duration(now - Number(told.time))} ago: the chain, or its endpoint, stands
            still, or the clock of this machine is ahead.
          </p>
        </Notice>
      )}
      {pause.data && pause.data.level !== "none" && (
        <Notice kind="warn">
          <p>
            <strong>
              The guardian has paused{" "}
              {pause.data.level === "deposits" ? "deposits" : "deposits and exit requests"}.
            </strong>{" "}
            {pause.data.level === "deposits and exits" && (
              <>
                Exit requests go on <When at={pause.data.exitsUntil} absolute />.{" "}
              </>
            )}
            Exits that are due, claims and rewards go on.
          </p>
        </Notice>
      )}
    </>
  );
}
