// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Post } from "../chain/distributor.ts";
import { epochBounds, type System } from "../chain/system.ts";
import type { Due, Status } from "../epoch/status.ts";
import { moment } from "./durations.ts";
import { amount, time } from "./format.ts";

/** What `epoch status` prints for people: in tokens, with how far away each time is. */
export function statusText(status: Status, system: System): string {
  const { symbol } = system;
  const { timestamp: now } = status;
  const { end } = epochBounds(system, status.currentEpoch);
  const units = (wei: bigint) => `${amount(wei)} ${symbol}`;
  const { active, latest } = status;
  const lines = [
    `epoch ${status.currentEpoch} runs until ${moment(end, now)}, as of ${time(now)}; next to post: epoch ${status.nextEpoch}`,
    `claimable root: ${active === undefined ? "none yet" : postLine(active)}`,
  ];
  if (latest !== undefined && !latest.active) {
    lines.push(`${latest.vetoed ? "vetoed" : "pending"} root: ${postLine(latest)}`);
  }
  const { runway, shortfall } = status;
  lines.push(
    `funds ${units(status.funds)}: promised ${units(status.promised)}, surplus ${units(status.surplus)}`,
    `budget ${units(status.budget)} an epoch, carry ${units(status.carry)}, claimed so far ${units(status.totalClaimed)}`,
    runway === undefined
      ? "funding runway: no end in sight"
      : `funding runway: ${runway} ${runway === 1 ? "epoch" : "epochs"}, the running one included`,
  );
  if (shortfall > 0n) {
    lines.push(`UNDERFUNDED: transfer ${units(shortfall)} to the distributor to cover what is promised`);
  }
  lines.push(...status.unrunnable.map(({ message, hint }) => `UNRUNNABLE: ${message}; ${hint}`));
  lines.push(...status.due.map((due) => `due: ${dueLine(due, now)}`));
  return `${lines.join("\n")}\n`;
}

/** The same in wei and seconds. */
export function statusJson(status: Status, system: System) {
  const { due, runway, ...rest } = status;
  return {
    distributor: getAddress(system.distributor),
    token: { address: getAddress(system.token), symbol: system.symbol, decimals: 18 },
    ...rest,
    publisher: getAddress(status.publisher),
    latest: status.latest ?? null,
    active: status.active ?? null,
    runwayEpochs: runway ?? null,
    due: due.map((item) => ({ ...item, text: dueLine(item, status.timestamp) })),
  };
}

function postLine(post: Post): string {
  return `epoch ${post.epoch}, post ${post.postNumber}, ${post.root}, attested ${post.attestations} of ${post.quorum}`;
}

function dueLine(due: Due, now: bigint): string {
  switch (due.kind) {
    case "post":
      return `epoch ${due.epoch} has ended: run \`provender epoch run ${due.repeat ? "--repeat " : ""}--post\``;
    case "repost":
      return `epoch ${due.epoch}'s root was vetoed: find out why, then run \`provender epoch run --post\` again`;
    case "window":
      return `epoch ${due.post.epoch}'s challenge window runs until ${moment(due.until, now)}`;
    case "attestations":
      return `epoch ${due.post.epoch} needs ${due.missing} more ${due.missing === 1n ? "attestation" : "attestations"}: auditors run \`provender audit\`, then \`provender attest\``;
    case "wait":
      return `nothing to post before epoch ${due.epoch} ends at ${moment(due.until, now)}`;
  }
}
