// SPDX-License-Identifier: AGPL-3.0-only
import { StoreError } from "../../store/store.ts";
import type { Sender } from "../troubles.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Whether what the account sent last from this data directory is mined. */
export async function checkOutbox({ client, address, outbox }: Sender): Promise<Finding> {
  try {
    const sending = await outbox.read();
    if (sending === undefined) return ok("outbox", "nothing was sent from here");
    const { nonce } = sending;
    if ((await client.getTransactionCount({ address })) > nonce)
      return ok("outbox", "what was sent is mined");
    return warning(
      "outbox",
      `the transaction of ${address} with nonce ${nonce} is not mined`,
      "run the job: it goes on with it, and offers more if it is stuck, up to --max-fee",
    );
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return problem("outbox", error.message, error.hint);
  }
}
