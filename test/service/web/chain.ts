// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, erc20Abi, parseAbi } from "viem";
import { iProverRegistryAbi } from "../../../service/chain/abi.ts";
import { confirmed, test } from "../audit/scene.ts";

export async function mintTo(to: Address, amount: bigint): Promise<void> {
  const abi = parseAbi(["function mint(address to, uint256 amount)"]);
  await confirmed(
    await test.client.writeContract({
      ...{ account: test.owner, address: test.token, abi, functionName: "mint", args: [to, amount] },
    }),
  );
}

export const vaultOf = (prover: Address) =>
  test.client.readContract({
    ...{ address: test.registry, abi: iProverRegistryAbi, functionName: "vaultOf", args: [prover] },
  } as const);

export const sharesOf = (vault: Address, owner: Address) =>
  test.client.readContract({ address: vault, abi: erc20Abi, functionName: "balanceOf", args: [owner] });

export const allowanceOf = (owner: Address, spender: Address) =>
  test.client.readContract({
    address: test.token,
    abi: erc20Abi,
    functionName: "allowance",
    args: [owner, spender],
  });

export const balanceOf = (owner: Address) =>
  test.client.readContract({ address: test.token, abi: erc20Abi, functionName: "balanceOf", args: [owner] });
