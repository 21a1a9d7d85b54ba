// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { RefundFlags, RequestFlags, RequestsFlags } from "../commands/requests.ts";
import type { Context } from "../context.ts";
import { chainOptions, sendOptions, signerOptions, weiOption } from "./options.ts";

/** A requester's commands. */
export function register(program: Command, context: Context): void {
  const requests = () => import("../commands/requests.ts");

  weiOption(sendOptions(program.command("request")))
    .description("ask provers for a zk proof; the fee is escrowed, and refunded if nobody proves it in time")
    .requiredOption("--program <key>", "the program's verifying key, 32 bytes")
    .option("--digest <hash>", "the digest of its public values")
    .option("--public-values <bytes>", "the public values themselves, hashed as SP1 and Pico do")
    .requiredOption("--input <url>", "where provers find the program's input")
    .requiredOption("--fee <tokens>", "the most to pay; the winner is paid the second-lowest bid")
    .option("--min-stake <tokens>", "the least that the winner must have locked")
    .requiredOption(
      "--deadline <when>",
      "by when it must be proven: so long from now, such as 2h, or a date in UTC, such as 2027-01-31T12:00Z",
    )
    .option("--bids <duration>", "how long bids are taken, such as 10m (default: a sixth of the time)")
    .option("--reveals <duration>", "how long bidders may open them (default: the same)")
    .option(
      "--verifier <version>",
      "which verifier checks it (default: the one that the program is listed under)",
    )
    .action(async (flags: RequestFlags) => (await requests()).request(context, flags));

  signerOptions(chainOptions(program.command("requests")))
    .description("show an account's requests, how each goes, and what is to be refunded")
    .argument("[address]", "default: the signer")
    .option("--limit <count>", "the latest so many", "20")
    .action(async (address: string | undefined, flags: RequestsFlags) =>
      (await requests()).requests(context, address, flags),
    );

  sendOptions(program.command("refund"))
    .description("end the account's requests whose time is over, and pay out what is refunded")
    .argument("[request]", "end this one, also by cancelling it before anybody bids")
    .option("--to <address>", "who is paid (default: the account)")
    .action(async (id: string | undefined, flags: RefundFlags) =>
      (await requests()).refund(context, id, flags),
    );
}
