// SPDX-License-Identifier: AGPL-3.0-only
import { erc20Abi } from "viem";
import { proverVaultAbi } from "../../test/abi.ts";
import { DAY } from "./deployment.ts";
import { callOf, mustRefuse, send, timestamp, travelTo } from "./local-chain.ts";
import { chapter, good, say, tokens } from "./print.ts";
import { abi, type Stage } from "./setup.ts";

/** A staker's exit: requested, waited for, and paid. */
export async function leave(stage: Stage): Promise<void> {
  const { client } = stage.chain;
  const [staker] = stage.cast.stakers;
  const vault = staker === undefined ? undefined : stage.vaults.get(staker.prover);
  if (staker === undefined || vault === undefined) throw new Error("nobody is there to leave");
  chapter("A staker leaves");
  say(
    `Whoever put ${tokens(staker.assets)} in ${staker.prover}'s vault did nothing since. Now all of it is to come out.`,
  );
  const of = { address: vault, abi: proverVaultAbi } as const;
  const held = {
    address: stage.token,
    abi: erc20Abi,
    functionName: "balanceOf",
    args: [staker.address],
  } as const;
  const shares = await client.readContract({ ...of, functionName: "balanceOf", args: [staker.address] });
  const worth = await client.readContract({ ...of, functionName: "convertToAssets", args: [shares] });
  const before = await client.readContract(held);
  const call = (name: string) => callOf(vault, abi, name, shares, staker.address, staker.address);
  await send(client, staker.address, call("requestRedeem"));
  good(`the exit is requested: ${tokens(worth)}, fixed now; until a day has passed it can still be slashed`);
  await mustRefuse(client, staker.address, {
    what: "taking it out at once",
    call: call("redeem"),
    error: "ExceedsClaimable",
  });
  await travelTo(client, (await timestamp(client)) + DAY + 1n);
  await send(client, staker.address, call("redeem"));
  const paid = (await client.readContract(held)) - before;
  if (paid <= staker.assets || paid > worth + ROUNDING || paid < worth - ROUNDING) {
    throw new Error(`the exit must pay ${worth}, not ${paid}`);
  }
  good(`a day later ${tokens(paid)} are paid out, ${tokens(paid - staker.assets)} more than were put in`);
}

/** Wei that divisions may cost. */
const ROUNDING = 10n;
