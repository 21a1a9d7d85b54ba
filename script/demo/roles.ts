// SPDX-License-Identifier: AGPL-3.0-only
import { join } from "node:path";
import type { Address } from "viem";
import type { Stage } from "./setup.ts";

/** What a viewer may try, as whom. */
export interface Role {
  readonly who: string;
  readonly account: Address;
  /** As they follow `npx provender`. */
  readonly commands: readonly string[];
}

export function rolesOf({ cast, folder }: Pick<Stage, "cast" | "folder">): readonly Role[] {
  const { viewer, publisher, auditor, owner } = cast;
  return [
    {
      who: "as a staker",
      account: viewer,
      commands: ["stake $PROVER 100", "positions", "exit $PROVER all", "exits"],
    },
    {
      who: "as a requester",
      account: viewer,
      commands: [
        "provers --sort on-time",
        'request --program $PROGRAM --digest $DIGEST --input "$INPUT" --fee 5 --deadline 10m',
        "requests",
      ],
    },
    {
      who: "as a prover, who bids for that request within 100 s and proves it after 200",
      account: viewer,
      commands: [
        "prover register --stake 1000 --commission 5",
        'prover run --cost 2 --backend "$BACKEND"',
        "prover status",
      ],
    },
    {
      who: "as the foundation, which owes epoch 1 a root; its doctor sees that the demo moved the chain's clock",
      account: publisher,
      commands: [
        `deploy --config ${join(folder, "deploy.json")} --out own.json --dry-run`,
        "epoch status",
        "doctor",
        "epoch run --post",
      ],
    },
    {
      who: "as an auditor of that",
      account: auditor,
      commands: ["audit --epoch 0", "attest --epoch 1", "audit --watch"],
    },
    {
      who: "as the owner",
      account: owner,
      commands: ["admin set-window 2h", "admin set-window 2h --send", "admin jail $PROVER"],
    },
  ];
}
