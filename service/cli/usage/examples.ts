// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";

const ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const KEY = "0x0068a1364c615f3e29f943939d8d95009698ecb9e3f53465c392d0b8b052aa04";
const REQUEST = "0x757ddd1f2e995f22b6f240a9087d78d82a0aa982ec74b3f7ea7bd8e90e9ad29b";

/** One command line for each command, by its name: what follows it. Where the chain is, and the key, are settings. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  deploy: "--config deploy.json --rpc https://one.example/rpc --account deployer --dry-run",
  "epoch run": "--epoch 7 --post --account publisher",
  "epoch status": "--json",
  audit: `--epoch 3..7 --rpc https://one.example/rpc --distributor ${ADDRESS}`,
  attest: "--epoch 7 --account auditor",
  veto: "--epoch 7 --account auditor",
  relay: "one.json two.json --account anybody",
  "policy check": "policy.json --epoch 3..7",
  "policy schema": "> policy.schema.json",
  requesters: "--epoch 7",
  provers: "--sort stake",
  proof: ADDRESS,
  "prover run": "--costs costs.json --backend 'node prove.mjs' --dry-run",
  "prover register": "--stake 10000 --commission 10% --account prover",
  "prover status": ADDRESS,
  "prover set-commission": "12.5% --for fees --account prover",
  "prover set-payout": `${ADDRESS} --account prover`,
  "prover submitter": `${ADDRESS} --account prover`,
  "prover top-up": "500 --account prover",
  "prover deactivate": "--account prover",
  "prover activate": "10000 --account prover",
  "prover claim-commission": `${ADDRESS} --account anybody`,
  request: `--program ${KEY} --public-values 0x2a --input https://one.example/input --fee 50 --deadline 2h --account requester`,
  requests: `${ADDRESS} --limit 5`,
  refund: `${REQUEST} --account requester`,
  stake: `${ADDRESS} 1000 --account staker`,
  exit: `${ADDRESS} all --account staker`,
  exits: ADDRESS,
  redeem: `${ADDRESS} --account staker`,
  positions: ADDRESS,
  claim: "--all --account anybody",
  sync: "--watch --every 5",
  serve: "--port 8547 --job --claim --account publisher --password-file secrets/publisher",
  "artifacts publish": "--store s3://bucket/prefix",
  "artifacts verify": "--store s3://bucket/prefix",
  "admin set-publisher": `${ADDRESS} --send --account owner`,
  "admin add-auditor": `${ADDRESS} --send --account owner`,
  "admin remove-auditor": `${ADDRESS} --send --account owner`,
  "admin set-quorum": "2 --send --account owner",
  "admin set-window": "12h --schedule --send --account proposer",
  "admin add-segment": "--from-epoch 2027-01-31 --policy policy.json --budget 1200 --send --account owner",
  "admin withdraw-surplus": `all --to ${ADDRESS} --send --account owner`,
  "admin veto": "7 --send --account guardian",
  "admin set-guardian": `${ADDRESS} --send --account owner`,
  "admin set-treasury": `${ADDRESS} --send --account owner`,
  "admin transfer-ownership": `${ADDRESS} --send --account owner`,
  "admin accept-ownership": "--safe accept.json",
  "admin list-market": `${ADDRESS} --send --account owner`,
  "admin delist-market": `${ADDRESS} --send --account owner`,
  "admin jail": `${ADDRESS} --send --account guardian`,
  "admin unjail": `${ADDRESS} --send --account owner`,
  "admin pause": "--safe pause.json",
  "admin unpause": "--send --account owner",
  "admin add-verifier": `${ADDRESS} --send --account owner`,
  "admin withdraw-verifier": "2 --send --account guardian",
  "admin set-multiplier": `1 ${KEY} 1.25x --from-epoch 9 --send --account owner`,
  "admin set-parameters": "--protocol-fee 10% --bond 5 --send --account owner",
  doctor: "--account publisher",
  "config show": "--json",
  "config schema": "> config.schema.json",
};

const UNITS = `Amounts are in tokens (--wei: in wei), parts in percent (10%), durations such as 90m or 1d12h, moments in UTC.
Exit codes: 0 done or match, 1 mismatch or failure, 2 usage, 3 chain unreachable, 4 not ready.`;

/** Completes what --help says of every command: what has to be given, defaults as they are written, an example. */
export function completeHelp(program: Command): void {
  program.addHelpText("after", `\n${UNITS}`);
  complete(program, []);
}

function complete(command: Command, path: readonly string[]): void {
  for (const child of command.commands) complete(child, [...path, child.name()]);
  for (const option of command.options) {
    const { defaultValue } = option;
    if (typeof defaultValue === "string") option.default(defaultValue, defaultValue);
  }
  const example = EXAMPLES[path.join(" ")];
  if (example === undefined) return;
  const needed = command.options.filter((option) => option.mandatory && option.defaultValue === undefined);
  if (needed.length > 0) {
    command.usage([...needed.map(({ flags }) => flags), command.usage()].join(" "));
  }
  command.addHelpText("after", `\nExample:\n  provender ${path.join(" ")} ${example}`);
}
