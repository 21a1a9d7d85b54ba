// SPDX-License-Identifier: AGPL-3.0-only
import { curves } from "snarkjs";

/** Ends the threads that proving in this process started, which would keep it alive. */
export async function stopProving(): Promise<void> {
  const curve = await curves.getCurveFromName("bn128");
  await curve.terminate();
}
