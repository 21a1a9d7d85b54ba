// SPDX-License-Identifier: AGPL-3.0-only
// node script/run.mjs script/devzk/main.ts: the development zkVM as a backend of a prover's node. Answers the question on its standard
// input, or with --port those that are sent there.
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { devzk, serveDevzk } from "./backend.ts";

const { port } = parseArgs({ options: { port: { type: "string" } } }).values;

if (port === undefined) {
  const answer = await devzk((await json(process.stdin)) as Parameters<typeof devzk>[0]);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  // The threads that prove would keep the process alive.
  process.exit();
}
const { url } = await serveDevzk(Number(port));
process.stdout.write(`${url}\n`);
