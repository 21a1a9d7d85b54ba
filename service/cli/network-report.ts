// SPDX-License-Identifier: AGPL-3.0-only
import { moment } from "./durations.ts";
import { amount, shortAddress, table, time } from "./format.ts";
import type { ReadEpoch } from "./network-epoch.ts";

/** By the names that the recorded history's README defines. */
export function figuresJson(figures: ReadEpoch): object {
  const { epoch, window, rewardsSet, rewardsDistributed, provers, position } = figures;
  return {
    epoch,
    start: window.start,
    end: window.end,
    length: window.end - window.start,
    provisional: window.provisional,
    over: BigInt(window.end) <= position.time,
    countedUntil: figures.until,
    maxEpochReward: window.maximum,
    rewardsSet,
    rewardsDistributed,
    provers: Object.fromEntries(
      provers.map((own) => [
        own.prover,
        {
          vault: own.vault,
          fees: own.fees,
          countedFees: own.countedFees,
          protocolFees: own.protocolFees,
          fulfilments: own.fulfilments,
          missesByRefundTime: own.misses,
          missesByDeadline: own.missesByDeadline,
          distinctStatements: own.statements.size,
          statementsNeverProvenBefore: own.newStatements,
          assetSeconds: own.assetSeconds,
          timeWeightedAssets: own.timeWeightedAssets,
          donated: own.donated,
          commissionBps: own.rates,
          rewardSet: own.rewardSet ?? null,
          distributed: own.paid !== undefined,
          commissionPaid: own.paid?.commission ?? null,
        },
      ]),
    ),
    readUpTo: { block: position.block, hash: position.hash },
    notVouched: position.notVouched,
  };
}

/** An epoch's figures for people, in tokens, a row a prover. */
export function figuresText(figures: ReadEpoch): string {
  const { epoch, window, provers, rewardsSet, rewardsDistributed } = figures;
  const head = [
    ...["prover", "fulfilments", "new", "fees", "protocol fees", "misses", "stake"],
    ...["commission", "set", "paid"],
  ];
  const rows = provers.map((own) => [
    shortAddress(own.prover),
    String(own.fulfilments),
    String(own.newStatements),
    amount(own.fees),
    amount(own.protocolFees),
    `${own.misses}/${own.missesByDeadline}`,
    amount(own.timeWeightedAssets),
    `${own.rates.forEpochRewards.atStart / 100} %`,
    own.rewardSet === undefined ? "–" : amount(own.rewardSet),
    own.paid === undefined ? "no" : "yes",
  ]);
  const state = window.provisional
    ? ", provisional: no rewards are set, another configuration may change it"
    : "";
  return [
    `epoch ${epoch}, ${time(BigInt(window.start))} to ${moment(BigInt(window.end), figures.position.time)}${state}`,
    `at most ${amount(window.maximum)}; set ${amount(rewardsSet)}, paid ${amount(rewardsDistributed)}`,
    "misses by refund and by deadline; stake is what the vault held, weighted by time",
    "",
    table(head, rows, 1),
    "",
    `read up to block ${figures.position.block}; nothing vouches for:`,
    ...figures.position.notVouched.map((line) => `  ${line}`),
    "",
  ].join("\n");
}
