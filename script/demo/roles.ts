// SPDX-License-Identifier: AGPL-3.0-only
import { join } from "node:path";
import type { Address } from "../../service/core/types.ts";
import { privateKeyOf } from "../../test/service/helpers/anvil.ts";
import { statementOf } from "../devzk/machine.ts";
import { runUri } from "../devzk/run.ts";
import { command, note, say } from "./print.ts";
import type { Stage } from "./setup.ts";

/** What a viewer may try, as whom: commands as they follow `npx provender`. */
export function rolesOf({ cast, folder }: Pick<Stage, "cast" | "folder">) {
  const { viewer, publisher, auditor, owner, guardian } = cast;
  const ask = 'request --program $PROGRAM --digest $DIGEST --input "$INPUT" --fee 5 --deadline 10m';
  const prove = 'prover run --cost 2 --backend "$BACKEND"';
  const deploy = `deploy --config ${join(folder, "deploy.json")} --out .provender/own.json --dry-run`;
  const roles: readonly (readonly [who: string, account: Address, commands: readonly string[]])[] = [
    ["as a staker", viewer, ["stake $PROVER 100", "positions", "exit $PROVER all", "exits"]],
    ["as a requester", viewer, ["provers --sort on-time", ask, "requests"]],
    [
      "as a prover, who bids for that request within 100 s and proves it after 200",
      ...([viewer, ["prover register --stake 1000 --commission 5%", prove, "prover status"]] as const),
    ],
    [
      "as the foundation, which owes epoch 1 a root; its doctor sees that the demo moved the chain's clock",
      ...([publisher, [deploy, "epoch status", "doctor", "epoch run --post"]] as const),
    ],
    ["as an auditor of that", auditor, ["audit --epoch 0", "attest --epoch 1", "audit --watch"]],
    ["as the owner", owner, ["admin set-window 2h", "admin set-window 2h --send"]],
    [
      "as the guardian; what it stopped, the owner alone sets free, with admin unjail and admin unpause",
      ...([guardian, ["admin jail $PROVER", "admin jail $PROVER --send", "admin pause"]] as const),
    ],
  ];
  return roles.map(([who, account, commands]) => ({ who, account, commands }));
}

/** What a viewer's shell needs for these commands. */
export function variablesOf({ chain, cast, programs, folder, settings }: Stage, input: bigint) {
  const [{ programKey, code: program }] = programs.development as [Stage["programs"]["development"][number]];
  return {
    ...settings,
    PROVENDER_DATA_DIR: join(folder, "viewer"),
    PROVENDER_PRIVATE_KEY: privateKeyOf(chain.accounts.indexOf(cast.viewer)),
    PROVER: cast.provers[0]?.address as string,
    PROGRAM: programKey,
    DIGEST: statementOf(program, input).publicValuesDigest,
    INPUT: runUri({ program, input }),
    BACKEND: "node script/run.mjs script/devzk/main.ts",
  };
}

/** What to try as each role, in another terminal: the README's table of roles, with this chain's values. */
export function suggest(stage: Stage, url: string): void {
  say("Try next, in another terminal in this folder, while this stays up (Ctrl-C ends it):");
  // Nobody has asked for that run yet.
  const variables = variablesOf(stage, BigInt(Date.now()));
  for (const [name, value] of Object.entries(variables)) note(`export ${name}='${value}'`);
  let account = stage.cast.viewer;
  for (const role of rolesOf(stage)) {
    note(role.who);
    if (role.account !== account) {
      const key = privateKeyOf(stage.chain.accounts.indexOf(role.account));
      command(`export PROVENDER_PRIVATE_KEY='${key}'`);
    }
    account = role.account;
    for (const each of role.commands) command(`npx provender ${each}`);
  }
  note("the chain's time goes on by itself; a day at once, for `npx provender redeem`:");
  command(`npx cast rpc --rpc-url ${stage.settings.PROVENDER_RPC_URL} evm_increaseTime 86400`);
  note(`over HTTP: ${url}/v1/epochs, and in a browser ${url}/ and ${url}/docs`);
}
