// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, formatGwei, getAddress, size } from "viem";
import type { Step } from "../deploy/plan.ts";
import { amount } from "./format.ts";

export interface DeployPlan {
  readonly deployer: Address;
  readonly balance: bigint;
  /** For a unit of gas, in wei. */
  readonly gasPrice: bigint;
  readonly steps: readonly Step[];
  /** Of each step; undefined where the endpoint could not say. */
  readonly gas: readonly bigint[] | undefined;
}

/** Of all of it, in wei; undefined where the endpoint could not say. */
export const costOf = ({ gas, gasPrice }: DeployPlan): bigint | undefined =>
  gas === undefined ? undefined : gas.reduce((sum, each) => sum + each, 0n) * gasPrice;

/** What --json prints before a deployment: prices and costs in wei. */
export function deployPlanJson(plan: DeployPlan): object {
  const { deployer, balance, gasPrice, steps, gas } = plan;
  return {
    deployer: getAddress(deployer),
    balance,
    gasPrice,
    cost: costOf(plan) ?? null,
    contracts: steps.map(({ key, contract, nonce, address, initCode, deployedSize }, i) => ({
      ...{ name: key, contract, nonce, address: getAddress(address) },
      ...{ deployedBytes: deployedSize, initBytes: size(initCode), gas: gas?.[i] ?? null },
    })),
  };
}

/** The same for people, in lines. */
export function deployPlanText(plan: DeployPlan): string {
  const { deployer, balance, gasPrice, steps, gas } = plan;
  const cost = costOf(plan);
  const width = Math.max(...steps.map(({ key }) => key.length));
  const rows = steps.map(({ key, nonce, address, initCode, deployedSize }, i) =>
    [
      key.padEnd(width),
      getAddress(address),
      `nonce ${nonce}`,
      `${deployedSize} bytes (created by ${size(initCode)})`,
      gas?.[i] === undefined ? "" : `${gas[i]} gas`,
    ].join("  "),
  );
  return [
    ...rows,
    `deployer ${getAddress(deployer)}, which holds ${amount(balance)} of the chain's own currency`,
    cost === undefined
      ? "the endpoint cannot simulate this: the cost is not known"
      : `all of it costs about ${amount(cost)} of that, at ${formatGwei(gasPrice)} gwei for a unit of gas`,
    "dry run: nothing was sent",
    "",
  ].join("\n");
}

/** The record's addresses for people, a line each. */
export function recordText(record: Record<string, unknown>, symbol: string, out: string): string {
  const lines = Object.entries(record)
    .filter(([, value]) => typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value))
    .map(([name, value]) => `${name.padEnd(12)} ${value}${name === "token" ? ` (${symbol})` : ""}`);
  return `${[...lines, `written to ${out}`].join("\n")}\n`;
}
