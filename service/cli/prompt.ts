// SPDX-License-Identifier: AGPL-3.0-only
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { UsageError } from "./errors.ts";

/** Asks on a terminal for what must not be seen: nothing that is typed is shown. */
export function askSecret(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: true, historySize: 0 });
  output.write(question);
  return new Promise((resolve, reject) => {
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => {
      output.write("\n");
      reject(new UsageError("no password was typed", "type it, or give --password-file"));
    });
    lines.question("", (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
