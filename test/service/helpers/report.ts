// SPDX-License-Identifier: AGPL-3.0-only
import type { Audited } from "../../../service/audit/judge.ts";
import { reportWriter } from "../../../service/audit/report-file.ts";

/** The bytes of a report of these epochs, which follow each other. */
export function encodeReports(audits: readonly Audited[]): Uint8Array {
  const writer = reportWriter();
  for (const audited of audits) writer.add(audited);
  return writer.bytes();
}
